"""Talking about the robot's own manner: what it says to "slower, please", to "pardon?", and to "why do you speak slowly?"."""

from __future__ import annotations

from collections.abc import Mapping

from robot_runtime.messages import SpeechStyle, Utterance
from robot_runtime.mind.services import Services
from robot_runtime.social.requests import PARDON, WHY

_ANSWERS: Mapping[str, str] = {
    "slower": "manner_slower", "faster": "manner_faster", "louder": "manner_louder", "softer": "manner_softer",
    "shorter": "manner_shorter", "longer": "manner_longer", "speak_normally": "manner_normal", "adapt_again": "manner_adapt",
}  # fmt: skip
_REASONS: Mapping[str, str] = {
    "request:normal": "because_asked", "request:slower": "because_asked", "request:faster": "because_asked",
    "request:louder": "because_asked", "request:softer": "because_asked", "hearing": "because_hearing", "group": "because_group",
    "rate:slow": "because_slow", "rate:fast": "because_fast", "aroused": "because_calm", "age:child": "because_child",
    "age:adult": "because_adult", "age:elderly": "because_elderly", "uncertain": "because_unsure", "unseen": "because_unsure",
    "nobody": "because_unsure",
}  # fmt: skip
_GUESSES = ("because_hearing", "because_child", "because_elderly", "because_slow", "because_fast")
"""What the person may know better."""
_MOST_TOLD = 2
_WAIT_S = 0.5  # for the style of who asks


class MannerTalk:
    """Answers at once, but for the question why: that waits for the style which is chosen for who asks."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._why: tuple[Utterance, float] | None = None

    def hear(self, intent: str, utterance: Utterance) -> None:
        """One of the intents about the manner.  The social policy has heard it too, and changes the style."""
        if intent == WHY:
            self._why = utterance, self._services.situation.now_s + _WAIT_S
            self.tick()
        elif intent == PARDON:
            last = self._services.last_said
            self._services.say(last or self._services.wording.sentence("nothing_said"), utterance.speaker_id, "answer")
        else:
            self._services.say(self._services.wording.sentence(_ANSWERS[intent]), utterance.speaker_id, "answer")

    def tick(self) -> None:
        if self._why is None:
            return
        utterance, until_s = self._why
        style = self._services.situation.style
        theirs = style is not None and style.person_id == utterance.speaker_id
        if theirs or self._services.situation.now_s >= until_s:
            self._why = None
            self._services.say(self._explained(style), utterance.speaker_id, "answer")

    def _explained(self, style: SpeechStyle | None) -> str:
        """From the reasons that were recorded with the style, the weightiest first."""
        wording = self._services.wording
        known = [_REASONS[reason] for reason in (style.reasons if style else ()) if reason in _REASONS]
        told = list(dict.fromkeys(known))[:_MOST_TOLD] or ["because_unsure"]
        text = wording.sentence("because", reasons=wording.listing([wording.sentence(key) for key in told]))
        return text + " " + wording.sentence("may_correct") if set(told) & set(_GUESSES) else text
