"""``robot-runtime bench eyes --identities MINUTES``: how well the eyes keep people and things apart over time.

The simulated home in virtual time: by a seed people walk about, cross each other, stand, leave and come back, while the robot
stands, turns its head and drives (``sim/bustle.py``).  The backend ``cnn`` sees the drawn pictures with depth, and the robot's
place is what its navigator makes of lidar and wheels.  What is published is held against the simulation at the picture's time;
:mod:`robot_runtime.bench.identities` has the figures.

Nobody is known by name here: an id must be kept for how somebody looks and moves.  A person is wanted who shows at least
:data:`PERSON_SHARE` of the body, a thing that shows :data:`THING_SHARE` and :data:`THING_PX` of itself.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from robot_runtime import simulation
from robot_runtime.bench.identities import Figures, Instant, Survived, Target, figures
from robot_runtime.bench.machine import describe
from robot_runtime.config import load_class
from robot_runtime.flow import Flow
from robot_runtime.messages import Detections, People, SimState, Velocity
from robot_runtime.nodes import Settings

PERSON_GATE_M, THING_GATE_M = 0.5, 0.15
PERSON_SHARE, THING_SHARE, THING_PX = 0.4, 0.5, 12.0
PERIOD_S = 0.2
"""Between two pictures of the simulated camera."""
NODES = ("home", "camera", "perceive", "navigator")

Histories = Mapping[str, Sequence[Instant]]
"""Of "people" and of "things"."""


def watch(minutes: float, seed: int, perceive: Mapping[str, Any], told: Callable[[int], None] = lambda seconds: None) -> Histories:
    """Let the home live for so many minutes.

    :param perceive: parameters of the eyes, besides those of the simulation
    :param told: gets how many seconds have gone by, now and then
    :raises FileError: a model or the home cannot be used
    """
    settings = Settings.for_simulation(perception_backend="cnn")
    overrides = {"home": {"seed": seed}, "perceive": {"people": {"known_people": ()}, **perceive}}
    flow = Flow.build(settings, only=lambda node: node.name in NODES, overrides=overrides)
    watcher = _Watcher(flow, settings.world, seed)
    for second in range(math.ceil(minutes * 60)):
        flow.run_for(1.0)
        told(second + 1)
    return watcher.histories


class _Watcher:
    """Plays the bustle, passes on velocities as a gate without concerns, and writes down what was there and what was told."""

    def __init__(self, flow: Flow, world: str, seed: int) -> None:
        self._flow = flow
        self._bustle = load_class(simulation.BUSTLE)(world, seed)
        self._sights = load_class(simulation.SIGHTS)(world)
        self._states: dict[float, SimState] = {}
        self.histories: dict[str, list[Instant]] = {"people": [], "things": []}
        flow.listeners.append(self._listen)

    def _listen(self, now_s: float, topic: str, message: Any) -> None:
        if topic == "sim/state":
            self._states = {stamp_s: state for stamp_s, state in self._states.items() if now_s - stamp_s < 1.0}
            self._states[message.stamp_s] = message
            for out_topic, out in self._bustle.follow(message):
                self._flow.inject(out_topic, out)
        elif topic == "cmd_vel/proposed":
            self._flow.inject("cmd_vel", Velocity(now_s, message.linear_mps, message.angular_radps))
        elif topic == "people":
            self._note_people(message)
        elif topic == "detections":
            self._note_things(message)

    def _note_people(self, people: People) -> None:
        there = [one for one in self._sights.see(self._states[people.stamp_s]) if one.is_person]
        targets = {one.id: Target(one.place_m, one.seen_share >= PERSON_SHARE, one.seen_share == 0) for one in there}
        told = {person.id: person.position_m[:2] for person in people.people if person.seen}
        self.histories["people"].append(Instant(people.stamp_s, targets, _placed(told)))

    def _note_things(self, found: Detections) -> None:
        there = [one for one in self._sights.see(self._states[found.stamp_s]) if not one.is_person]
        targets = {
            one.id: Target(one.place_m, one.seen_share >= THING_SHARE and one.smallest_px >= THING_PX, one.seen_share == 0) for one in there
        }
        self.histories["things"].append(
            Instant(found.stamp_s, targets, _placed({thing.track_id: thing.position_m for thing in found.detections}))
        )


def _placed(told: Mapping[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
    """Of whatever has a place: somebody who is seen somewhere unknown is found nowhere, and is not false either."""
    return {id_: place_m for id_, place_m in told.items() if all(map(math.isfinite, place_m))}


def summaries(histories: Histories) -> dict[str, Figures]:
    gates_m = {"people": PERSON_GATE_M, "things": THING_GATE_M}
    return {kind: figures(history, gates_m[kind], PERIOD_S) for kind, history in histories.items()}


def show(found: Mapping[str, Figures], minutes: float, seed: int, as_json: bool) -> None:
    """Print them."""
    if as_json:
        about = {"minutes": minutes, "seed": seed, "machine": dict(describe())}
        for kind, one in found.items():
            print(json.dumps({"kind": kind, **_row(one), "which": [asdict(switch) for switch in one.switches], **about}))
        return
    title = f"bench eyes, {minutes:g} min at home, seed {seed}   " + " · ".join(value for _, value in describe())
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for kind in found:
        table.add_column(kind, justify="right")
    for name, values in _named(_row(one) for one in found.values()):
        table.add_row(name, *map(_shown, values))
    console = Console(highlight=False)
    console.print(table)
    console.print("minutes are those of one person or thing in view; misses and false are counted in every picture, five a second")


def _row(one: Figures) -> dict[str, Any]:
    return {
        "minutes in view": round(one.minutes, 2),
        "ids told": one.ids,
        "identity switches": len(one.switches),
        "switches per minute": _rounded(one.per_minute(len(one.switches))),
        "IDF1": _rounded(one.idf1),
        "MOTA": _rounded(one.mota),
        "fragmentations per minute": _rounded(one.per_minute(one.fragmentations)),
        "misses per minute": _rounded(one.per_minute(one.misses)),
        "false per minute": _rounded(one.per_minute(one.false)),
        "occlusions survived": _of(one.occlusions),
        "absences survived": _of(one.absences),
    }


def _named(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, list[Any]]]:
    every = list(rows)
    return [(name, [row[name] for row in every]) for name in every[0]]


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 3)


def _of(survived: Survived) -> str:
    return f"{survived.kept} of {survived.of}"


def _shown(value: object) -> str:
    return "–" if value is None else str(value)
