"""The simulated robot: its bodies, joints and actuators in a MuJoCo spec.

A round differential-drive base carries a twin mast; between its rails a lift moves a two-stage telescoping arm with a
parallel gripper.  On top sits a head that pans and tilts, with the camera in it.  ``base_link`` lies on the floor between
the wheels, x forward (REP-105).  Sizes follow the contract in ``docs``: radius 0.22 m, height 1.3 m, camera at 1.25 m,
grasp point at (0.32 + arm, 0, lift).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mujoco

from sim.shapes.meshes import lathe, rounded_box
from sim.shapes.parts import Material, Part, Vec3, box, capsule, cylinder, mesh, moved, rot, sphere

WHEEL_RADIUS_M = 0.08
TRACK_M = 0.34
GRASP_X_M = 0.32
LIDAR_HEIGHT_M = 0.25
CAMERA_HFOV_DEG = 75.0
HEAD_AT_M: Vec3 = (0.0, 0.0, 1.2)
CAMERA_IN_HEAD_M: Vec3 = (0.055, 0.0, 0.05)

JOINT_RANGES: dict[str, tuple[float, float]] = {
    "head_pan": (-2.8, 2.8), "head_tilt": (-1.0, 1.0), "lift": (0.2, 1.15), "arm": (0.0, 0.5), "gripper": (0.0, 0.10),
}  # fmt: skip
"""Radians and metres.  ``head_tilt`` turns about +y, so positive looks down (REP-103)."""

JOINT_SPEEDS: dict[str, float] = {"head_pan": 2.0, "head_tilt": 1.5, "lift": 0.35, "arm": 0.3, "gripper": 0.15}
"""Radians and metres per second, of the order of the Hello Robot Stretch 2's data sheet."""

JOINT_HOME: dict[str, float] = {"head_pan": 0.0, "head_tilt": 0.25, "lift": 0.55, "arm": 0.0, "gripper": 0.02}

_SHELL = Material("#f4f3ef", shine=0.5)
_DARK = Material("#343a40", shine=0.5)
_ACCENT = Material("#1f9e8f", shine=0.5)
_METAL = Material("#b9c0c6", shine=0.8)
_LENS = Material("#101418", shine=1.0)
_LIGHT = Material("#7fe7d8", glow=0.9)

Draw = Callable[[Any, list[Part]], None]
"""Adds drawn parts to a body; does nothing in a model without looks."""


def add_robot(spec: Any, draw: Draw, group: int | None, width_over_height: float = 4 / 3) -> None:
    """Add the robot at the origin; ``Robot.reset`` puts it where the home says.

    Its solid geoms go into ``group``; None leaves them out, for a model that is only looked at.
    """
    base = spec.worldbody.add_body(name="base_link")
    base.add_freejoint(name="base")
    _inertia(base, 24.0, (0.0, 0, 0.07), (0.30, 0.30, 0.40))  # batteries lie low, so that it brakes without pitching
    _collision(base, group)
    draw(base, _base_looks())
    for side, name in ((1, "left"), (-1, "right")):
        _wheel(spec, base, draw, group, name, side * TRACK_M / 2)
    _arm(spec, base, draw)
    _head(spec, base, draw, width_over_height)


def _inertia(body: Any, mass_kg: float, at_m: Vec3, diagonal: Vec3) -> None:
    """Stated masses, so that the model with looks and the one without are the same machine."""
    body.mass, body.ipos, body.inertia, body.explicitinertial = mass_kg, at_m, diagonal, True


def _solid(body: Any, group: int | None, shape: mujoco.mjtGeom, size: tuple[float, ...], at_m: Vec3, friction: float, condim: int) -> None:
    """A robot geom that touches the home and people, and never the robot itself; its own friction rules the contact."""
    if group is None:
        return
    body.add_geom(
        type=shape, size=[*size, 0, 0, 0][:3], pos=at_m, contype=0, conaffinity=1, group=group,
        friction=[friction, 0.005, 0.0001], condim=condim, priority=1,
    )  # fmt: skip


def _collision(base: Any, group: int | None) -> None:
    _solid(base, group, mujoco.mjtGeom.mjGEOM_CYLINDER, (0.21, 0.075), (0, 0, 0.125), 0.2, 3)
    _solid(base, group, mujoco.mjtGeom.mjGEOM_CAPSULE, (0.07, 0.45), (-0.06, 0, 0.72), 0.2, 3)
    _solid(base, group, mujoco.mjtGeom.mjGEOM_SPHERE, (0.09,), (0.0, 0, 1.23), 0.2, 3)
    for x in (0.17, -0.17):  # casters: frictionless, a hair above the floor so that the wheels carry the weight
        _solid(base, group, mujoco.mjtGeom.mjGEOM_SPHERE, (0.03,), (x, 0, 0.031), 0.0, 1)


def _wheel(spec: Any, base: Any, draw: Draw, group: int | None, name: str, y: float) -> None:
    wheel = base.add_body(name=f"{name}_wheel", pos=[0, y, WHEEL_RADIUS_M])
    wheel.add_joint(name=f"{name}_wheel", type=mujoco.mjtJoint.mjJNT_HINGE, axis=[0, 1, 0], armature=0.01)
    _inertia(wheel, 1.0, (0, 0, 0), (0.002, 0.0035, 0.002))
    # a sphere touches a flat floor at one point, as a wheel's tread does across its width
    _solid(wheel, group, mujoco.mjtGeom.mjGEOM_SPHERE, (WHEEL_RADIUS_M,), (0, 0, 0), 1.6, 3)
    spokes = [box((0.012, 0.052, 0.1), (0, 0, 0), _METAL, solid=False, turn=rot("y", 60 * k)) for k in range(3)]
    draw(
        wheel,
        [
            cylinder(WHEEL_RADIUS_M, 0.045, (0, 0, 0), _DARK, turn=rot("x", 90)),
            cylinder(0.05, 0.048, (0, 0, 0), _ACCENT, turn=rot("x", 90)),
            *spokes,
        ],
    )
    motor = spec.add_actuator(name=f"{name}_wheel", target=f"{name}_wheel", trntype=mujoco.mjtTrn.mjTRN_JOINT)
    motor.set_to_velocity(kv=5.0)
    motor.forcerange, motor.forcelimited = [-20.0, 20.0], True


def _base_looks() -> list[Part]:
    hull = lathe([(0, 0.045), (0.185, 0.045), (0.205, 0.06), (0.215, 0.1), (0.212, 0.14), (0.19, 0.185), (0.15, 0.2), (0, 0.205)], 36)
    band = lathe([(0.2105, 0.112), (0.2185, 0.116), (0.2185, 0.128), (0.21, 0.132)], 36)
    rails = [capsule((-0.06, y, 0.19), (-0.06, y, 1.15), 0.017, _METAL) for y in (-0.06, 0.06)]
    bridge = mesh(rounded_box(0.07, 0.17, 0.05, 0.02), (-0.06, 0, 1.155), _SHELL)
    foot = mesh(rounded_box(0.13, 0.2, 0.06, 0.025), (-0.06, 0, 0.21), _SHELL)
    puck = lathe([(0, 0.2), (0.045, 0.2), (0.045, 0.215), (0.038, 0.22), (0.038, 0.25), (0.042, 0.255), (0.042, 0.275), (0, 0.28)], 24)
    tray = mesh(rounded_box(0.012, 0.1, 0.3, 0.006), (-0.085, 0, 0.45), _DARK)
    return [
        mesh(hull, (0, 0, 0), _SHELL), mesh(band, (0, 0, 0), _LIGHT), *rails, bridge, foot, tray,
        mesh(puck, (0.09, 0, 0), _DARK), *[sphere(0.028, (x, 0, 0.031), _DARK) for x in (0.17, -0.17)],
    ]  # fmt: skip


def _slide(spec: Any, body: Any, name: str, axis: Vec3, limits: tuple[float, float], kp: float, armature: float) -> None:
    body.add_joint(name=name, type=mujoco.mjtJoint.mjJNT_SLIDE, axis=axis, range=limits, limited=True, armature=armature)
    _servo(spec, name, kp)


def _servo(spec: Any, name: str, kp: float) -> None:
    motor = spec.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    motor.set_to_position(kp=kp, dampratio=1.0)


def _arm(spec: Any, base: Any, draw: Draw) -> None:
    """Lift, two telescoping stages of 0.25 m each, two fingers.  Gravity is compensated, as a counterweight does."""
    lift = base.add_body(name="lift", gravcomp=1.0)
    _inertia(lift, 1.5, (-0.02, 0, 0), (0.01, 0.01, 0.01))
    _slide(spec, lift, "lift", (0, 0, 1), JOINT_RANGES["lift"], 4000.0, 1.0)
    draw(lift, [mesh(rounded_box(0.3, 0.075, 0.085, 0.018), (0.03, 0, 0), _SHELL)])
    draw(lift, [mesh(rounded_box(0.09, 0.165, 0.11, 0.02), (-0.06, 0, 0), _ACCENT)])
    body = lift
    for stage, width in ((1, 0.056), (2, 0.042)):
        body = body.add_body(name=f"arm_{stage}", gravcomp=1.0)
        _inertia(body, 0.5, (0.05, 0, 0), (0.003, 0.003, 0.003))
        _slide(spec, body, f"arm_{stage}", (1, 0, 0), (0.0, 0.25), 1500.0, 0.5)
        draw(body, [mesh(rounded_box(0.29, width, width, 0.01), (0.04, 0, 0), _METAL if stage == 1 else _DARK)])
    body.add_site(name="grasp", pos=[GRASP_X_M, 0, 0], size=[0.005, 0, 0], group=5)
    draw(
        body,
        [mesh(rounded_box(0.05, 0.13, 0.05, 0.014), (0.2, 0, 0), _SHELL), cylinder(0.026, 0.02, (0.17, 0, 0), _ACCENT, turn=rot("y", 90))],
    )
    for side, name in ((1, "left"), (-1, "right")):
        finger = body.add_body(name=f"{name}_finger", gravcomp=1.0)
        _inertia(finger, 0.1, (0.27, 0, 0), (0.0003, 0.0003, 0.0003))
        _slide(spec, finger, f"{name}_finger", (0, side, 0), (0.0, 0.055), 200.0, 0.1)
        draw(finger, moved(_finger_looks(), (0, side * 0.006, 0)))


def _finger_looks() -> list[Part]:
    return [
        mesh(rounded_box(0.12, 0.012, 0.026, 0.005), (0.275, 0, 0), _DARK),
        mesh(rounded_box(0.045, 0.014, 0.036, 0.006), (0.33, 0, 0), _ACCENT),
    ]


def _head(spec: Any, base: Any, draw: Draw, width_over_height: float) -> None:
    pan = base.add_body(name="head_pan", pos=list(HEAD_AT_M), gravcomp=1.0)
    _inertia(pan, 0.3, (0, 0, 0), (0.001, 0.001, 0.001))
    _hinge(spec, pan, "head_pan", (0, 0, 1))
    draw(pan, [cylinder(0.03, 0.06, (0, 0, -0.01), _DARK), mesh(rounded_box(0.07, 0.1, 0.025, 0.012), (-0.01, 0, -0.03), _SHELL)])
    tilt = pan.add_body(name="head_tilt", pos=[0, 0, CAMERA_IN_HEAD_M[2]], gravcomp=1.0)
    _inertia(tilt, 0.5, (0, 0, 0), (0.002, 0.002, 0.002))
    _hinge(spec, tilt, "head_tilt", (0, 1, 0))
    draw(tilt, _head_looks())
    vfov = 2 * math.atan(math.tan(math.radians(CAMERA_HFOV_DEG) / 2) / width_over_height)
    tilt.add_camera(name="head", pos=[CAMERA_IN_HEAD_M[0], 0, 0], xyaxes=[0, -1, 0, 0, 0, 1], fovy=math.degrees(vfov))


def _hinge(spec: Any, body: Any, name: str, axis: Vec3) -> None:
    body.add_joint(name=name, type=mujoco.mjtJoint.mjJNT_HINGE, axis=axis, range=JOINT_RANGES[name], limited=True, armature=0.05)
    _servo(spec, name, 40.0)


def _head_looks() -> list[Part]:
    eyes = []
    for y in (-0.045, 0.045):
        eyes += [
            cylinder(0.021, 0.012, (0.047, y, 0.004), _LENS, turn=rot("y", 90)),
            cylinder(0.013, 0.013, (0.0475, y, 0.004), _LIGHT, turn=rot("y", 90)),
            cylinder(0.007, 0.014, (0.048, y, 0.004), _LENS, turn=rot("y", 90)),
        ]
    return [
        mesh(rounded_box(0.1, 0.19, 0.105, 0.04), (-0.005, 0, 0), _SHELL),
        mesh(rounded_box(0.02, 0.165, 0.08, 0.01), (0.039, 0, 0), _DARK),
        *eyes,
        cylinder(0.008, 0.012, (0.047, 0, 0.026), _LENS, turn=rot("y", 90)),
    ]  # fmt: skip
