"""What the oracle's eyes look at: of every thing and person some points, and the corners of the box around it."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from sim.description import HomeDescription
from sim.mjcf import Layout
from sim.shapes.human import SEGMENTS, proportions
from sim.shapes.objects import KINDS

Vector = NDArray[np.float64]

NO_ONE = -1
HEAD, TORSO = SEGMENTS.index("head"), SEGMENTS.index("torso")
_SHINS = SEGMENTS.index("shin_l")
_CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float)
_PROBES = 0.8 * np.array([[0, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0.7, 0.7, 0.7], [-0.7, -0.7, 0.7]])
_JOINTS = np.array([HEAD, TORSO, TORSO, _SHINS, _SHINS + 1, _SHINS, _SHINS + 1])
"""The joint at which each probe of a person hangs: head, chest, hip, knees, ankles."""


class Targets:
    """All things of a home, then all its people: one array each, since there are many and they are looked at ten times a second.

    ``probes`` holds ``counts[k]`` points of target k, one target after the other; ``target_of`` tells of every probe whose it is.
    ``owners[k]`` is the index of the person whose own body does not hide target k, or ``NO_ONE``.
    """

    def __init__(self, home: HomeDescription, layout: Layout) -> None:
        self.things, self.people = list(layout.objects), list(layout.segments)
        self.ids = [*self.things, *self.people]
        self.counts = np.array([len(_PROBES)] * len(self.things) + [len(_JOINTS)] * len(self.people))
        self.target_of = np.repeat(np.arange(len(self.ids)), self.counts)
        self._mocaps = np.array(list(layout.objects.values()), dtype=np.intp)
        half_m = np.array([KINDS[home.objects[id_].class_name].size_m for id_ in self.things]).reshape(-1, 1, 3) / 2
        self._thing_points = np.concatenate((_PROBES * half_m, _CORNERS * half_m), axis=1)  # (things, probes and corners, 3), unturned
        self._bodies = np.array([range(*layout.segments[id_]) for id_ in self.people], dtype=np.intp).reshape(len(self.people), -1)
        bodies = [proportions(home.people[id_]) for id_ in self.people]
        self._hang_m = np.zeros((len(bodies), len(_JOINTS), 3))
        self._hang_m[:, :, 2] = np.reshape(
            [(0.3 * b.head, 0.6 * b.shoulder, 0, 0, 0, -0.6 * b.shin, -0.6 * b.shin) for b in bodies], (-1, 7)
        )
        self._crown_m = np.array([0.78 * b.head for b in bodies])
        self._half_m = np.array([(0.16 * b.height, 0.16 * b.height, 0.0) for b in bodies]).reshape(-1, 3)
        self._placed = np.full((len(self.things), 7), np.nan)
        self.centres: Vector = np.zeros((len(self.ids), 3))
        self.corners: Vector = np.zeros((len(self.ids), len(_CORNERS), 3))
        self.probes: Vector = np.zeros((len(self.target_of), 3))

    def update(self, data: mujoco.MjData, holders: dict[str, str]) -> None:
        """Take in where everything is, and who holds what."""
        people = self.people
        held_by = [people.index(holder) if (holder := holders.get(id_)) in people else NO_ONE for id_ in self.things]
        self.owners = np.array([*held_by, *range(len(people))])
        self._update_things(data)
        self._update_people(data.mocap_pos[self._bodies])

    def _update_things(self, data: mujoco.MjData) -> None:
        """They lie about most of the time, so what is known is kept."""
        placed = np.concatenate((data.mocap_pos[self._mocaps], data.mocap_quat[self._mocaps]), axis=1)
        if np.array_equal(placed, self._placed):
            return
        self._placed = placed
        points = placed[:, None, :3] + self._thing_points @ _turns_by_yaw(2 * np.arctan2(placed[:, 6], placed[:, 3]))
        things = len(self.things)
        self.centres[:things] = placed[:, :3]
        self.probes[: things * len(_PROBES)] = points[:, : len(_PROBES)].reshape(-1, 3)
        self.corners[:things] = points[:, len(_PROBES) :]

    def _update_people(self, joints: Vector) -> None:
        """From the joints' positions, shape (people, segments, 3)."""
        things = len(self.things)
        centres = joints[:, TORSO].copy()
        centres[:, 2] = (joints[:, HEAD, 2] + self._crown_m) / 2
        self._half_m[:, 2] = centres[:, 2]
        self.centres[things:] = centres
        self.probes[things * len(_PROBES) :] = (joints[:, _JOINTS] + self._hang_m).reshape(-1, 3)
        self.corners[things:] = centres[:, None] + _CORNERS * self._half_m[:, None]


def _turns_by_yaw(yaw_rad: Vector) -> Vector:
    """For n yaws n matrices, which turn row vectors from their right."""
    c, s, zero = np.cos(yaw_rad), np.sin(yaw_rad), np.zeros_like(yaw_rad)
    return np.stack((c, s, zero, -s, c, zero, zero, zero, zero + 1.0), axis=-1).reshape(-1, 3, 3)
