"""Who is in conversation with the robot: the addressed person, those who listen too, and whether questions are answered."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from robot_runtime.messages import Person, SpeechRequest, SpeechState, Utterance
from robot_runtime.social.policy import Policy

NOBODY = ""
_MOST_QUESTIONS = 16


class Talk:
    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._spoke: tuple[str, float] = (NOBODY, -math.inf)
        self._listens_since_s: dict[str, float] = {}
        self._questions: OrderedDict[str, str] = OrderedDict()  # request → whom it asks
        self._asked: dict[str, float] = {}  # who → until when an answer counts

    # ------------------------------------------------------------ who

    def speaking(self, people: Iterable[Person], now_s: float) -> None:
        """Who is seen to speak; of several nothing follows."""
        those = [person.id for person in people if person.speaking]
        if len(those) == 1:
            self._spoke = (those[0], now_s)

    def heard(self, utterance: Utterance, now_s: float) -> None:
        if utterance.speaker_id and utterance.role != "own_voice":
            self._spoke = (utterance.speaker_id, now_s)

    def addressed(self, people: Mapping[str, Person], now_s: float) -> str:
        """The last speaker; when that is long ago, the only person who faces the robot; else nobody."""
        who, when_s = self._spoke
        if who and now_s - when_s <= self._policy.attention_s:
            return who
        facing = [person.id for person in people.values() if person.seen and person.facing_robot]
        return facing[0] if len(facing) == 1 else NOBODY

    def listening(self, near: Iterable[str], now_s: float) -> set[str]:
        """Those who have stood near and faced the robot for long enough; told at every step."""
        here = set(near)
        self._listens_since_s = {who: since_s for who, since_s in self._listens_since_s.items() if who in here}
        for who in here:
            self._listens_since_s.setdefault(who, now_s)
        return {who for who, since_s in self._listens_since_s.items() if now_s - since_s >= self._policy.company.settle_s}

    def forget(self, who: str) -> None:
        if self._spoke[0] == who:
            self._spoke = (NOBODY, -math.inf)
        self._listens_since_s.pop(who, None)
        self._asked.pop(who, None)

    # ------------------------------------------------------------ questions

    def says(self, request: SpeechRequest) -> None:
        """The robot is going to say something."""
        if request.purpose == "question" and request.addressee_id:
            self._questions[request.id] = request.addressee_id
            while len(self._questions) > _MOST_QUESTIONS:
                self._questions.popitem(last=False)

    def said(self, state: SpeechState, now_s: float) -> None:
        """It has; from now on an answer is waited for."""
        if state.phase != "started":
            who = self._questions.pop(state.request_id, NOBODY)
            if who and state.phase == "finished":
                self._asked[who] = now_s + self._policy.engagement.answer_s

    def answered(self, who: str) -> bool:
        """Whether what they say answers something."""
        return self._asked.pop(who, None) is not None

    def unanswered(self, now_s: float) -> list[str]:
        """Who has let the time pass, each once."""
        late = [who for who, until_s in self._asked.items() if now_s >= until_s]
        for who in late:
            del self._asked[who]
        return late
