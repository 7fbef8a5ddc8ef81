"""Whose turn it is when somebody speaks while the robot does: a pure decision.

Listeners say "mm-hm" without wanting the floor (Yngve, "On getting a word in edgewise", 1970), cough and laugh; who wants it says
words that lead somewhere, or goes on speaking.  Backchannels are short: most last less than 0.7 s.  Until it is clear which it is,
the robot is silent, at once, as people are, and goes on where it was when nothing came of it; where that has happened a moment ago
it speaks on softly instead, which disturbs neither.

At the first sign of speech, which is often none, it only hesitates: silent for a tenth of a second, and on from the very sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pydantic import BaseModel, ConfigDict, Field

from robot_runtime.hear.backchannel import is_backchannel

_LONGEST_S = 60.0
"""At most: what is left of its own voice in a bad room, or who listens aloud, does not make it stammer."""


class Floor(Enum):
    DIP = "dip"
    DUCK = "duck"
    HOLD = "hold"
    YIELD = "yield"
    KEEP = "keep"


class FloorConfig(BaseModel):
    """When the robot gives the floor to who speaks into its own words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dip_s: float = Field(0.1, ge=0, le=1, description="how long the robot hesitates at what may be speech; 0: never [s]")
    dip_again_s: float = Field(2.0, ge=0, le=600, description="it does not after it did in vain; twice as long each time [s]")
    soon_s: float = Field(0.1, ge=0, le=2, description="speech after which the robot falls silent for the moment, or speaks softly [s]")
    again_s: float = Field(5.0, ge=0, le=600, description="it only speaks softly after it was silent in vain; twice as long each time [s]")
    insists_s: float = Field(0.7, gt=0, le=5, description="speech after which somebody has the floor, whatever they say [s]")
    held_s: float = Field(1.5, gt=0, le=5, description="likewise where the robot has been silent since they began [s]")
    over_s: float = Field(0.16, gt=0, le=1, description="silence after which what was said is all that they want to say for now [s]")
    confidence: float = Field(0.5, ge=0, lt=1, description="that words need to count")
    sure: float = Field(0.65, ge=0, lt=1, description="confidence from which words are no backchannel that they sound like")
    short_s: float = Field(0.7, gt=0, le=3, description="longer speech is no backchannel [s]")


@dataclass(frozen=True)
class Evidence:
    """What is known of somebody's speech so far."""

    speech_s: float
    silent_s: float
    text: str = ""  # what was said, once that was decoded
    confidence: float = 0.0
    wanted: bool = False  # the robot has asked something, so that "yes" is an answer
    held: bool = False  # it has fallen silent since they began, and so there is time to hear them out
    in_vain: bool = False  # it has done so for nothing lately


@dataclass(frozen=True)
class Decision:
    floor: Floor
    why: str


def softly_s(times: int, config: FloorConfig) -> float:
    """For how long the robot only speaks softly, after it was silent in vain so many times in a row.

    >>> [softly_s(times, FloorConfig()) for times in range(7)]
    [0.0, 5.0, 10.0, 20.0, 40.0, 60.0, 60.0]
    """
    return _longer_s(config.again_s, times)


def undipped_s(times: int, config: FloorConfig) -> float:
    """Likewise, for how long it does not hesitate.

    >>> [undipped_s(times, FloorConfig()) for times in range(8)]
    [0.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    """
    return _longer_s(config.dip_again_s, times)


def _longer_s(first_s: float, times: int) -> float:
    return min(first_s * 2 ** (times - 1), max(_LONGEST_S, first_s)) if times else 0.0


def decide(evidence: Evidence, config: FloorConfig) -> Decision | None:
    """Who has the floor now; None while there is nothing to decide."""
    if evidence.silent_s < config.over_s:
        return _while_speaking(evidence, config)
    understood = bool(evidence.text) and evidence.confidence >= config.confidence
    if not understood and evidence.speech_s < config.insists_s:
        return Decision(Floor.KEEP, "no words")
    if not understood:
        return Decision(Floor.YIELD, f"spoke for {evidence.speech_s:.1f} s")
    if is_backchannel(evidence.text) and not evidence.wanted:
        return Decision(Floor.KEEP, "backchannel")
    return Decision(Floor.YIELD, "answer" if evidence.wanted else "words")


def _while_speaking(evidence: Evidence, config: FloorConfig) -> Decision | None:
    if evidence.speech_s < config.soon_s:
        return None
    if evidence.speech_s >= (config.held_s if evidence.held else config.insists_s):
        return Decision(Floor.YIELD, f"speaks for {evidence.speech_s:.1f} s")
    return Decision(Floor.DUCK if evidence.in_vain else Floor.HOLD, "somebody speaks")
