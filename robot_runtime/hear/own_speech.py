"""Whether the robot may be speaking though nothing of it has come on ``audio/out``: on a busy machine the word that it speaks, the
sound, and the echo of it come in any order.
"""

from __future__ import annotations

import math

from robot_runtime.messages import SpeechRequest, SpeechState

_BEGINS_S = 3.0
"""So long after a request the voice has begun, or will not."""
_GOES_ON_S = 60.0  # without a word of its end; longer than any text
_MOST = 64


class OwnSpeech:
    """What the robot was asked to say, and what it says; all state in here."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._until_s: dict[str, float] = {}  # request → when it will be over at the latest

    def will_say(self, request: SpeechRequest) -> None:
        if request.text.strip():
            self._until_s[request.id] = max(request.stamp_s + _BEGINS_S, self._until_s.get(request.id, -math.inf))
        while len(self._until_s) > _MOST:
            del self._until_s[next(iter(self._until_s))]

    def says(self, state: SpeechState) -> None:
        if state.phase == "started":
            self._until_s[state.request_id] = state.stamp_s + _GOES_ON_S
        else:
            self._until_s.pop(state.request_id, None)

    def may_speak(self, now_s: float) -> bool:
        """Whether it may be speaking at a time of the microphone."""
        if self._until_s:
            self._until_s = {request: until_s for request, until_s in self._until_s.items() if until_s > now_s}
        return bool(self._until_s)
