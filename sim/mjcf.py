"""From the description of a home to a MuJoCo model.

Two models share one layout of joints and moving bodies: with looks (for cameras) and without (for physics and rays), which
is several times cheaper to step.  So a state of one redraws in the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from safety.files import FileError
from sim.description import FLOOR, HomeDescription, Surface, home_folder, load_home
from sim.robot_model import add_robot
from sim.shapes import building, furniture, human, objects, textures
from sim.shapes.meshes import Mesh
from sim.shapes.parts import Material, Part, moved, rot

GROUP_HOME, GROUP_PEOPLE, GROUP_OBJECTS, GROUP_ROBOT, GROUP_FLOOR, GROUP_UPPER = range(6)
"""MuJoCo geom groups.  ``UPPER`` is what the view from above leaves out."""

GROUP_HIDDEN = GROUP_ROBOT
"""In the model without looks: what stops things but is neither lit, seen nor scanned: floor, robot, people's bumpers."""

TIMESTEP_S = 0.005

_SHAPES = {
    "box": mujoco.mjtGeom.mjGEOM_BOX, "sphere": mujoco.mjtGeom.mjGEOM_SPHERE, "ellipsoid": mujoco.mjtGeom.mjGEOM_ELLIPSOID,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER, "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE, "mesh": mujoco.mjtGeom.mjGEOM_MESH,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Layout:
    """Where things are in a model's arrays."""

    segments: dict[str, tuple[int, int]]  # person → first and one-past-last mocap index, in the order of human.SEGMENTS
    objects: dict[str, int]  # object → mocap index
    geom_owner: list[str]  # geom → the person it belongs to, "" otherwise


def surfaces(home: HomeDescription) -> dict[str, Surface]:
    """Every face in the home that things can be put on, by the name of its furniture."""
    found = {}
    for name, piece in home.furniture.items():
        top = furniture.KINDS[piece.kind].top
        if top is not None:
            x, y, z, lx, ly = top(piece.size_m)
            found[name] = Surface(
                name=name, centre_m=piece.pose.place((x, y)), yaw_rad=piece.pose.yaw_rad, size_m=(lx, ly), height_m=z + piece.raised_m
            )
    return found


def object_start(home: HomeDescription, object_id: str) -> tuple[NDArray[np.float64], float]:
    """Where the middle of a thing is at the start (map frame), and its yaw."""
    thing = home.objects[object_id]
    half = objects.KINDS[thing.class_name].size_m[2] / 2
    if thing.support == FLOOR:
        return np.array([*thing.pose.at_m, half]), thing.pose.yaw_rad
    piece = home.furniture[thing.support]
    height = surfaces(home)[thing.support].height_m
    return np.array([*piece.pose.place(thing.pose.at_m), height + half]), piece.pose.yaw_rad + thing.pose.yaw_rad


def check(home: HomeDescription, source: str) -> None:
    """Refuse names that nothing in ``sim/shapes`` builds.

    :raises FileError: names the entry and what is known
    """
    for name, piece in home.furniture.items():
        if problem := furniture.problem(piece.kind, piece.colour):
            raise FileError(f"{source}: furniture.{name}: {problem}")
    tops = surfaces(home)
    for id_, thing in home.objects.items():
        if thing.class_name not in objects.KINDS:
            raise FileError(f"{source}: objects.{id_}.class: unknown '{thing.class_name}'; known: {', '.join(sorted(objects.KINDS))}")
        if thing.support != FLOOR and thing.support not in tops:
            raise FileError(f"{source}: objects.{id_}.stands_on: nothing can stand on '{thing.support}'; known: {', '.join(sorted(tops))}")


@lru_cache(maxsize=8)
def _compiled(folder: Path, looks: bool) -> tuple[mujoco.MjModel, Layout]:
    home = load_home(folder)
    check(home, str(folder / "home.yaml"))
    return _Builder(home, looks).compile()


def load_model(home: str | Path, *, looks: bool) -> tuple[mujoco.MjModel, Layout]:
    """The compiled model of a home's folder; shared within the process, so treat it as read-only.

    :raises FileError: the description cannot be used
    """
    return _compiled(home_folder(home).resolve(), looks)


def build_model(home: HomeDescription, *, looks: bool) -> tuple[mujoco.MjModel, Layout]:
    """The compiled model of a description; unlike :func:`load_model`'s it is the caller's own, to change at will.

    :raises FileError: the description names something that nothing builds
    """
    check(home, home.name)
    return _Builder(home, looks).compile()


class _Builder:
    def __init__(self, home: HomeDescription, looks: bool) -> None:
        self._home, self._looks = home, looks
        self._spec: Any = mujoco.MjSpec()  # the bindings are generated without complete types
        self._materials: dict[Material, str] = {}
        self._meshes: set[str] = set()
        self._textures: set[tuple[str, bool]] = set()

    def compile(self) -> tuple[mujoco.MjModel, Layout]:
        self._options()
        self._building()
        self._furniture()
        segments, objects_at = self._people_and_objects()
        add_robot(self._spec, lambda body, parts: self._draw(body, parts, GROUP_ROBOT), None if self._looks else GROUP_HIDDEN)
        if self._looks:
            self._lights_and_cameras()
        model = self._spec.compile()
        return model, Layout(segments, objects_at, _owners(model, segments))

    def _options(self) -> None:
        spec = self._spec
        spec.modelname = self._home.name
        spec.option.timestep = TIMESTEP_S
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        spec.option.cone = mujoco.mjtCone.mjCONE_PYRAMIDAL
        spec.option.iterations = 20
        spec.compiler.autolimits = True
        spec.compiler.degree = False

    # ------------------------------------------------ parts to geoms

    def _draw(self, body: Any, parts: Iterable[Part], group: int) -> None:
        if not self._looks:
            return
        for part in parts:
            if part.material is not None:
                self._geom(body, part, GROUP_UPPER if part.upper else group, touches=False)

    def _stop(self, body: Any, parts: Iterable[Part], group: int, *, touches: bool) -> None:
        """Solid stand-ins: in the model without looks only."""
        if self._looks:
            return
        for part in parts:
            if part.solid:
                self._geom(body, part, group, touches=touches)

    def _geom(self, body: Any, part: Part, group: int, *, touches: bool) -> None:
        size = np.zeros(3)
        if part.shape == "box":
            size[:] = np.asarray(part.size_m) / 2
        elif part.shape in ("cylinder", "capsule"):
            size[:2] = part.size_m[0], part.size_m[1] / 2
        elif part.shape != "mesh":
            size[: len(part.size_m)] = part.size_m
        extra: dict[str, Any] = {}
        if self._looks and part.material is not None:
            extra["material"] = self._material(part.material, part)
        if part.mesh is not None:
            extra["meshname"] = self._mesh(part.mesh)
        body.add_geom(
            type=_SHAPES[part.shape], size=size, pos=part.at_m, quat=part.turn, group=group,
            contype=int(touches), conaffinity=0, **extra,
        )  # fmt: skip

    def _mesh(self, mesh: Mesh) -> str:
        if mesh.name not in self._meshes:
            self._meshes.add(mesh.name)
            asset = self._spec.add_mesh(name=mesh.name)
            asset.uservert = mesh.vertices_m.ravel().tolist()
            asset.userface = mesh.faces.ravel().tolist()
            asset.smoothnormal = True
            asset.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL
        return mesh.name

    def _material(self, material: Material, part: Part) -> str:
        if material not in self._materials:
            name = f"material_{len(self._materials)}"
            self._materials[material] = name
            asset = self._spec.add_material(name=name, rgba=material.rgba())
            asset.specular, asset.shininess = material.shine * 0.6, 0.2 + 0.6 * material.shine
            asset.emission, asset.reflectance = material.glow, material.mirror
            if material.texture:
                asset.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = self._texture(material.texture)
                repeat = 2.0 / material.tile_m if material.tile_m else 1.0  # MuJoCo counts repeats on [-1, 1]
                asset.texrepeat, asset.texuniform = [repeat, repeat], bool(material.tile_m)
        return self._materials[material]

    def _texture(self, name: str) -> str:
        if (name, False) not in self._textures:
            self._textures.add((name, False))
            picture = textures.paint(name)
            height, width, channels = picture.shape
            asset = self._spec.add_texture(name=name, type=mujoco.mjtTexture.mjTEXTURE_2D, width=width, height=height, nchannel=channels)
            asset.data = picture.tobytes()
        return name

    # ------------------------------------------------ the home

    def _building(self) -> None:
        world, home = self._spec.worldbody, self._home
        if not self._looks:
            world.add_geom(name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[20, 20, 0.1], contype=1, conaffinity=0, group=GROUP_HIDDEN)
        self._stop(world, building.wall_solids(home), GROUP_HOME, touches=True)
        self._draw(world, building.floors(home), GROUP_FLOOR)
        self._draw(world, [*building.wall_looks(home), building.ceiling(home)], GROUP_HOME)

    def _furniture(self) -> None:
        for piece in self._home.furniture.values():
            parts = furniture.build(piece.kind, piece.size_m, piece.colour)
            placed = moved(parts, (*piece.pose.at_m, piece.raised_m), rot("z", piece.pose.yaw_deg))
            self._stop(self._spec.worldbody, placed, GROUP_HOME, touches=True)
            self._draw(self._spec.worldbody, placed, GROUP_FLOOR if piece.kind == "rug" else GROUP_HOME)

    def _people_and_objects(self) -> tuple[dict[str, tuple[int, int]], dict[str, int]]:
        segments: dict[str, tuple[int, int]] = {}
        count = 0
        for id_, person in self._home.people.items():
            looks = human.build(person)
            for segment in human.SEGMENTS:
                body = self._spec.worldbody.add_body(name=f"{id_}/{segment}", mocap=True)
                self._draw(body, looks[segment], GROUP_PEOPLE)
                self._stop(body, looks[segment], GROUP_PEOPLE, touches=False)
                if segment == "torso" and not self._looks:
                    self._bumper(body, human.proportions(person))
            segments[id_] = (count, count + len(human.SEGMENTS))
            count += len(human.SEGMENTS)
        objects_at: dict[str, int] = {}
        for id_, thing in self._home.objects.items():
            body = self._spec.worldbody.add_body(name=f"object/{id_}", mocap=True)
            self._draw(body, objects.build(thing.class_name, thing.colour), GROUP_OBJECTS)
            objects_at[id_], count = count, count + 1
        return segments, objects_at

    def _bumper(self, torso: Any, p: human.Proportions) -> None:
        """An upright capsule from floor to chest that stops the robot; lidar and eyes do not see it."""
        radius = 0.11 * p.height / 1.7 + 0.06
        torso.add_geom(
            type=mujoco.mjtGeom.mjGEOM_CAPSULE, size=[radius, 0, 0], fromto=[0, 0, radius - p.hip, 0, 0, 0.5 * p.shoulder],
            contype=1, conaffinity=0, group=GROUP_HIDDEN,
        )  # fmt: skip

    # ------------------------------------------------ light and views

    def _lights_and_cameras(self) -> None:
        spec, world = self._spec, self._spec.worldbody
        x0, y0, x1, y1 = self._home.bounds_m()
        cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
        spec.visual.headlight.ambient, spec.visual.headlight.diffuse, spec.visual.headlight.specular = (
            [0.5, 0.485, 0.465],
            [0.27] * 3,
            [0.04] * 3,
        )
        spec.visual.quality.shadowsize, spec.visual.quality.offsamples = 4096, 4
        spec.visual.quality.numslices, spec.visual.quality.numstacks = 20, 12
        getattr(spec.visual, "global").offwidth, getattr(spec.visual, "global").offheight = 1280, 960
        spec.visual.map.znear, spec.visual.map.zfar = 0.004, 3.0
        spec.stat.extent, spec.stat.center = 12.0, [cx, cy, 0]
        world.add_light(
            name="sun",
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
            pos=[cx - 4, cy - 5, 9],
            dir=[0.42, 0.5, -0.9],
            diffuse=[0.36, 0.34, 0.29],
            specular=[0.15, 0.15, 0.13],
            castshadow=True,
        )
        world.add_light(
            name="sky",
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
            pos=[cx, cy, 8],
            dir=[-0.3, -0.2, -1.0],
            diffuse=[0.05, 0.06, 0.08],
            castshadow=False,
        )
        spec.add_texture(
            name="sky dome",
            type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
            builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
            rgb1=[0.93, 0.94, 0.95],
            rgb2=[0.80, 0.83, 0.86],
            width=64,
            height=384,
        )
        tilt = math.radians(24)
        distance = 11.5
        world.add_camera(
            name="overhead", pos=[cx, cy - distance * math.sin(tilt) - 0.15, distance * math.cos(tilt)],
            xyaxes=[1, 0, 0, 0, math.cos(tilt), math.sin(tilt)], fovy=46.0,
        )  # fmt: skip


def _owners(model: mujoco.MjModel, segments: dict[str, tuple[int, int]]) -> list[str]:
    by_mocap = {index: person for person, (first, end) in segments.items() for index in range(first, end)}
    return [by_mocap.get(int(model.body_mocapid[body]), "") for body in model.geom_bodyid]
