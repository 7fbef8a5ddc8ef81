"""Grammar recognition by pocketsphinx, with a confidence that tells speech outside the grammar from speech within it."""

from __future__ import annotations

import importlib.metadata
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from robot_runtime.hear.grammar import Grammar
from robot_runtime.hear.pronunciation import pronounce
from robot_runtime.speak.espeak import Espeak

RATE_HZ = 16_000
_GRAMMAR, _PHONES = "grammar", "phones"
_LEAST_WEIGHT = 1e-3

_SEARCH = {
    "silprob": 0.9,  # silence between and after words is as likely as their following at once: with pocketsphinx' own penalty,
    # noise after the last word is rather taken for one more short word
    "wbeam": 1e-50,  # with 7e-29 the right path is sometimes pruned at a short word such as "me"
    "pip": 0.3,  # each phone costs something, each word gains: with 1.0 and 0.65, "me the" is often taken for "leo a"
    "wip": 4.0,
    "topn": 8,  # twice as many Gaussians as usual: two more commands of those below are heard right, and fewer others taken for one
    "bestpath": False,  # the best path through the lattice of all words that were found hears fewer commands right, and takes
    # up to 2 s, in which nobody on this thread listens for the stop word
}
"""How the search differs from pocketsphinx' own."""

# Cepstral means from which every decoding starts, measured on the three synthetic voices (with the model's own, and the lattice
# search that was used then, 93 instead of 95 of 96 commands were right).  Without a fixed start the decoder would go on from the
# means of what it heard last, and a sentence could be understood after one and not after another.
_MEANS = "43.92,-4.53,-0.32,12.78,-11.53,1.77,-3.09,-14.37,0.07,-6.58,7.32,-2.35,-1.98"

# How much worse, in log score, the best sentence of the grammar fits than any sequence of phones does.  Measured with
# pocketsphinx 5.0.4 on three synthetic voices at 1, 2.5 and 4 m, cut as the ear cuts them: of 297 commands 284 were heard right,
# of which 8 (3 %) lie below this border, and 12 were taken for another command; of 180 other sentences 3 (2 %) lie above it.
_BORDER = -0.27
_SLOPE = 0.05


@dataclass(frozen=True)
class Hypothesis:
    """What a stretch of sound says; ``text`` is "" when no sentence of the grammar could be found in it."""

    text: str
    confidence: float  # 0 … 1, that it is a sentence of the grammar at all


class Recogniser:
    """Decodes whole stretches of speech, one after the other.

    :raises PronunciationError: a word of the grammar can be neither found nor pronounced
    """

    def __init__(self, grammar: Grammar, espeak: Espeak | None = None) -> None:
        self._espeak = espeak or Espeak()
        self._decoder = pocketsphinx.Decoder(lm=None, cmn="batch", loglevel="FATAL", **_SEARCH)
        self._decoder.add_allphone_file(_PHONES, None)
        self.load(grammar)

    @property
    def engine(self) -> str:
        """Recogniser, model and grammar, for the record."""
        return f"pocketsphinx {importlib.metadata.version('pocketsphinx')} en-us grammar {self.grammar.hash}"

    def load(self, grammar: Grammar) -> None:
        """Take another grammar, for instance after new names were learnt.

        :raises PronunciationError: a word can be neither found nor pronounced
        """
        for word in grammar.words:
            if self._decoder.lookup_word(word) is None:
                self._decoder.add_word(word, pronounce(word, self._espeak), False)
        automaton = grammar.automaton
        end = len(automaton.arcs)
        transitions: list[tuple[Any, ...]] = [
            (state, target, max(automaton.weights[state][word], _LEAST_WEIGHT), word)
            for state, row in enumerate(automaton.arcs)
            for word, target in row.items()
        ]
        transitions += [(state, end, max(automaton.weights[state].get("", 1.0), _LEAST_WEIGHT)) for state in sorted(automaton.final)]
        self._decoder.add_fsg(_GRAMMAR, self._decoder.create_fsg(_GRAMMAR, 0, end, transitions))
        self.grammar = grammar

    def decode(self, samples: NDArray[np.int16]) -> Hypothesis:
        """The best sentence of the grammar for a stretch of speech at 16 kHz, with some silence around it.

        Takes 0.12 s of one core (95 %: 0.19 s; longest seen: 0.25 s), whether it is a command or not.
        """
        # A search begins with the Gaussians that fitted the end of the sound before: the free one comes first, so that the
        # one for the sentence begins alike, whatever was heard before; the free score still shifts a little.
        _, free_score = self._search(_PHONES, samples)
        text, score = self._search(_GRAMMAR, samples)
        text = self._complete_part(text)
        if not text or score <= 0.0 or free_score <= 0.0:
            return Hypothesis(text, 0.0)
        worse = math.log(score / free_score)
        return Hypothesis(text, 1.0 / (1.0 + math.exp((_BORDER - worse) / _SLOPE)))

    def _complete_part(self, text: str) -> str:
        """The longest beginning that is a sentence: breath and noise at the end are sometimes taken for one more short word."""
        words = text.split()
        beginnings = (" ".join(words[:count]) for count in range(len(words), 0, -1))
        return next((beginning for beginning in beginnings if self.grammar.is_complete(beginning)), "")

    def _search(self, name: str, samples: NDArray[np.int16]) -> tuple[str, float]:
        self._decoder.activate_search(name)
        self._decoder.set_cmn(_MEANS)
        self._decoder.start_utt()
        self._decoder.process_raw(samples.tobytes(), False, False)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return (hypothesis.hypstr, float(hypothesis.best_score)) if hypothesis else ("", 0.0)
