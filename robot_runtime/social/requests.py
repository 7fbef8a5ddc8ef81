"""What people ask of the robot's manner, and what it remembers of that for each of them.

The grammar gives such a request as an intent.  What came as text only, from a recogniser without a grammar or in another language,
is found by the phrases of ``requests.yaml``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from robot_runtime.messages import Preference, Utterance
from safety.files import load_yaml

PHRASES_FILE = Path(__file__).parent / "requests.yaml"

PARDON, WHY = "pardon", "why_manner"
WISHES = ("slower", "faster", "louder", "softer", "shorter", "longer", "speak_normally", "adapt_again")
"""Requests that change how somebody is spoken to from now on."""

MANNER = (*WISHES, PARDON, WHY)
"""Intents about the robot's manner."""

_MOST_STEPS = 6  # that are kept; a policy uses fewer
_WORDS = re.compile(r"[a-z']+")


@dataclass(frozen=True)
class Wishes:
    """What one person has asked for so far."""

    rate_steps: int = 0  # negative: slower
    volume_steps: int = 0
    brief: bool = False
    normal: bool = False  # no adaptation to what they seem to be

    def after(self, request: str) -> Wishes:
        """With one more request, one of :data:`WISHES`; every other changes nothing."""
        change = _CHANGES.get(request)
        return change(self) if change else self


NO_WISHES = Wishes()


def _stepped(steps: int, by: int) -> int:
    return min(max(steps + by, -_MOST_STEPS), _MOST_STEPS)


_CHANGES: Mapping[str, Callable[[Wishes], Wishes]] = {
    "slower": lambda wishes: replace(wishes, rate_steps=_stepped(wishes.rate_steps, -1)),
    "faster": lambda wishes: replace(wishes, rate_steps=_stepped(wishes.rate_steps, 1)),
    "louder": lambda wishes: replace(wishes, volume_steps=_stepped(wishes.volume_steps, 1)),
    "softer": lambda wishes: replace(wishes, volume_steps=_stepped(wishes.volume_steps, -1)),
    "shorter": lambda wishes: replace(wishes, brief=True),
    "longer": lambda wishes: replace(wishes, brief=False),
    "speak_normally": lambda wishes: Wishes(normal=True),
    "adapt_again": lambda wishes: replace(wishes, normal=False),
}


def as_preference(stamp_s: float, person_id: str, wishes: Wishes) -> Preference:
    """The message that lets the memory keep them."""
    return Preference(stamp_s, person_id, wishes.rate_steps, wishes.volume_steps, wishes.brief, wishes.normal)


def as_wishes(preference: Preference) -> Wishes:
    """What a message of the memory says; steps beyond all measure are cut."""
    return Wishes(_stepped(preference.rate_steps, 0), _stepped(preference.volume_steps, 0), preference.brief, preference.normal)


def manner_intent(utterance: Utterance) -> str:
    """Which of :data:`MANNER` it is, "" if none."""
    if utterance.intent:
        return utterance.intent if utterance.intent in MANNER else ""
    return found_in(utterance.text)


def found_in(text: str) -> str:
    """The intent of a text that holds nothing but a known phrase and courtesy, "" for any other.

    >>> found_in("Parlez plus lentement, s'il vous plaît !"), found_in("bring me the slower one")
    ('slower', '')
    """
    phrases = _phrases()
    words = _plain(text)
    for lead in ("", *phrases.before):
        for tail in ("", *phrases.after):
            if words.startswith(lead) and words.endswith(tail) and len(words) > len(lead) + len(tail):
                intent = phrases.intents.get(words[len(lead) : len(words) - len(tail)].strip())
                if intent:
                    return intent
    return ""


@dataclass(frozen=True)
class _Phrases:
    intents: Mapping[str, str]  # plain words → intent
    before: tuple[str, ...]
    after: tuple[str, ...]


class _Courtesy(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    before: tuple[str, ...]
    after: tuple[str, ...]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    courtesy: dict[str, _Courtesy]
    requests: dict[str, dict[str, tuple[str, ...]]]


@lru_cache(maxsize=1)
def _phrases() -> _Phrases:
    file = load_yaml(PHRASES_FILE, _File)
    intents = {
        _plain(phrase): name for name, by_language in file.requests.items() for phrases in by_language.values() for phrase in phrases
    }
    before = tuple(f"{_plain(words)} " for courtesy in file.courtesy.values() for words in courtesy.before)
    after = tuple(f" {_plain(words)}" for courtesy in file.courtesy.values() for words in courtesy.after)
    return _Phrases(intents, before, after)


def _plain(text: str) -> str:
    """Lower-case words without accents, hyphens or marks."""
    bare = "".join(letter for letter in unicodedata.normalize("NFD", text.lower().replace("’", "'")) if not unicodedata.combining(letter))
    return " ".join(_WORDS.findall(bare))
