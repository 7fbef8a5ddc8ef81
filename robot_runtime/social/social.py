"""Social policy: who is addressed now, and which style of speech and approach suits them."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from dataclasses import replace
from typing import TypeVar

from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import (
    Forgotten,
    HeardProsody,
    People,
    Person,
    Preferences,
    RobotPose,
    SpeechMeasured,
    SpeechRequest,
    SpeechState,
    SpeechStyle,
    Utterance,
    WorldFacts,
)
from robot_runtime.paths import resolve
from robot_runtime.social.average import Spread
from robot_runtime.social.choose import Choice, asked, choose, together
from robot_runtime.social.estimate import Estimate, Traits
from robot_runtime.social.gradual import Gradually
from robot_runtime.social.policy import load_policy
from robot_runtime.social.requests import NO_WISHES, PARDON, WISHES, Wishes, as_preference, as_wishes, manner_intent
from robot_runtime.social.talk import Talk
from robot_runtime.stage import Inbox, Outbox, latest, news

_T = TypeVar("_T")

_MOST_PEOPLE = 64
_MOST_HEARD = 64
_SAID_OFTEN = ("yes", "no", "stop", "resume")  # again is no sign of anything
_FEW_LEVELS = 4  # turns before it is known how loud people are heard here


class SocialConfig(StageConfig):
    policy_file: str = Field("robot_runtime/social/policies/home.yaml", description="YAML file of styles and what selects them")


class Social:
    """Publishes ``speech/style`` at the start and whenever person or style changes."""

    Config = SocialConfig

    def __init__(self, config: SocialConfig) -> None:
        self.policy = load_policy(resolve(config.policy_file))
        self.reset()

    def reset(self) -> None:
        self._people: dict[str, Person] = {}
        self._estimates: OrderedDict[str, Estimate] = OrderedDict()
        self._wishes: OrderedDict[str, Wishes] = OrderedDict()
        self._manners: OrderedDict[str, Gradually] = OrderedDict()
        self._talk = Talk(self.policy)
        self._levels_dbfs = Spread()
        self._heard: deque[tuple[object, ...]] = deque(maxlen=_MOST_HEARD)  # what was told already, since the ear tells it again
        self._passing: tuple[Wishes, float, tuple[str, float]] = (NO_WISHES, -math.inf, ("", 0.0))  # of a voice that nobody knows
        self._asked = False  # somebody has just asked for another manner
        self._pose: RobotPose | None = None
        self._robot_spoke_s, self._speaks = -math.inf, False
        self._published: SpeechStyle | None = None

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        self._look(inbox, now_s)
        self._remember(inbox)
        outbox = self._listen(inbox, now_s)
        self._follow_the_robots_words(inbox, now_s)
        style = self._style(now_s)
        self._asked = False
        if self._published is None or replace(style, stamp_s=self._published.stamp_s) != self._published:
            self._published = style
            outbox.append(("speech/style", style))
        return outbox

    def traits(self, who: str, now_s: float) -> Traits:
        """What is known of somebody now."""
        return self._estimates[who].traits(now_s) if who in self._estimates else Traits(named=True, seen_once=False)

    def wishes(self, who: str) -> Wishes:
        """What they have asked for so far."""
        return self._wishes.get(who, NO_WISHES)

    # ------------------------------------------------------------ what comes in

    def _look(self, inbox: Inbox, now_s: float) -> None:
        facts = latest(inbox, "world/facts", WorldFacts)
        if facts is not None:
            self._people = {person.id: person for person in facts.people}
        people = latest(inbox, "people", People)
        if people is not None:
            self._people.update((person.id, person) for person in people.people)
        self._pose = latest(inbox, "pose", RobotPose, self._pose)
        for person in self._people.values():
            self._estimate(person.id).see(person, self._distance_m(person), now_s)
        self._talk.speaking(self._people.values(), now_s)

    def _remember(self, inbox: Inbox) -> None:
        """What the world has kept from earlier runs, and whom it has forgotten."""
        for kept in news(inbox, "world/preferences", Preferences):
            for preference in kept.preferences:
                self._wishes.setdefault(preference.person_id, as_wishes(preference))
        for gone in news(inbox, "world/forgotten", Forgotten):
            for known in (self._people, self._estimates, self._wishes, self._manners):
                known.pop(gone.person_id, None)
            self._talk.forget(gone.person_id)

    def _listen(self, inbox: Inbox, now_s: float) -> Outbox:
        outbox: Outbox = []
        for request in news(inbox, "speech/say", SpeechRequest):
            self._talk.says(request)
        for utterance in news(inbox, "speech/heard", Utterance):
            if utterance.role == "own_voice" or not self._is_new(utterance.id, utterance.end_s, utterance.speaker_id):
                continue
            self._talk.heard(utterance, now_s)
            if utterance.role == "turn":
                outbox += self._take_turn(utterance, now_s)
        for prosody in news(inbox, "speech/prosody", HeardProsody):
            if prosody.speaker_id and self._is_new("prosody", prosody.utterance_id, prosody.end_s):
                usual_dbfs = self._levels_dbfs.mean if self._levels_dbfs.count >= _FEW_LEVELS else math.nan
                self._estimate(prosody.speaker_id).hear(prosody, usual_dbfs, now_s)
                self._levels_dbfs.add(prosody.level_dbfs)
        for who in self._talk.unanswered(now_s):
            self._estimate(who).asked(answered=False)
        return outbox

    def _take_turn(self, utterance: Utterance, now_s: float) -> Outbox:
        who, intent = utterance.speaker_id, manner_intent(utterance)
        self._border()
        if self._passing[2] == (utterance.id, utterance.end_s):
            self._passing = (NO_WISHES, -math.inf, ("", 0.0))  # now it is known whose it is
        if intent in WISHES:
            return self._take_request(utterance, intent, now_s)
        if not who:
            return []
        asked = self._talk.answered(who)
        if asked:
            self._estimate(who).asked(answered=True)
        if intent == PARDON:
            self._estimate(who).hearing.pardon(now_s)
        elif utterance.intent and utterance.intent not in _SAID_OFTEN:
            self._estimate(who).turn((utterance.intent, utterance.slots), now_s, asked=asked)
        return []

    def _take_request(self, utterance: Utterance, request: str, now_s: float) -> Outbox:
        """It wins at once.  Of a voice that nobody knows it holds for a while only, and is not remembered."""
        self._asked = True
        who = utterance.speaker_id
        if not who:
            self._passing = (self._passing_wishes(now_s).after(request), now_s + self.policy.attention_s, (utterance.id, utterance.end_s))
            return []
        self._wishes[who] = self.wishes(who).after(request)
        _bound(self._wishes, who)
        return [("social/preference", as_preference(now_s, who, self._wishes[who]))]

    def _follow_the_robots_words(self, inbox: Inbox, now_s: float) -> None:
        """When it begins to speak its first sentence has its style, and when one is measured the next one has."""
        for state in news(inbox, "speech/state", SpeechState):
            self._talk.said(state, now_s)
            self._speaks = state.phase == "started"
            self._robot_spoke_s = now_s
            if self._speaks:
                self._border()
        for _ in news(inbox, "speech/measured", SpeechMeasured):
            self._border()

    # ------------------------------------------------------------ the style

    def _style(self, now_s: float) -> SpeechStyle:
        who = self._talk.addressed(self._people, now_s)
        near = [person.id for person in self._people.values() if self._is_near(person)]
        listening = self._talk.listening(near, now_s)
        choice = self._choice(who, listening if who else set(), now_s)
        manner = self._manner(who)
        quiet = not self._speaks and now_s - self._robot_spoke_s >= self.policy.gradual.silence_s
        held = manner.aim(choice, at_once=self._asked or quiet)
        return SpeechStyle(
            stamp_s=now_s, person_id=who, name=held.name, evidence=self._evidence(who, held), confidence=round(held.confidence, 1),
            reasons=held.reasons, **held.style.model_dump(),
        )  # fmt: skip

    def _choice(self, who: str, listening: set[str], now_s: float) -> Choice:
        wishes = self._passing_wishes(now_s)
        if not who:
            return replace(choose(self.policy, Traits(), wishes), reasons=("nobody",))
        traits, own = self.traits(who, now_s), _joined(self.wishes(who), wishes)
        others = [choose(self.policy, self.traits(other, now_s), self.wishes(other)) for other in sorted(listening - {who})]
        if not others:
            return choose(self.policy, traits, own)
        group = together(self.policy, [choose(self.policy, traits, Wishes(normal=own.normal)), *others])
        told = tuple(reason for reason in group.reasons if not reason.startswith("request:"))  # what others asked for, who speaks did not
        return asked(self.policy, replace(group, reasons=told), replace(own, normal=False))

    def _evidence(self, who: str, choice: Choice) -> str:
        """In words, for the record."""
        said = ", ".join(reason.replace(":", " ") for reason in choice.reasons)
        return f"{who}: {said}" if who else said

    def _passing_wishes(self, now_s: float) -> Wishes:
        wishes, until_s, _ = self._passing
        return wishes if now_s < until_s else NO_WISHES

    # ------------------------------------------------------------ parts

    def _border(self) -> None:
        for manner in self._manners.values():
            manner.border()

    def _is_new(self, *key: object) -> bool:
        if key in self._heard:
            return False
        self._heard.append(key)
        return True

    def _is_near(self, person: Person) -> bool:
        distance_m = self._distance_m(person)
        return person.seen and person.facing_robot and not distance_m > self.policy.company.near_m  # also while it is not known

    def _distance_m(self, person: Person) -> float:
        if self._pose is None:
            return math.nan
        return math.hypot(person.position_m[0] - self._pose.x_m, person.position_m[1] - self._pose.y_m)

    def _estimate(self, who: str) -> Estimate:
        if who not in self._estimates:
            self._estimates[who] = Estimate(self.policy)
        return _bound(self._estimates, who)

    def _manner(self, who: str) -> Gradually:
        if who not in self._manners:
            self._manners[who] = Gradually(self.policy.gradual)
        return _bound(self._manners, who)


def _joined(own: Wishes, passing: Wishes) -> Wishes:
    return Wishes(
        own.rate_steps + passing.rate_steps,
        own.volume_steps + passing.volume_steps,
        own.brief or passing.brief,
        own.normal or passing.normal,
    )


def _bound(known: OrderedDict[str, _T], who: str) -> _T:
    """Of too many people those heard of longest ago are dropped."""
    known.move_to_end(who)
    while len(known) > _MOST_PEOPLE:
        known.popitem(last=False)
    return known[who]
