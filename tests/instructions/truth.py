"""Whether what the robot claims is so, looked up in the simulator and nowhere else."""

from __future__ import annotations

import re

from robot_runtime.messages import SpeechRequest
from tests.instructions.small_home import SmallHome

NEAR_M = 2.0

_CLAIM = re.compile(
    r"^i am in the (?P<place>.+)\.$|^here is the (?P<thing>.+)\.$|^here (?P<here>i am)\.$|"
    r"^the (?P<put>.+) is on the (?P<surface>.+?)(?: in the .+)?\.$|^i am still holding the (?P<held>.+)\.$|"
    r"\b(?P<other>i have (?!never|no\b|the\b)\w+|i've \w+|done|it worked)\b"
)
"""Places and things as the robot names them.  "I have followed …" is the only further claim that it knows; nobody asks for that here."""
_DENIAL = re.compile(r"\b(?:not|cannot|could not|nobody)\b")


class Claims:
    def __init__(self, run: SmallHome) -> None:
        self._run = run
        self._heard = len(run.said)
        self.false: list[str] = []

    def listen(self) -> None:
        """Judge what was said since the last call, by the world as it is now."""
        for _, request in self._run.said[self._heard :]:
            if not self._holds(request):
                self.false.append(request.text)
        self._heard = len(self._run.said)

    def _holds(self, request: SpeechRequest) -> bool:
        sentences = (sentence.strip().lower() for sentence in re.findall(r"[^.!?]+[.!?]", request.text))
        return all(self._is_so(sentence, request) for sentence in sentences)

    def _is_so(self, sentence: str, request: SpeechRequest) -> bool:
        claim, listener = _CLAIM.search(sentence), request.addressee_id
        if claim is None or _DENIAL.search(sentence):
            return True
        run = self._run
        if claim["place"]:
            return run.room == claim["place"]
        if claim["thing"]:
            things = [name for name, thing in run.case.things.items() if thing.name == claim["thing"]]
            return any(name == run.holding or run.case.things[name].held_by == listener for name in things)
        if claim["held"]:
            return bool(run.holding) and run.case.things[run.holding].name == claim["held"]
        if claim["put"]:  # an answer from memory may be old; what is reported was just seen
            things = [name for name, thing in run.case.things.items() if thing.name == claim["put"]]
            return request.purpose != "report" or any(run.surface_under(name) == claim["surface"] for name in things)
        return bool(claim["here"]) and listener in run.case.people and run.distance_m(listener) <= NEAR_M
