"""How well the eyes keep people and things apart over time.

    python -m tests.eyes.identities --minutes 5 --seed 1      # `make identities`
    python -m tests.eyes.identities --minutes 5 --seed 1 --json

The simulated home in virtual time, with every node: people walk about by a seed and ask the robot to go somewhere or to look for
something (``bustle.py``), and it does so, as far as its own gate lets it.  The backend ``cnn`` sees the drawn pictures with depth, and
the robot's place is what its navigator makes of lidar and wheels.  What is published is held against the simulation at the picture's
time; ``figures.py`` has the figures, ``sights.py`` says what should have been found.

Nobody is known by name here: an id must be kept for how somebody looks and moves.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from robot_runtime.bench.machine import describe
from robot_runtime.flow import Flow
from robot_runtime.messages import Detections, People, RobotPose, SimState
from robot_runtime.nodes import Settings
from safety.types import RearmRequest, SafetyMode, SafetyState
from tests.eyes.bustle import Bustle
from tests.eyes.figures import Figures, Instant, Survived, figures
from tests.eyes.sights import Sights

GATES_M = {"people": 0.5, "things": 0.15}
PERIOD_S = 0.2
"""Between two pictures of the simulated camera."""
DEAF = ("front_end", "ear")
"""What people ask is put in behind these; nobody else is heard."""

Histories = Mapping[str, Sequence[Instant]]
"""Of "people" and of "things"."""


class Watch:
    """A home that lives, and what was there and what was told in each picture.

    :param perceive: parameters of the eyes, besides those of the simulation
    :raises FileError: a model or the home cannot be used
    """

    def __init__(self, seed: int, perceive: Mapping[str, Any]) -> None:
        settings = Settings.for_simulation(perception_backend="cnn")
        overrides = {"home": {"seed": seed}, "perceive": {"people": {"known_people": ()}, **perceive}}
        self.flow = Flow.build(settings, only=lambda node: node.name not in DEAF, overrides=overrides)
        self._bustle, self._sights = Bustle(settings.world, seed), Sights(settings.world)
        self._states: dict[float, SimState] = {}
        self._at_m: tuple[float, float] | None = None
        self.histories: dict[str, list[Instant]] = {"people": [], "things": []}
        self.driven_m = 0.0
        self.flow.listeners.append(self._listen)

    def run(self, minutes: float, told: Callable[[int], None] = lambda seconds: None) -> Histories:
        """Let it live for so long; ``told`` gets how many seconds have gone by."""
        for second in range(math.ceil(minutes * 60)):
            self.flow.run_for(1.0)
            told(second + 1)
        return self.histories

    def _listen(self, now_s: float, topic: str, message: Any) -> None:
        if topic == "sim/state":
            self._states = {stamp_s: state for stamp_s, state in self._states.items() if now_s - stamp_s < 1.0}
            self._states[message.stamp_s] = message
            for out_topic, out in self._bustle.follow(message):
                self.flow.inject(out_topic, out)
        elif topic == "people":
            self._note_people(message)
        elif topic == "detections":
            self._note_things(message)
        elif topic == "pose":
            self._note_pose(message)
        elif topic == "safety/state":
            self._let_go_on(message)

    def _note_people(self, people: People) -> None:
        told = {person.id: person.position_m[:2] for person in people.people if person.seen}
        there = self._sights.people(self._states[people.stamp_s])
        self.histories["people"].append(Instant(people.stamp_s, there, _placed(told)))

    def _note_things(self, found: Detections) -> None:
        told = {thing.track_id: thing.position_m for thing in found.detections}
        there = self._sights.things(self._states[found.stamp_s])
        self.histories["things"].append(Instant(found.stamp_s, there, _placed(told)))

    def _note_pose(self, pose: RobotPose) -> None:
        before_m, self._at_m = self._at_m, (pose.x_m, pose.y_m)
        if before_m is not None:
            self.driven_m += math.dist(before_m, self._at_m)

    def _let_go_on(self, state: SafetyState) -> None:
        """Whoever looks after the robot presses its button after a stop that it may not lift itself."""
        if state.mode in (SafetyMode.EMERGENCY_STOP.value, SafetyMode.REARM_REQUIRED.value):
            self.flow.inject("service/rearm", RearmRequest(state.stamp_s, "service", "", ""))


def _placed(told: Mapping[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
    """Of whatever has a place: somebody who is seen somewhere unknown is found nowhere, and is not false either."""
    return {id_: place_m for id_, place_m in told.items() if all(map(math.isfinite, place_m))}


def summaries(histories: Histories) -> dict[str, Figures]:
    """By kind."""
    return {kind: figures(history, GATES_M[kind], PERIOD_S) for kind, history in histories.items()}


def show(found: Mapping[str, Figures], about: Mapping[str, Any], as_json: bool) -> None:
    """Print them."""
    rows = {kind: _row(one) for kind, one in found.items()}
    if as_json:
        for kind, one in found.items():
            print(json.dumps({"kind": kind, **rows[kind], "which": [asdict(switch) for switch in one.switches], **about}))
        return
    table = Table(title=", ".join(f"{name} {value}" for name, value in about.items()), title_justify="left")
    table.add_column("")
    for kind in rows:
        table.add_column(kind, justify="right")
    for name in next(iter(rows.values())):
        table.add_row(name, *("–" if row[name] is None else str(row[name]) for row in rows.values()))
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


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 3)


def _of(survived: Survived) -> str:
    return f"{survived.kept} of {survived.of}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5.0, help="of virtual time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one line for people and one for things, with every switch")
    given = parser.parse_args()
    if not (0 < given.minutes < math.inf and given.seed >= 0):
        parser.error("--minutes must be more than 0, --seed 0 or more")
    watch = Watch(given.seed, {})
    histories = watch.run(given.minutes, lambda seconds: print(f"\r{seconds} s", end="", file=sys.stderr, flush=True))
    print(file=sys.stderr)
    about = {"minutes": given.minutes, "seed": given.seed, "driven m": round(watch.driven_m, 1), **dict(describe())}
    show(summaries(histories), about, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
