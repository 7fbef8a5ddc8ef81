"""Where everything in the simulated home is, read from one published state of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from robot_runtime.messages import SimState
from sim.mjcf import load_model

XY = tuple[float, float]
XYZ = tuple[float, float, float]


@dataclass(frozen=True)
class Truth:
    """Positions in the map frame."""

    stamp_s: float
    robot: tuple[float, float, float]  # x, y, yaw
    people: Mapping[str, XY]
    objects: Mapping[str, XYZ]
    holders: Mapping[str, str]  # object id → "robot" or a person's id
    speaking: tuple[str, ...]

    @property
    def robot_xy(self) -> XY:
        return self.robot[0], self.robot[1]

    def distance_m(self, person: str) -> float:
        """Between the robot's centre and a person's."""
        return math.dist(self.robot_xy, self.people[person])


def truth_reader(home: str) -> Callable[[SimState], Truth]:
    """A function that reads the states of one home, given by its folder.

    :raises FileError: the home cannot be used
    """
    model, layout = load_model(home, looks=False)
    base = int(model.joint("base").qposadr[0])

    def read(state: SimState) -> Truth:
        at = list(zip(state.mocap_pos[0::3], state.mocap_pos[1::3], state.mocap_pos[2::3], strict=True))
        w, x, y, z = state.qpos[base + 3 : base + 7]
        yaw_rad = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        people = {person: at[first][:2] for person, (first, _) in layout.segments.items()}  # the torso is the first segment
        objects = {name: at[mocap] for name, mocap in layout.objects.items()}
        holders = {argument.name: argument.value for argument in state.holders}
        return Truth(state.stamp_s, (state.qpos[base], state.qpos[base + 1], yaw_rad), people, objects, holders, state.speaking)

    return read
