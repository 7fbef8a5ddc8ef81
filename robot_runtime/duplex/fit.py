"""How fast a model can be on a machine, by arithmetic: every weight that a frame uses is read from memory once.

A frame runs the temporal transformer once and the depth transformer once for each of eight codebooks, whose weights differ by codebook, so
all of them are read too.  Of embeddings only single rows are.  The time of a frame is at least these bytes over the memory's bandwidth;
what is really reached is less.  The projections of sight are shared by all layers, but too large for a small board's caches, so each layer
reads them again, and the picture's keys and values.
"""

from __future__ import annotations

from dataclasses import dataclass

from robot_runtime.duplex.frames import FRAME_S

BITS = {"bf16": 16.0, "int8": 8.0, "int4": 4.25}
"""A weight in 4 bits shares a 16-bit scale with 63 others."""

_REACHED = 0.7
"""Share of the bandwidth that a good program reaches: an assumption, not measured on these boards."""

_LAYERS, _DIM, _PICTURE_TOKENS = 32, 4096, 1024
_CACHE_BYTES = 2 * _LAYERS * 3000 * _DIM * 2
"""Keys and values of 32 layers over 3000 frames in 16 bits: 1.6 GB at the end of four minutes, and all is read in a frame."""

_HEADROOM_BYTES = 6_000_000_000  # the system and the robot's other processes


@dataclass(frozen=True)
class Parts:
    """Parameters of the published 7 B model by what a frame reads of them (from its sizes, in ``loaders`` of the package ``moshi``)."""

    temporal: int
    depth: int
    text_head: int
    embeddings: int
    sight: int = 0  # projections and gates; the image encoder does not run every frame
    eye: int = 0


@dataclass(frozen=True)
class Board:
    """A computer with one memory for processor and GPU; figures are those of its maker's data sheet."""

    name: str
    bandwidth_bytes_a_s: float
    memory_bytes: float


BOARDS = (
    Board("Jetson Orin NX 16 GB", 102.4e9, 16e9),
    Board("Jetson AGX Orin 32 GB", 204.8e9, 32e9),
    Board("Jetson AGX Orin 64 GB", 204.8e9, 64e9),
    Board("Jetson AGX Thor 128 GB", 273e9, 128e9),
)


def parts(*, seeing: bool) -> Parts:
    """Counted from the sizes.

    >>> round(sum(vars(parts(seeing=False)).values()) / 1e9, 1)
    7.7
    """
    dim, layers, hidden = 4096, 32, 2 * int(4.125 * 4096) // 3
    depth, depth_layers, depth_hidden, books = 1024, 6, 2 * int(4.125 * 1024) // 3, 8
    temporal = layers * (4 * dim * dim + 3 * dim * hidden)
    depth_weights = depth_layers * books * (4 * depth * depth + 3 * depth * depth_hidden) + books * (dim * depth + depth * 2048)
    embeddings = 16 * 2049 * dim + 32001 * dim + 7 * 2049 * depth + 32001 * depth
    sight = 4 * dim * dim + layers * 2 * dim * (dim // 8) if seeing else 0
    eye = 27 * (4 * 1152 * 1152 + 2 * 1152 * 4304) + 1152 * dim if seeing else 0
    return Parts(temporal, depth_weights, 32000 * dim, embeddings, sight, eye)


def weight_bytes(weights: str, *, seeing: bool = True) -> float:
    """What all weights take; embeddings, text head, sight and image encoder stay in 16 bits.

    >>> round(weight_bytes("bf16") / 1e9, 1)
    16.6
    """
    model = parts(seeing=seeing)
    return (model.temporal + model.depth) * BITS[weights] / 8 + 2 * (model.text_head + model.sight + model.embeddings + model.eye)


@dataclass(frozen=True)
class Fit:
    board: str
    weights: str
    memory_gb: float  # weights and cache
    least_ms: float  # of a frame: all bytes at the full bandwidth
    likely_ms: float  # at the share of it that is assumed to be reached
    fits: bool


def fit(board: Board, weights: str, *, seeing: bool = True) -> Fit:
    """Whether the 7 B model does on a board.

    >>> fit(BOARDS[2], "int4").fits, fit(BOARDS[2], "bf16").fits
    (True, False)
    """
    model = parts(seeing=seeing)
    packed = (model.temporal + model.depth) * BITS[weights] / 8
    read = packed + 2 * model.text_head + _CACHE_BYTES + (_sight_bytes() if seeing else 0)
    kept = weight_bytes(weights, seeing=seeing) + _CACHE_BYTES
    least_s = read / board.bandwidth_bytes_a_s
    fits = kept + _HEADROOM_BYTES <= board.memory_bytes and least_s / _REACHED <= FRAME_S
    return Fit(board.name, weights, kept / 1e9, 1e3 * least_s, 1e3 * least_s / _REACHED, fits)


def _sight_bytes() -> float:
    """What looking reads in a frame: query and output projection, gate, and the picture's keys and values, in each layer."""
    return 2.0 * _LAYERS * (2 * _DIM * _DIM + 2 * _DIM * (_DIM // 8) + 2 * _PICTURE_TOKENS * _DIM)
