"""Sentences as people say them, from ``people.yaml`` and ``held_out.yaml``, with what the world must show afterwards.

They were written from the table of skills by somebody who had read neither the planner nor the phrases that it knows, and are not
bent to what it understands.  Whoever changes the planner reads ``people.yaml`` alone: ``held_out.yaml`` is there to be counted.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.instructions.families import QUIET_S, Instruction
from tests.instructions.homes import FURNITURE, HARMLESS, PEOPLE, HomeCase

SPREAD = 5
"""Each wording is played in every fifth home."""
_LINE = re.compile(r"^(?:(?P<at_s>\d+) )?(?P<who>adult|child|elderly): (?P<text>.+)$")
_WANTS = {"given", "allowed", "stands_on", "near", "robot_in", "visits", "still", "either", "asks", "tells"}


@dataclass(frozen=True)
class Wording:
    """One wording with holes: ``{thing}`` or ``{Child}`` stand for what a home has (see ``_Holes``)."""

    family: str
    lines: tuple[tuple[float, str, str], ...]  # when [s], age group of who speaks, what
    want: Mapping[str, Any]
    moved: Mapping[str, str]
    quiet_s: float

    def in_home(self, home: HomeCase) -> Instruction | None:
        """What is said in this home; None where it would not mean what it should, as when both cups stand on "the" table."""
        everything = repr((self.lines, self.want))
        hole = _holes(home, random.Random(home.seed + zlib.crc32(everything.encode())))
        for one, other in (("at_a", "at_b"), ("room_a", "room_b"), ("at_thing2", "at_thing")):
            if f"{{{one}}}" in everything and hole[one] == hole[other]:
                return None
        want = self.want
        return Instruction(
            self.family,
            tuple((at_s, hole[who], text.format_map(hole)) for at_s, who, text in self.lines),
            _pairs(want.get("given"), hole),
            hole[want["robot_in"]] if "robot_in" in want else "",
            hole[want["near"]] if "near" in want else "",
            may_drive=not want.get("still"),
            asks="asks" in want,
            moved=_pairs(self.moved, hole),
            quiet_s=self.quiet_s,
            stands_on=_pairs(want.get("stands_on"), hole),
            either=((hole["id_a"], hole["id_b"]), hole[want["either"]]) if "either" in want else None,
            allowed=_pairs(want.get("allowed"), hole),
            visits=tuple(hole[place] for place in want.get("visits", ())),
            naming=tuple(text.format_map(hole) for text in want.get("asks", ())),
            tells=tuple(text.format_map(hole) for text in want.get("tells", ())),
        )


def wordings(file: Path) -> list[Wording]:
    """:raises ValueError: for a line or a wish that is not written as the file's head says"""
    found = []
    for family, entries in yaml.safe_load(file.read_text(encoding="utf-8")).items():
        for entry in entries:
            said = [entry["say"]] if isinstance(entry["say"], str) else entry["say"]
            lines = [_LINE.match(line) for line in said]
            unknown = set(entry["want"]) - _WANTS
            if unknown or None in lines:
                raise ValueError(f"{file.name}: {family}: {said}: write “[seconds] adult|child|elderly: words”, want {sorted(_WANTS)}")
            spoken = tuple((float(line["at_s"] or 0.0), line["who"], line["text"]) for line in lines if line)
            found.append(Wording(family, spoken, entry["want"], entry.get("moved", {}), entry.get("quiet_s", QUIET_S)))
    return found


def spoken_in(home: HomeCase, found: list[Wording]) -> list[Instruction]:
    """What is said here: a share of the wordings."""
    here = [one.in_home(home) for number, one in enumerate(found) if number % SPREAD == home.seed % SPREAD]
    return [one for one in here if one is not None]


def _pairs(wanted: Mapping[str, str] | None, hole: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((hole[f"id_{thing}"], hole[other]) for thing, other in (wanted or {}).items())


def _holes(home: HomeCase, chance: random.Random) -> dict[str, str]:
    """``thing``, ``thing2``: harmless, one of its kind; ``a``, ``b``: colours of the two ``twin``; ``harm``: nothing for children.
    ``at_…``, ``room_…``: where something is; ``place``, ``place2``: where the robot is not; ``free``: furniture without any of them.
    """
    twin_a, twin_b, *lone = home.harmless()
    named = dict(zip(("a", "b", "thing", "thing2"), (twin_a, twin_b, *chance.sample(lone, 2)), strict=True))
    hole = {f"id_{key}": name for key, name in named.items()}
    for key, name in named.items():
        hole |= {key: home.things[name].class_name, f"at_{key}": home.things[name].surface, f"room_{key}": home.things[name].place}
    hole |= {"a": home.things[twin_a].colour, "b": home.things[twin_b].colour, "twin": home.things[twin_a].class_name}
    harm = chance.choice(home.harmful())
    hole |= {"id_harm": harm, "harm": home.things[harm].class_name, "harm_it": "it" if harm == "knife" else "them"}
    for age_group, names in PEOPLE.items():
        who = home.somebody(age_group)
        feminine = home.people[who].name in (names[0], names[2])
        hole |= {age_group: who, age_group.title(): home.people[who].name, f"room_{age_group}": home.people[who].place}
        hole[f"{age_group}_him"] = "her" if feminine else "him"
    start, *others = home.places
    hole |= dict(zip(("start", "place", "place2"), (start, *chance.sample(others, 2)), strict=True))
    taken = {hole[f"at_{key}"] for key in named}
    free = [surface for surface in home.site["surfaces"] if surface not in taken]
    free = sorted(chance.sample(free, len(free)), key=FURNITURE["hall"].__contains__)  # the gate lets no plate stand on a bench
    hole |= {"free": free[0], "free2": free[1]}
    hole["missing"] = chance.choice([name for name in HARMLESS if name not in {thing.class_name for thing in home.things.values()}])
    hole["nowhere"] = chance.choice([room for room in FURNITURE if room not in home.places])
    hole["Stranger"] = chance.choice([name for names in PEOPLE.values() for name in names if name.lower() not in home.people])
    return hole
