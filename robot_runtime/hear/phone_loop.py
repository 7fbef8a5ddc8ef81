"""How well the best sequence of phones fits a sound, whatever they say: what the score of a sentence is held against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.acoustic_model import STATES, AcousticModel

_ENTER = -4.0  # for each phone: any of about 40 may follow


class PhoneLoop:
    """All phones without regard to their neighbours, each of which may follow each."""

    def __init__(self, model: AcousticModel) -> None:
        phones = [model.alone(phone) for phone in model.phones]
        self.senones = [senone for phone in phones for senone in phone.senones]
        """Whose scores are wanted: the three states of each phone."""
        transitions = model.transitions[[phone.transitions for phone in phones]]
        self._stay = np.stack([transitions[:, state, state] for state in range(STATES)], axis=1)
        self._step = np.stack([transitions[:, 0, 1], transitions[:, 1, 2]], axis=1)
        self._leave = transitions[:, 2, 3]

    def scores(self, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log score of the best sequence of phones for the first 0, 1, … frames; ``scores`` are (frames, senones)."""
        paths = np.full((len(self._leave), STATES), -1e30, np.float32)
        ended = np.float32(0.0)
        best = [0.0]
        for frame in scores.reshape(len(scores), -1, STATES):
            come = np.concatenate([np.full((len(paths), 1), ended + np.float32(_ENTER)), paths[:, :2] + self._step], axis=1)
            paths = np.maximum(paths + self._stay, come) + frame
            ended = (paths[:, 2] + self._leave).max()
            best.append(float(paths.max()))
        return np.array(best)
