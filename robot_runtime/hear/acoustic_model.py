"""How the sounds of speech look: the US English model that pocketsphinx brings along, read for a search of our own.

It is a phonetically tied mixture model: each of 42 phones has one codebook of 128 Gaussians for each of three streams (cepstra,
their slope, their curvature), and each of about 5,000 states weighs the Gaussians of its phone's codebook.  All of them are
evaluated for every frame, by a few matrix products: pocketsphinx keeps the best four to eight only.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

SILENCE = "SIL"
STREAMS = 3
WIDTH = 13
"""Numbers in each stream of a frame."""
STATES = 3
"""Of each phone's hidden Markov model."""

_INTERNAL, _BEGIN, _END, _SINGLE = range(4)  # where in a word a phone stands
_WEIGHT_STEP = 1024 * math.log(1.0001)  # of the mixture weights, which the file holds as negative logarithms in one byte
_LEAST_VARIANCE = 1e-4

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class PhoneModel:
    """One phone between two others: the states that it shares with similar ones."""

    senones: tuple[int, ...]


class AcousticModel:
    """The files of one pocketsphinx model.

    :param folder: with ``mdef``, ``means``, ``variances`` and ``sendump``
    """

    def __init__(self, folder: Path) -> None:
        self._read_phones((folder / "mdef").read_bytes())
        means = _gaussians(folder / "means")
        variances = np.maximum(_gaussians(folder / "variances"), _LEAST_VARIANCE)
        self.codebooks, _, self.densities, _ = means.shape
        self._read_weights((folder / "sendump").read_bytes())
        # log N(x; m, v) is linear in (1, x, x²), so that all Gaussians of a stream are one matrix product.
        constant = -0.5 * (np.log(2 * np.pi * variances) + means**2 / variances).sum(-1, keepdims=True)
        rows = np.concatenate([constant, means / variances, -0.5 / variances], axis=-1).transpose(1, 0, 2, 3)
        self._densities = [np.ascontiguousarray(rows[stream].reshape(-1, 1 + 2 * WIDTH).T, np.float32) for stream in range(STREAMS)]

    # ------------------------------------------------------------ phones

    def _read_phones(self, data: bytes) -> None:
        (length,) = struct.unpack_from("<i", data, 8)
        at = 12 + length
        phones, models, _, self.ci_senones, self.senones, _, sequences, _, nodes, _ = struct.unpack_from("<10i", data, at)
        names = data[at + 40 :].split(b"\0", phones)[:phones]
        self.phones = tuple(name.decode("ascii") for name in names)
        self.number = {name: index for index, name in enumerate(self.phones)}
        at += 40 + (sum(len(name) + 1 for name in names) + 3) // 4 * 4
        at += 8 * nodes  # a tree over the same models, which a dictionary replaces
        entries = np.frombuffer(data, np.dtype([("states", "<i4"), ("transitions", "<i4"), ("context", "u1", 4)]), models, at)
        at += 12 * models + 4
        states = np.frombuffer(data, "<u2", sequences * STATES, at).reshape(-1, STATES)
        kinds = entries["states"].tolist()
        distinct = {kind: PhoneModel(tuple(states[kind].tolist())) for kind in set(kinds)}
        self._alone = {name: distinct[kind] for name, kind in zip(self.phones, kinds, strict=False)}
        contexts = map(tuple, entries["context"][phones:].tolist())  # place in the word, phone, left, right
        self._between = dict(zip(contexts, (distinct[kind] for kind in kinds[phones:]), strict=True))
        self.fillers = frozenset(name for name, row in zip(self.phones, entries, strict=False) if row["context"][0])
        self.codebook = np.zeros(self.senones, np.int64)
        owners = np.concatenate([np.arange(phones), entries["context"][phones:, 1]])
        self.codebook[states[entries["states"]]] = owners[:, None]

    def alone(self, phone: str) -> PhoneModel:
        """A phone whatever stands beside it."""
        return self._alone[phone]

    def between(self, phone: str, left: str, right: str, *, first: bool, last: bool) -> PhoneModel:
        """A phone with its neighbours; the nearest that was trained when this was not.

        :param first: it begins a word
        :param last: it ends a word
        """
        if phone in self.fillers:
            return self._alone[phone]
        place = (_SINGLE if last else _BEGIN) if first else (_END if last else _INTERNAL)
        places = (place, *(other for other in range(4) if other != place))
        here = self.number[phone]
        before = self.number[SILENCE if left in self.fillers else left]
        after = self.number[SILENCE if right in self.fillers else right]
        silence = self.number[SILENCE]
        for lefts, rights in ((before, after), (silence if first else before, silence if last else after)):
            for where in places:
                model = self._between.get((where, here, lefts, rights))
                if model is not None:
                    return model
        return self._alone[phone]

    # ------------------------------------------------------------ scores

    def _read_weights(self, data: bytes) -> None:
        size = STREAMS * self.densities * self.senones
        packed = np.frombuffer(data, np.uint8, size, len(data) - size).reshape(STREAMS, self.densities, self.senones)
        self._weights = np.exp(-_WEIGHT_STEP * packed.astype(np.float32))

    def cepstral_gaussians(self, phone: str) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """How the cepstra of a phone are spread, whatever stands beside it: weights, means and variances."""
        book = self.number[phone] * self.densities
        rows = self._densities[0][:, book : book + self.densities].T.astype(np.float64)
        variances = -0.5 / rows[:, 1 + WIDTH :]
        weights = self._weights[0][:, list(self.alone(phone).senones)].mean(axis=1).astype(np.float64)
        return weights, rows[:, 1 : 1 + WIDTH] * variances, variances

    def scorer(self, senones: Sequence[int]) -> Scorer:
        """What tells how well frames fit some states."""
        return Scorer(self, senones)


class Scorer:
    """Log likelihoods of a choice of states."""

    def __init__(self, model: AcousticModel, senones: Sequence[int]) -> None:
        wanted = np.asarray(senones, np.int64)
        order = np.argsort(model.codebook[wanted], kind="stable")
        codebooks, begins = np.unique(model.codebook[wanted[order]], return_index=True)
        columns = (codebooks[:, None] * model.densities + np.arange(model.densities)).ravel()
        self._matrices = [np.ascontiguousarray(matrix[:, columns]) for matrix in model._densities]
        groups = np.split(wanted[order], begins[1:])
        self._weights = [[np.ascontiguousarray(model._weights[stream][:, group]) for group in groups] for stream in range(STREAMS)]
        self._owners = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        self._places = np.argsort(order)
        self._size = model.densities

    def scores(self, features: Floats) -> Floats:
        """Log likelihood of every frame in every state.

        :param features: frames of three streams, (frames, 3, 13)
        :returns: (frames, states), in the order in which the states were asked for
        """
        total = np.zeros((len(features), len(self._places)), np.float32)
        for stream, (matrix, weights) in enumerate(zip(self._matrices, self._weights, strict=True)):
            x = features[:, stream]
            densities = np.concatenate([np.ones((len(x), 1), np.float32), x, x * x], axis=1) @ matrix
            books = densities.reshape(len(x), -1, self._size)
            best = books.max(axis=2)
            np.exp(np.subtract(books, best[:, :, None], out=books), out=books)
            mixed = np.concatenate([books[:, book] @ weight for book, weight in enumerate(weights)], axis=1)
            total += np.log(mixed + np.float32(1e-30)) + best[:, self._owners]
        return total[:, self._places]


def _gaussians(path: Path) -> NDArray[np.float64]:
    """(codebooks, streams, densities, 13)."""
    data, at = _after_header(path)
    books, streams, densities = struct.unpack_from("<3i", data, at)
    at += 4 * (3 + streams + 1)
    size = books * streams * densities * WIDTH
    return np.frombuffer(data, "<f4", size, at).reshape(books, streams, densities, WIDTH).astype(np.float64)


def _after_header(path: Path) -> tuple[bytes, int]:
    """A file of the Sphinx-3 format, and where its numbers begin: after the mark that tells the order of bytes."""
    data = path.read_bytes()
    return data, data.index(b"endhdr\n") + len(b"endhdr\n") + 4


@cache
def us_english() -> AcousticModel:
    """The one model that is always there; reading it takes 0.15 s."""
    return AcousticModel(Path(pocketsphinx.get_model_path()) / "en-us" / "en-us")
