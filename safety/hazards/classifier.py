"""The hazard classifier: words in, calibrated probabilities out.

The model reads one request in a few milliseconds on one core.  Its answer may only tighten: it is merged with the rules'
decision, of which the most restrictive part wins.  A model that cannot be read, or an answer that is no number, denies.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from safety.files import FileError, resolve
from safety.hazards.categories import CATEGORIES
from safety.hazards.sentences import ASK, refusal
from safety.hazards.settings import FOLDER, load_settings
from safety.hazards.tokens import Tokens, Vocabulary
from safety.hazards.words import Words, unreadable
from safety.types import Verdict
from safety.verdicts import Decision, decision

REMEMBERED = 512
RULE_ID = "classifier"
NAMED_FROM = 0.3
"""A kind of harm is named in the reason from this probability on."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the model says of one request."""

    hazard: float  # calibrated probability that it must not just be done; nan when the model failed
    kinds: tuple[tuple[str, float], ...]  # kind of harm → probability, likeliest first


@lru_cache(maxsize=4)
def shared(folder: str) -> Classifier:
    """One classifier for all who read the same folder in this process: loading takes a fifth of a second.

    :raises FileError: as for ``Classifier``
    """
    return Classifier(folder)


class Classifier:
    """A loaded model.  Not for several threads at once."""

    def __init__(self, folder: str | Path = FOLDER) -> None:
        """Load ``hazard.onnx``, ``vocab.txt`` and ``settings.json``; a relative folder is looked up from here, then from the project.

        :raises FileError: a file is missing or does not fit
        """
        at = resolve(folder)
        self.settings = load_settings(at / "settings.json")
        self._vocabulary = Vocabulary(at / "vocab.txt")
        self._session, self.hash = _session(at / "hazard.onnx")
        self._known: OrderedDict[Words, Assessment] = OrderedDict()

    def assess(self, words: Words) -> Assessment:
        """The probabilities; what was asked lately is remembered."""
        found = self._known.pop(words, None) or self._assess(words)
        self._known[words] = found
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found

    def decide(self, words: Words) -> Decision:
        """The decision that the probabilities make; ``allow`` when nothing is wrong with the request."""
        problem = unreadable(words)
        if problem:
            return decision(Verdict.CONFIRM, RULE_ID, problem, ASK, order=_LAST)
        found = self.assess(words)
        named = [(kind, p) for kind, p in found.kinds if p >= NAMED_FROM] or list(found.kinds[:1])
        reason = f"hazard {found.hazard:.2f} ({', '.join(f'{kind} {p:.2f}' for kind, p in named)})"
        if not found.hazard < self.settings.deny_at:  # nan denies
            return decision(Verdict.DENY, RULE_ID, reason, refusal(named[0][0]), order=_LAST)
        if found.hazard >= self.settings.confirm_at:
            return decision(Verdict.CONFIRM, RULE_ID, reason, ASK, order=_LAST)
        return decision(Verdict.ALLOW, RULE_ID, reason, order=_LAST)

    def _assess(self, words: Words) -> Assessment:
        logits = self._logits(self._vocabulary.encode(words, self.settings.max_tokens))
        s = self.settings
        if logits.shape != (1 + len(CATEGORIES),) or not np.isfinite(logits).all():
            return Assessment(float("nan"), tuple((kind, float("nan")) for kind in CATEGORIES))
        kinds = _sigmoid(s.kind_scale * logits[1:] + s.kind_shift)
        ranked = sorted(zip(CATEGORIES, map(float, kinds), strict=True), key=lambda kind: -kind[1])
        return Assessment(float(_sigmoid(s.scale * logits[0] + s.shift)), tuple(ranked))

    def _logits(self, windows: list[Tokens]) -> NDArray[np.float64]:
        """Of a request too long for one input, the window that looks most hazardous; one by one, to need little memory."""
        answers: list[NDArray[np.float32]] = [self._session.run(None, _feed(window))[0][0] for window in windows]
        return np.asarray(np.max(answers, axis=0), np.float64)


_LAST = 1_000_000  # where rules and classifier agree, the rule speaks: it knows why


def _feed(tokens: Tokens) -> dict[str, NDArray[np.int64]]:
    ids = np.array([tokens.ids], np.int64)
    return {"ids": ids, "mask": np.ones_like(ids), "segments": np.array([tokens.segments], np.int64)}


def _session(path: Path) -> tuple[Any, str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # the other cores belong to perception
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no common base of its errors
        raise FileError(f"{path}: not a model that onnxruntime can run: {str(error).splitlines()[0][:200]}") from error
    return session, hashlib.sha256(content).hexdigest()


def _sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-np.clip(x, -60.0, 60.0)))
