"""Pictures for surfaces, painted by arithmetic with a fixed seed: wood, tiles, cloth, wall pictures."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import zoom

Picture = NDArray[np.uint8]  # shape (height, width, 3), RGB
_Shade = NDArray[np.float64]

SIZE_PX = 512


@cache
def paint(name: str) -> Picture:
    """The picture of one texture, always the same for a name; kept, since painting costs more than compiling a home.

    :raises KeyError: no texture has this name
    """
    picture = _to_bytes(TEXTURES[name](np.random.default_rng(zlib.crc32(name.encode()))))
    picture.flags.writeable = False
    return picture


def _to_bytes(rgb: _Shade) -> Picture:
    return np.clip(rgb * 255, 0, 255).astype(np.uint8)


def _rgb(colour: str) -> _Shade:
    return np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])


def _noise(rng: np.random.Generator, cells: int, size: int = SIZE_PX, cells_y: int | None = None) -> _Shade:
    """Smooth tileable-looking noise of mean 0 with about ``cells`` features across."""
    rows = cells_y or cells
    grid = rng.standard_normal((rows, cells))
    return np.asarray(zoom(np.pad(grid, 2, mode="wrap"), (size / rows, size / cells), order=3))[:size, :size]


def _grain(rng: np.random.Generator, size: int = SIZE_PX, along: int = 3, across: int = 90) -> _Shade:
    """Streaks along x."""
    return 0.6 * _noise(rng, along, size, across) + 0.4 * _noise(rng, along * 3, size, across * 2)


def wood(light: str, dark: str) -> Callable[[np.random.Generator], _Shade]:
    def paint_wood(rng: np.random.Generator) -> _Shade:
        mix = np.clip(0.45 + 0.22 * _grain(rng) + 0.12 * _noise(rng, 4), 0, 1)[..., None]
        return _rgb(light) * (1 - mix) + _rgb(dark) * mix

    return paint_wood


def planks(light: str, dark: str, rows: int) -> Callable[[np.random.Generator], _Shade]:
    """Floor boards along x with dark joints, each board of its own shade."""

    def paint_planks(rng: np.random.Generator) -> _Shade:
        image = wood(light, dark)(rng)
        height = SIZE_PX // rows
        for row in range(rows):
            band = slice(row * height, (row + 1) * height)
            cut = int(rng.integers(0, SIZE_PX))
            boards = np.where((np.arange(SIZE_PX) - cut) % SIZE_PX < SIZE_PX // 2, rng.uniform(0.88, 1.08), rng.uniform(0.88, 1.08))
            image[band] = np.roll(image[band], int(rng.integers(0, SIZE_PX)), axis=1) * boards[None, :, None]
            image[row * height : row * height + 2] *= 0.72
            for joint in (cut, (cut + SIZE_PX // 2) % SIZE_PX):
                image[band, joint : joint + 2] *= 0.72
        return image

    return paint_planks


def tiles(colour: str, joint: str, count: int, variation: float) -> Callable[[np.random.Generator], _Shade]:
    def paint_tiles(rng: np.random.Generator) -> _Shade:
        shade = 1 + variation * np.kron(rng.standard_normal((count, count)), np.ones((SIZE_PX // count,) * 2))
        image = _rgb(colour) * (shade + 0.02 * _noise(rng, 24))[..., None]
        line = np.arange(SIZE_PX) % (SIZE_PX // count) < 4
        image[line, :] = _rgb(joint)
        image[:, line] = _rgb(joint)
        return image

    return paint_tiles


def cloth(strength: float = 0.08) -> Callable[[np.random.Generator], _Shade]:
    """A light weave that a material's colour tints."""

    def paint_cloth(rng: np.random.Generator) -> _Shade:
        axis = np.arange(SIZE_PX)
        weave = np.sin(axis * 2 * np.pi / 8)[:, None] * np.sin(axis * 2 * np.pi / 8)[None, :]
        shade = (
            1 - strength + strength * weave + 0.5 * strength * rng.standard_normal((SIZE_PX, SIZE_PX)) + 0.3 * strength * _noise(rng, 12)
        )
        return np.repeat(shade[..., None], 3, axis=2)

    return paint_cloth


def rug(ground: str, accent: str, second: str) -> Callable[[np.random.Generator], _Shade]:
    """A bordered rug with rows of diamonds; stretched once over the whole rug."""

    def paint_rug(rng: np.random.Generator) -> _Shade:
        y, x = np.mgrid[0:SIZE_PX, 0:SIZE_PX] / SIZE_PX
        image: _Shade = np.broadcast_to(_rgb(ground), (SIZE_PX, SIZE_PX, 3)).copy()
        edge = np.minimum(np.minimum(x, 1 - x) * 1.4, np.minimum(y, 1 - y))
        image[(edge > 0.05) & (edge < 0.09)] = _rgb(accent)
        image[(edge > 0.105) & (edge < 0.12)] = _rgb(second)
        diamond = np.abs((x * 6) % 1 - 0.5) + np.abs((y * 4) % 1 - 0.5)
        inside = edge > 0.15
        image[inside & (diamond < 0.34)] = _rgb(second)
        image[inside & (diamond < 0.2)] = _rgb(accent)
        return image * (1 + 0.07 * rng.standard_normal((SIZE_PX, SIZE_PX, 1)))

    return paint_rug


def _blend(image: _Shade, mask: _Shade, colour: str) -> _Shade:
    return image * (1 - mask[..., None]) + _rgb(colour) * mask[..., None]


def hills(rng: np.random.Generator) -> _Shade:
    """Layered hills under a low sun."""
    y, x = np.mgrid[0:SIZE_PX, 0:SIZE_PX] / SIZE_PX
    image = _rgb("#f6d7a7") * (1 - y[..., None]) + _rgb("#e98a6b") * y[..., None]
    image = _blend(image, (np.hypot(x - 0.68, y - 0.36) < 0.11).astype(float), "#fff1c9")
    for base, colour in ((0.5, "#c8796b"), (0.62, "#8d5a70"), (0.74, "#4f4a6b"), (0.86, "#2c3654")):
        phase = rng.uniform(0, 6)
        ridge = base + 0.06 * np.sin(x * 7 + phase) + 0.03 * np.sin(x * 17 + 2 * phase)
        image = _blend(image, (y > ridge).astype(float), colour)
    return image


def sea(rng: np.random.Generator) -> _Shade:
    y, x = np.mgrid[0:SIZE_PX, 0:SIZE_PX] / SIZE_PX
    image = _rgb("#dcecf2") * (1 - y[..., None]) + _rgb("#9cc9dd") * y[..., None]
    water = _rgb("#2f7f9f") * (1.3 - y[..., None]) + 0.03 * np.sin(y * 160 + 5 * np.sin(x * 9))[..., None]
    image = np.where((y > 0.55)[..., None], water, image)
    sail = (np.abs(x - 0.4) < 0.1 * (y - 0.25)) & (y > 0.25) & (y < 0.56)
    return _blend(image, sail.astype(float), "#fdfaf3")


def citrus(rng: np.random.Generator) -> _Shade:
    y, x = np.mgrid[0:SIZE_PX, 0:SIZE_PX] / SIZE_PX
    image: _Shade = np.broadcast_to(_rgb("#f3ead7"), (SIZE_PX, SIZE_PX, 3)).copy()
    for cx, cy, r, colour in ((0.36, 0.42, 0.2, "#f2a93b"), (0.64, 0.6, 0.17, "#e3c33f"), (0.4, 0.74, 0.11, "#8db255")):
        d, angle = np.hypot(x - cx, y - cy), np.arctan2(y - cy, x - cx)
        image = _blend(image, (d < r).astype(float), colour)
        image = _blend(image, ((d < 0.84 * r) & (np.abs(np.sin(4 * angle)) > 0.16)).astype(float) * 0.55, "#fff3cf")
    return image


def newsprint(rng: np.random.Generator) -> _Shade:
    image = np.full((SIZE_PX, SIZE_PX, 3), 0.92)
    image[30:90, 40:470] = 0.15
    image[30:90, 40:470] += 0.7 * (rng.random((60, 430, 1)) > 0.55)
    image[120:270, 270:470] = 0.45 + 0.1 * _noise(rng, 5)[120:270, 270:470, None]
    for column in (40, 190, 340):
        for row in range(120, 490, 12):
            if not (column >= 190 and row < 280):
                image[row : row + 5, column : column + int(rng.integers(90, 130))] = 0.42
    return image


def screen(rng: np.random.Generator) -> _Shade:
    y, x = np.mgrid[0:SIZE_PX, 0:SIZE_PX] / SIZE_PX
    shade = 0.06 + 0.1 * np.clip(1 - np.abs(x + y - 0.9) * 4, 0, 1)
    return np.stack([shade, shade * 1.05, shade * 1.25], axis=2)


def sky(rng: np.random.Generator) -> _Shade:
    """What one sees through a window."""
    y, x = np.mgrid[0:SIZE_PX, 0:SIZE_PX] / SIZE_PX
    image = _rgb("#9ccbee") * (1 - y[..., None]) + _rgb("#eaf4fb") * y[..., None]
    cloud = np.clip(_noise(rng, 5) * 0.5 + 0.1, 0, 0.8)
    image = _blend(image, cloud, "#ffffff")
    trees = 0.82 + 0.05 * np.sin(x * 21) + 0.03 * np.sin(x * 47 + 1)
    return _blend(image, (y > trees).astype(float), "#8fb98a")


TEXTURES: dict[str, Callable[[np.random.Generator], _Shade]] = {
    "oak planks": planks("#d9b48a", "#b98d5e", 8),
    "tiles": tiles("#e9e4da", "#c7c0b3", 4, 0.015),
    "carpet": cloth(0.12),
    "slate": tiles("#9aa3a8", "#7c858b", 2, 0.03),
    "oak": wood("#dbb68a", "#b98a58"),
    "walnut": wood("#8a5a3b", "#5a3722"),
    "cloth": cloth(),
    "rug cream": rug("#efe6d5", "#c9805a", "#54788c"),
    "rug rose": rug("#e6c7c2", "#b5656b", "#f3ece4"),
    "rug indigo": rug("#3f4e78", "#e6c27a", "#c7d0e0"),
    "hills": hills,
    "sea": sea,
    "citrus": citrus,
    "newsprint": newsprint,
    "screen": screen,
    "sky": sky,
}
