"""A conversation as a scenario that the whole graph plays: the robot answers, drives and falls silent by itself.

What a conversation says the robot does is left out where the robot does it itself.  It keeps what starts something: a text that
people talk into is given to the robot's own voice, and a robot that is to be met while it drives is sent somewhere first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from robot_runtime.act.occupancy_map import OccupancyMap
from sim.conversation import Conversation, Said
from sim.description import Point, Pose2D, load_home
from sim.spoken import marked

LEAD = "Good morning, I am here. I can fetch things for you, or tell you where they are."
LEAD_S = 11.5
"""A robot that has just been switched on has yet to learn how its own voice comes back; this one has said something before."""
LINGER_S = 4.0
"""After the last word, for the answer."""
DISPATCH_S = 5.0

_SPOKEN_INTO = ("backchannel", "barge_in", "noise")
"""Families in which somebody talks into what the robot says by itself; elsewhere it says its answers."""
_ROOM_M = 0.35  # from the robot's middle to furniture
_APART_M = 0.8  # … and to people


@dataclass(frozen=True)
class Staged:
    """The scenario, and what is said in it, in the order of its steps."""

    scenario: dict[str, Any]
    said: tuple[Said, ...]
    doors_s: tuple[float, ...]  # when one slams
    length_s: float  # until everything has been said, likewise
    robot: Pose2D


def staged(conversation: Conversation) -> Staged:
    """The conversation, after the lead."""
    dispatch = _dispatch(conversation)
    shift_s = LEAD_S + (DISPATCH_S if dispatch else 0.0)
    said = [*dispatch, *(part.model_copy(update={"at_s": part.at_s + shift_s}) for part in conversation.said)]
    robot = _robot(conversation)
    steps: list[dict[str, Any]] = [_step("lead", 0.2, robot_says=LEAD)]
    steps += [
        _step(f"said {k}", part.at_s, say={"who": part.who, "text": marked(part.parts, part.louder_db)}) for k, part in enumerate(said)
    ]
    if conversation.family in _SPOKEN_INTO:
        steps += [_step(f"robot {k}", part.at_s + shift_s, robot_says=part.text) for k, part in enumerate(conversation.robot_says)]
    for k, walk in enumerate(conversation.walks):
        to = {"who": walk.who, "path_m": [list(walk.to_m)], "speed_mps": walk.speed_mps}
        steps.append(_step(f"walk {k}", walk.at_s + shift_s, walk=to))
    switched = [part.model_copy(update={"at_s": part.at_s + shift_s * (part.at_s > 0)}) for part in conversation.switched]
    for k, switch in enumerate(switched):
        to = {"source": switch.source, "playing": switch.playing, "louder_db": switch.louder_db}
        steps.append(_step(f"switch {k}", switch.at_s, sound=to))
    length_s = shift_s + conversation.length_s
    people = {id_: {"at_m": list(at_m), "yaw_deg": _towards(at_m, robot.at_m)} for id_, at_m in conversation.people.items()}
    scenario = {
        "title": conversation.title, "home": conversation.home, "seed": conversation.seed % 2**31, "limit_s": length_s + LINGER_S + 1.0,
        "linger_s": LINGER_S, "start": people, "robot": robot.model_dump(mode="json"),
        "voices": {id_: voice.model_dump(mode="json") for id_, voice in conversation.voices.items()},
        "sound": conversation.sound.model_dump(mode="json", exclude_unset=True), "steps": steps,
        "expect": [{"name": "it never races", "max_speed": {"mps": 2.0}}],
    }  # fmt: skip
    doors_s = tuple(switch.at_s for switch in switched if switch.source.endswith("door"))
    return Staged(scenario, tuple(said), doors_s, length_s, robot)


def _step(name: str, at_s: float, **do: Any) -> dict[str, Any]:
    return {"name": name, "when": {"at_s": round(at_s, 3)}, "do": do}


def _dispatch(conversation: Conversation) -> list[Said]:
    """Sends a robot off that is to be met on its way."""
    if conversation.family != "driving":
        return []
    place = "kitchen" if load_home(conversation.home).room_at(*conversation.robot.at_m) != "kitchen" else "living room"
    who = conversation.said[0].who
    return [Said(at_s=LEAD_S, who=who, parts=[f"go to the {place}"], intent="go_to", slots={"place": place})]


# ---------------------------------------------------------------- where the robot is


def _robot(conversation: Conversation) -> Pose2D:
    """Where the conversation has it, or as near to that as there is floor to stand on; it faces who speaks first."""
    at_m = _on_floor(conversation)
    first = next((conversation.people[said.who] for said in conversation.said), None)
    return Pose2D(at_m=at_m, yaw_deg=conversation.robot.yaw_deg if first is None else _towards(at_m, first))


def _on_floor(conversation: Conversation) -> Point:
    """In the same room: the nearest free floor may lie behind a wall, or outside."""
    site = _map(conversation.home)
    rows, columns = np.nonzero(site.free & (site.clearance_m >= _ROOM_M))
    cells = np.column_stack((columns, rows)) * site.resolution_m + np.array(site.origin_m) + site.resolution_m / 2
    home = load_home(conversation.home)
    everybody = {**{id_: person.start.at_m for id_, person in home.people.items()}, **conversation.people}
    for at_m in everybody.values():
        cells = cells[np.hypot(*(cells - np.array(at_m)).T) >= _APART_M]
    room = home.room_at(*conversation.robot.at_m)
    nearest = np.argsort(np.hypot(*(cells - np.array(conversation.robot.at_m)).T))
    return next((x_m, y_m) for x_m, y_m in cells[nearest].round(3).tolist() if home.room_at(x_m, y_m) == room)


@lru_cache(maxsize=4)
def _map(home: str) -> OccupancyMap:
    return OccupancyMap.load(home)


def _towards(from_m: Point, to_m: Point) -> float:
    return round(math.degrees(math.atan2(to_m[1] - from_m[1], to_m[0] - from_m[0])), 1)
