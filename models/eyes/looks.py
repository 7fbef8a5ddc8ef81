"""How a home looks today: colours and patterns of every surface, clothes, skin, and light."""

from __future__ import annotations

import colorsys

import cv2
import mujoco
import numpy as np
from numpy.typing import NDArray

from models.eyes.inhabitants import clothes, complexion
from sim.description import HomeDescription
from sim.mjcf import Layout

Colour = NDArray[np.float64]

_RGB = int(mujoco.mjtTextureRole.mjTEXROLE_RGB)
_PATTERNS = ("cloth", "carpet", "oak", "walnut", "slate", "tiles", "oak planks")
"""Textures that any surface may take on."""
_LAMPS = 3
_WORN, _BORN_WITH = ("top", "bottom", "shoes"), ("skin", "hair")


class Wardrobe:
    """Owns the materials of one model, and gives them new looks.  Changes the model in place."""

    def __init__(self, model: mujoco.MjModel, layout: Layout, home: HomeDescription, rng: np.random.Generator) -> None:
        self._model, self._home = model, home
        self._paint = np.flatnonzero(model.geom_matid >= 0)
        material = model.geom_matid[self._paint]
        self._plain: Colour = model.mat_rgba[material].astype(float)
        body = model.geom_bodyid[self._paint]
        moves = model.body_mocapid[body] >= 0
        keys = np.where(moves, body * 10_000 + material, material)  # fixed things of one material change together
        first, self._key = np.unique(keys, return_index=True, return_inverse=True)[1:]
        self._fixed = ~moves[first]
        self._roles = self._clothing(layout, body[first], self._plain[first])
        self._emission = model.mat_emission.copy()
        self.worn: dict[str, dict[str, str]] = {}
        """Person → piece of clothing, and skin and hair of who stands in for them → colour, since they were dressed last."""
        self._new_patterns(rng)

    def _clothing(self, layout: Layout, bodies: NDArray[np.int32], colours: Colour) -> dict[str, dict[str, NDArray[np.intp]]]:
        """Person → piece of clothing, or skin and hair → which keys show it."""
        mocap = self._model.body_mocapid[bodies]
        roles: dict[str, dict[str, NDArray[np.intp]]] = {}
        for id_, (first, end) in layout.segments.items():
            own = (mocap >= first) & (mocap < end)
            person = self._home.people[id_]
            worn = {piece: _rgb(getattr(person, piece)) for piece in (*_WORN, *_BORN_WITH)}
            roles[id_] = {
                piece: np.flatnonzero(own & (np.abs(colours[:, :3] - colour).max(axis=1) < 1e-3)) for piece, colour in worn.items()
            }
        return roles

    def _new_patterns(self, rng: np.random.Generator) -> None:
        """Turn, shift, stretch and tint every texture, and give patterns to some plain materials.  Before the textures are uploaded."""
        model = self._model
        names = [mujoco.mj_id2name(model, mujoco.mjtObj.mjOBJ_TEXTURE, k) for k in range(model.ntex)]
        for k, name in enumerate(names):
            if model.tex_type[k] == mujoco.mjtTexture.mjTEXTURE_2D and name != "newsprint":
                self._restyle(k, rng)
        patterns = [k for k, name in enumerate(names) if name in _PATTERNS]
        used_by_movers = set(model.geom_matid[model.body_mocapid[model.geom_bodyid] >= 0].tolist())
        for material in range(model.nmat):
            free = model.mat_texid[material, _RGB] < 0 and material not in used_by_movers and model.mat_rgba[material, 3] == 1
            if free and patterns and rng.random() < 0.2:
                model.mat_texid[material, _RGB] = int(rng.choice(patterns))
                model.mat_texrepeat[material], model.mat_texuniform[material] = [float(rng.uniform(1, 6))] * 2, True

    def _restyle(self, texture: int, rng: np.random.Generator) -> None:
        model = self._model
        height, width, channels = (int(v[texture]) for v in (model.tex_height, model.tex_width, model.tex_nchannel))
        start = int(model.tex_adr[texture])
        stored = model.tex_data[start : start + height * width * channels].reshape(height, width, channels)
        gain, contrast = np.exp(rng.normal(0, 0.12, channels) + rng.normal(0, 0.15)), rng.uniform(0.5, 1.3)
        mean = stored.reshape(-1, channels).mean(axis=0)
        levels = (mean + (np.arange(256)[:, None] - mean) * contrast) * gain
        tinted = cv2.LUT(np.ascontiguousarray(stored), np.clip(levels, 0, 255).astype(np.uint8)[None])
        stored[:] = np.roll(tinted[:: rng.choice([-1, 1]), :: rng.choice([-1, 1])], rng.integers(0, width), axis=1)

    # ------------------------------------------------ for every picture

    def dress(self, rng: np.random.Generator, *, others: bool = False) -> None:
        """New colours for everything; the home's things keep roughly theirs, by which people name them.

        :param others: skin and hair are new too: other people of the same age group, build and posture
        """
        count = len(self._fixed)
        gains = np.exp(rng.normal(0, 0.1, (count, 3)) + rng.normal(0, 0.12, (count, 1)))
        gains[self._fixed] *= np.exp(rng.normal(0, 0.16, (int(self._fixed.sum()), 1)))
        colours = np.clip(self._plain[:, :3] * gains[self._key], 0.02, 1)
        bold = np.zeros(count, dtype=bool)
        bold[self._fixed] = rng.random(int(self._fixed.sum())) < 0.25
        painted = np.array([_any_colour(rng) for _ in range(count)])
        for id_, worn in self._roles.items():
            born = complexion(self._home.people[id_].age_group, rng) if others else {}
            self.worn[id_] = {**clothes(rng), **born}
            for piece, colour in self.worn[id_].items():
                bold[worn[piece]], painted[worn[piece]] = True, _rgb(colour)
        new = np.where(bold[self._key][:, None], painted[self._key], colours)
        self._model.geom_rgba[self._paint] = np.column_stack([new, self._plain[:, 3]])
        self._model.mat_emission[:] = self._emission * rng.uniform(0.2, 1.15)

    def light(self, rng: np.random.Generator) -> None:
        """The light that is there in any place: the headlight stands in for light from all sides, sun and sky come through windows."""
        model = self._model
        warmth = _warmth(rng)
        model.vis.headlight.ambient[:] = rng.uniform(0.22, 0.62) * warmth
        model.vis.headlight.diffuse[:] = rng.uniform(0.0, 0.4) * warmth
        for light in range(model.nlight):
            direction = np.array([*rng.normal(0, 0.7, 2), -rng.uniform(0.3, 1.0)])
            model.light_dir[light] = direction / np.linalg.norm(direction)
            model.light_diffuse[light] = rng.uniform(0, 0.6 if light == 0 else 0.25) * _warmth(rng)
            model.light_castshadow[light] = False


def add_lamps(scene: mujoco.MjvScene, home: HomeDescription, near_m: tuple[float, float], rng: np.random.Generator) -> None:
    """Lamps under the ceiling of the room around a point, added to a scene that is ready to be drawn."""
    room = home.rooms.get(home.room_at(*near_m))
    if room is None:
        return
    (x0, y0), _, (x1, y1), _ = room.polygon_m
    for _ in range(int(rng.integers(0, _LAMPS + 1))):
        light = scene.lights[scene.nlight]
        light.type, light.headlight, light.castshadow, light.texid = mujoco.mjtLightType.mjLIGHT_POINT, 0, 0, -1
        light.pos[:] = rng.uniform(x0, x1), rng.uniform(y0, y1), home.wall_height_m - rng.uniform(0.1, 1.0)
        light.dir[:], light.ambient[:] = (0, 0, -1), 0
        light.diffuse[:] = rng.uniform(0.1, 0.7) * _warmth(rng)
        light.specular[:] = rng.uniform(0, 0.3)
        light.attenuation[:] = 1, rng.uniform(0, 0.2), rng.uniform(0, 0.15)
        light.cutoff, light.exponent = 180, 0
        scene.nlight += 1


def _warmth(rng: np.random.Generator) -> Colour:
    """The colour of a light between candle and overcast sky, of about equal brightness."""
    warm = float(rng.normal(0.05, 0.12))
    return np.array([1 + warm, 1.0, 1 - 1.3 * warm])


def _any_colour(rng: np.random.Generator) -> tuple[float, float, float]:
    return colorsys.hsv_to_rgb(float(rng.random()), float(rng.beta(1.2, 2.2)), float(rng.uniform(0.2, 1.0)))


def _rgb(colour: str) -> Colour:
    return np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
