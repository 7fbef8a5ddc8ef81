"""Why the robot did something, or did not: answered from what was published about it, and from nothing else."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import replace

from robot_runtime.language.language import language_of
from robot_runtime.messages import ActionStatus, ActionVerdict, Deed, SafetyMode, Utterance, Verdict
from robot_runtime.mind.ages import ago
from robot_runtime.mind.services import Services
from robot_runtime.mind.spans import local_hour, span_of
from robot_runtime.mind.wording import capitalised
from robot_runtime.stage import Outbox
from robot_runtime.world.deeds import ENDED

WHAT_DONE = "what_done"

WHY = ("why", "why_not", WHAT_DONE)
"""Intents that are answered here.  Like all questions they disturb nothing."""

REMEMBERED = 64
MOST_TOLD = 3


class Reasons:
    """The last tasks of this run, oldest first; the world's memory is told of each change, and has those of before."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._deeds: OrderedDict[str, Deed] = OrderedDict()
        self._changed: set[str] = set()

    # ------------------------------------------------------------ the record

    def watch(self, outbox: Outbox) -> Outbox:
        """What the mind publishes in a step; returns what the memory is to keep of it."""
        for topic, message in outbox:
            if topic == "action/proposed" and message.id == message.plan_id and message.id not in self._deeds:
                if message.utterance_text:  # what nobody asked for, such as looking to who speaks, is no deed
                    self._keep(Deed(message.id, message.stamp_s, message.requester_id, message.utterance_text, message.skill))
            elif topic == "action/status":
                self._went(message)
        changed, self._changed = self._changed, set()
        return [("world/deed", deed) for deed in self._deeds.values() if deed.id in changed]

    def hear(self, verdict: ActionVerdict) -> None:
        """A verdict on a task, or on one of its steps: the one that forbids is what is asked about."""
        task_id = verdict.action_id if verdict.action_id in self._deeds else verdict.action_id.rpartition(".")[0]
        deed = self._deeds.get(task_id)
        if deed is not None and (verdict.action_id == task_id or Verdict(verdict.verdict) > Verdict.LIMIT):
            self._keep(replace(deed, rule_ids=verdict.rule_ids, judged=verdict.say or deed.judged))

    def forget(self, person_id: str) -> None:
        """Somebody has been forgotten.  Of what is over, the memory knows all but what had to do with them."""
        for deed in tuple(self._deeds.values()):
            if deed.requester_id == person_id or deed.phase in ENDED:
                del self._deeds[deed.id]

    # ------------------------------------------------------------ answers

    def answer(self, utterance: Utterance) -> str:
        """The answer to an utterance whose intent is one of :data:`WHY`."""
        if utterance.intent == WHAT_DONE:
            return self._told(utterance)
        wanted = ("refused", "failed", "cancelled", "interrupted") if utterance.intent == "why_not" else ()
        deed = next((deed for deed in self._newest_first() if not wanted or deed.phase in wanted), None)
        if deed is None:
            return self._say("nothing_refused" if wanted else "nothing_done")
        return self._because(deed, utterance.speaker_id)

    def _because(self, deed: Deed, listener: str) -> str:
        """Who asked for it, and when it did not come to an end, what stood in the way."""
        who = self._services.wording.person(deed.requester_id, listener) if deed.requester_id else self._say("somebody")
        parts = [self._say("because_words", person=who, words=deed.words)] if deed.words else []
        if deed.phase == "refused":
            parts.append(deed.judged or deed.detail or self._say("refused"))
        elif deed.phase in ("failed", "cancelled"):
            parts.append(deed.detail or self._say("was_cancelled"))
        elif deed.phase == "interrupted":
            parts.append(self._say("was_interrupted"))
        elif self._services.situation.mode not in (SafetyMode.RUNNING.value, SafetyMode.STARTING.value):
            parts.append(self._say("standing_still"))
        if deed.phase in ("refused", "failed") and deed.rule_ids and deed.judged:
            parts.append(self._say("by_rule", rule=", ".join(rule.replace("-", " ") for rule in deed.rule_ids[:2])))
        return capitalised(" ".join(parts))

    def _told(self, utterance: Utterance) -> str:
        now_s, config = self._services.situation.now_s, self._services.config
        hour = local_hour(now_s, config.utc_offset_h, config.hour_at_start)
        from_s, until_s = span_of(utterance.text, language_of(utterance.language), now_s, hour) or (-math.inf, math.inf)
        ended = [deed for deed in self._newest_first() if deed.phase in ENDED and from_s <= deed.stamp_s < until_s]
        told = " ".join(self._ended(deed, utterance.speaker_id) for deed in ended[:MOST_TOLD])
        return told or self._say("nothing_done" if from_s == -math.inf else "nothing_done_then")

    def _ended(self, deed: Deed, listener: str) -> str:
        who = self._services.wording.person(deed.requester_id, listener) if deed.requester_id else self._say("somebody")
        when = ago(self._services.situation.now_s - deed.stamp_s, self._services.wording)
        return capitalised(self._say(f"deed_{deed.phase}", ago=when, person=who, words=deed.words))

    # ------------------------------------------------------------ parts

    def _newest_first(self) -> list[Deed]:
        before = [deed for deed in self._services.situation.deeds if deed.id not in self._deeds]
        return [*reversed(self._deeds.values()), *reversed(before)]

    def _keep(self, deed: Deed) -> None:
        self._deeds[deed.id] = deed
        self._changed.add(deed.id)
        while len(self._deeds) > REMEMBERED:
            self._deeds.popitem(last=False)

    def _went(self, status: ActionStatus) -> None:
        deed = self._deeds.get(status.action_id)
        if deed is not None and status.phase != "proposed":
            self._keep(replace(deed, phase=status.phase, detail=status.detail))

    def _say(self, key: str, **fields: str) -> str:
        return self._services.wording.sentence(key, **fields)
