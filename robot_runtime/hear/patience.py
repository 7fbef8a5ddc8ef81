"""How long to wait after a person's last word before it counts as their last: the turn model.

Who falls silent is done, or pauses.  Pauses within a turn last about exponentially long, so after a silence of t

    P(not done) = p e^(-t/m) / (1 - p + p e^(-t/m))

where m is how long this person's pauses last on average, and p how likely a pause was when it began, which the words tell best.
The robot takes its turn when that falls to the risk of cutting in that is accepted, which is after m ln(odds (1-risk)/risk).
This is the model of Raux and Eskenazi, "A finite-state turn-taking model for spoken dialog systems" (NAACL 2009), with a risk in
place of their two costs.  That completeness of the words is the strongest sign, before pitch and silence, and that all of
them together are better than any one, is the finding of the studies that Skantze reviews in "Turn-taking in conversational
systems and human-robot interaction: a review" (Computer Speech & Language 67, 2021).
"""

from __future__ import annotations

import math
from enum import Enum

from pydantic import BaseModel, ConfigDict, Field

from robot_runtime.hear.pace import Pace


class Completeness(Enum):
    """What the words so far are to the grammar."""

    WHOLE = "whole"  # a sentence that hardly anything follows
    OPEN = "open"  # a sentence, and the beginning of longer ones
    BEGUN = "begun"  # the beginning of one
    NOTHING = "nothing"  # not understood


class Patience(BaseModel):
    """How long to wait for more words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    least_s: float = Field(0.1, ge=0.04, le=1, description="whatever was said [s]")
    most_s: float = Field(2.0, ge=0.2, le=5, description="likewise [s]")
    faded_s: float = Field(0.08, ge=0.02, le=1, description="likewise, from when speech fades, after what surely is all [s]")
    risk: float = Field(0.05, gt=0, lt=1, description="of cutting in that is taken")
    whole_odds: float = Field(0.03, gt=0, le=100, description="that somebody goes on who has said a whole sentence")
    open_odds: float = Field(0.2, gt=0, le=100, description="likewise after a sentence that is the beginning of longer ones")
    begun_odds: float = Field(8.0, gt=0, le=1000, description="likewise after the beginning of a sentence")
    nothing_odds: float = Field(0.25, gt=0, le=100, description="likewise after words that were not understood")

    def wait_s(self, said: Completeness, pace: Pace) -> float:
        """Silence after which the turn is over.

        >>> pace = Pace(pause_s=0.35, slowness=1.0)
        >>> [round(Patience().wait_s(said, pace), 2) for said in Completeness]
        [0.1, 0.47, 1.76, 0.55]
        """
        odds = {
            Completeness.WHOLE: self.whole_odds,
            Completeness.OPEN: self.open_odds,
            Completeness.BEGUN: self.begun_odds,
            Completeness.NOTHING: self.nothing_odds,
        }[said]
        after_s = pace.pause_s * math.log(odds * (1.0 - self.risk) / self.risk)
        return min(max(after_s, self.least_s * pace.slowness), self.most_s)
