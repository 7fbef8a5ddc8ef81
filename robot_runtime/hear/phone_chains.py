"""Some sentences as phones that know their neighbours, all of which are laid along a sound at once: Viterbi's algorithm.

Between words, and around all of them, may be silence or noise; a word may have several pronunciations.  Every frame is a few steps
over all phones of all sentences, so a dozen sentences cost hardly more than one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.acoustic_model import SILENCE, AcousticModel, PhoneModel
from robot_runtime.hear.lexicon import Pronunciation

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_NEVER = np.float32(-1e30)
_NOISE = -15.0  # what a noise costs beside how it sounds, a natural logarithm


@dataclass(frozen=True)
class _Phone:
    """One phone of a sentence, and beside which others it is this one."""

    model: PhoneModel
    sound: str
    lefts: tuple[str, ...]
    rights: tuple[str, ...]
    gain: float = 0.0


class PhoneChains:
    """Sentences to be compared.

    :param sentences: the words of each
    :param lexicon: every way to say each word
    """

    def __init__(self, model: AcousticModel, sentences: Sequence[Sequence[str]], lexicon: Mapping[str, Sequence[Pronunciation]]) -> None:
        self._model = model
        self._phones: list[_Phone] = []
        self._before: list[list[int]] = []
        starts, ends = zip(*(self._lay([lexicon[word] for word in words]) for words in sentences), strict=True)
        none = len(self._phones)  # stands for no phone
        widest = max(map(len, self._before))
        self._entries: Ints = np.array([row + [none] * (widest - len(row)) for row in self._before])
        self._gains: Floats = np.array([phone.gain for phone in self._phones], np.float32)
        self._starts: Ints = np.concatenate(starts)
        self._ends: list[Ints] = list(ends)
        self._speaks: Ints = np.array([phone.sound != SILENCE for phone in self._phones], np.int64)
        senones = np.array([phone.model.senones for phone in self._phones]).T
        self.senones, places = np.unique(senones, return_inverse=True)
        """Whose scores are wanted."""
        self._states: Ints = places.reshape(senones.shape)
        transitions = model.transitions[[phone.model.transitions for phone in self._phones]]
        self._stay: Floats = np.ascontiguousarray(np.stack([transitions[:, n, n] for n in range(3)]))
        self._step: Floats = np.ascontiguousarray(np.stack([transitions[:, 0, 1], transitions[:, 1, 2]]))
        self._leave: Floats = np.ascontiguousarray(transitions[:, 2, 3])
        self.reset()

    # ------------------------------------------------------------ sentences

    def _lay(self, words: Sequence[Sequence[Pronunciation]]) -> tuple[Ints, Ints]:
        """Add a sentence: the phones with which it may begin, and with which it may end."""
        firsts = [tuple(sorted({sounds[0] for sounds in word})) for word in words]
        lasts = [tuple(sorted({sounds[-1] for sounds in word})) for word in words]
        left: list[int] = []
        gap = self._add_gap([])
        starts = list(gap)
        for number, word in enumerate(words):
            lefts = (SILENCE, *(lasts[number - 1] if number else ()))
            rights = (SILENCE, *(firsts[number + 1] if number + 1 < len(words) else ()))
            begin = len(self._phones)
            ends = [end for sounds in word for end in self._add_word(sounds, lefts, rights, [*left, *gap])]
            if number == 0:
                starts += [phone for phone in range(begin, len(self._phones)) if SILENCE in self._phones[phone].lefts]
            left, gap = ends, self._add_gap(ends)
        return np.array(starts), np.array([*(end for end in left if SILENCE in self._phones[end].rights), *gap])

    def _add_gap(self, before: Sequence[int]) -> list[int]:
        """Silence or noises, one after the other."""
        begin = len(self._phones)
        fillers = sorted(self._model.fillers)
        others = list(range(begin, begin + len(fillers)))
        for filler in fillers:
            phone = _Phone(self._model.alone(filler), SILENCE, (), (), 0.0 if filler == SILENCE else _NOISE)
            self._add(phone, [*(end for end in before if SILENCE in self._phones[end].rights), *others])
        return others

    def _add_word(self, sounds: Pronunciation, lefts: tuple[str, ...], rights: tuple[str, ...], before: Sequence[int]) -> list[int]:
        """Add one way to say a word: the phones with which it ends."""
        if len(sounds) == 1:
            singles = [
                _Phone(self._model.between(sounds[0], left, right, first=True, last=True), sounds[0], (left,), (right,))
                for left in lefts
                for right in rights
            ]
            return [self._add(phone, self._that_lead_to(phone, before)) for phone in singles]
        inside = []
        for model, beside in self._model.by_left(sounds[0], lefts, sounds[1]):
            phone = _Phone(model, sounds[0], beside, ())
            inside.append(self._add(phone, self._that_lead_to(phone, before)))
        for left, sound, right in zip(sounds, sounds[1:], sounds[2:], strict=False):
            inside = [self._add(_Phone(self._model.between(sound, left, right, first=False, last=False), sound, (), ()), inside)]
        ends = self._model.by_right(sounds[-1], sounds[-2], rights)
        return [self._add(_Phone(model, sounds[-1], (), beside), inside) for model, beside in ends]

    def _that_lead_to(self, phone: _Phone, before: Sequence[int]) -> list[int]:
        """Of the ends of what may come before, those beside which this phone is what it is."""
        ends = ((end, self._phones[end]) for end in before)
        return [end for end, left in ends if left.sound in phone.lefts and (left.sound == SILENCE or phone.sound in left.rights)]

    def _add(self, phone: _Phone, before: Sequence[int]) -> int:
        self._phones.append(phone)
        self._before.append(list(before))
        return len(self._phones) - 1

    # ------------------------------------------------------------ sound

    def reset(self) -> None:
        count = len(self._phones)
        self._scores = np.full((3, count), _NEVER, np.float32)
        self._spoken = np.zeros((3, count), np.int64)  # frames without silence, of the best path to each state
        self._left = np.full(count + 1, _NEVER, np.float32)
        self._begun = False

    def take(self, scores: Floats) -> None:
        """Take in frames: (frames, states), in the order of ``senones``."""
        for frame in scores:
            self._take(frame[self._states])

    def _take(self, frame: Floats) -> None:
        candidates = self._left[self._entries]
        best = candidates.argmax(axis=1)
        rows = np.arange(len(best))
        entry = candidates[rows, best] + self._gains
        if not self._begun:
            entry[self._starts] = self._gains[self._starts]
            self._begun = True
        came_from = np.minimum(self._entries[rows, best], len(rows) - 1)
        come = np.concatenate([entry[None], self._scores[:2] + self._step])
        brought = np.concatenate([self._spoken[2][came_from][None], self._spoken[:2]])
        stay = self._scores + self._stay
        moves = come > stay
        self._spoken = np.where(moves, brought, self._spoken) + self._speaks
        self._scores = np.where(moves, come, stay) + frame
        self._left[:-1] = self._scores[2] + self._leave

    def results(self) -> list[tuple[float, int]]:
        """Of each sentence, how its best path scores, and how many frames of that are speech."""
        best = [int(ends[self._left[ends].argmax()]) for ends in self._ends]
        return [(float(self._left[end]), int(self._spoken[2][end])) for end in best]
