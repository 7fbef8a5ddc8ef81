"""Latch, heartbeat, questions and changing rules together, against a model that is simple enough to be believed.

The model knows one action at a time, which turns the base as long as it may.  After every event the gate must be latched
exactly when the model is, and the base must turn exactly when the model says that it may: neither too early nor never.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from safety.approvals import LIVE_S
from safety.confirmations import MAX_PENDING
from safety.replay import Replayer
from safety.segments import read
from safety.types import Confirmation, EStop, Heartbeat, ProposedVelocity, RearmRequest, ReloadRequest, Stopped, StopRequest
from safety.verify import verify
from tests.safety import small_rules
from tests.safety.profile import runs
from tests.safety.rig import TICK_S, Rig, person

CONFIRM_S = 1.0
SETTLE_TICKS = 7
"""The gate judges what is in use again every 0.1 s, five ticks."""

GO = {"must": [{"skill": "go_to"}], "must_not": [{"skill": "say"}]}
ASK = small_rules.rule(
    "ask", {"skills": ["go_to"]}, "confirm", examples=GO, confirm={"by": ["adult"], "question": {"en": "Shall I?"}}
)  # fmt: skip
DENY = small_rules.rule("never", {"skills": ["go_to"]}, "deny", examples=GO)
FREE = small_rules.rule("free", {"skills": ["go_to"]}, "allow", examples=GO)
VERSIONS = {"ask": ASK, "deny": DENY, "free": FREE}
ONTOLOGY = "properties: {sharp: cuts}\ncolours: {}\nfallback: [sharp]\nclasses: {knife: {properties: [sharp]}}\n"

OFTEN_ASK = st.sampled_from(["ask", "ask", "ask", "free", "deny"])

LEO = person("leo", "child", 8.0, 3.0)


@dataclass
class Question:
    until_s: float
    leo_was_here: bool


@dataclass
class Model:
    rules: str
    latched: bool = False
    pressed: bool = False
    alive: bool = True
    leo_is_here: bool = False
    questions: dict[str, Question] = field(default_factory=dict)  # by action
    approved: bool = False  # the current action
    yes: Question | None = None  # by which it was approved

    def latch(self) -> None:
        self.latched, self.approved, self.yes = True, False, None
        self.questions.clear()

    def settle(self, now_s: float) -> None:
        """What time and the situation do by themselves."""
        if not self.alive or self.pressed:
            self.latch()
        for action_id, question in list(self.questions.items()):
            if now_s >= question.until_s - 1e-9 or question.leo_was_here != self.leo_is_here:
                del self.questions[action_id]
        if self.rules == "deny":
            self.approved = False
        elif self.rules == "ask":
            void = self.yes is None or (self.leo_is_here and not self.yes.leo_was_here)
            self.approved = self.approved and not void

    def changed_to(self, rules: str, action_id: str, now_s: float) -> bool:
        """Other rules void the questions; what is under way without a yes becomes a question where they ask (True)."""
        self.rules = rules
        self.questions.clear()
        asked = rules == "ask" and self.approved and self.yes is None
        if asked:
            self.questions[action_id], self.approved = Question(now_s + CONFIRM_S, self.leo_is_here), False
        return asked

    def proposed(self, action_id: str, now_s: float) -> str:
        if self.latched:
            return "stop"
        if self.approved or action_id in self.questions:
            return "allow" if self.approved else "confirm"
        self.yes = None
        if self.rules == "ask" and len(self.questions) < MAX_PENDING:
            self.questions[action_id] = Question(now_s + CONFIRM_S, self.leo_is_here)
            return "confirm"
        self.approved = self.rules == "free"
        return "allow" if self.approved else "deny"


class GateMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.file = Path(self.folder.name) / "rules.yaml"
        ontology = Path(self.folder.name) / "ontology.yaml"
        ontology.write_text(ONTOLOGY, encoding="utf-8")
        small_rules.write(self.file, FREE)
        self.rig = Rig(
            self.folder.name, rules_file=str(self.file), ontology_file=str(ontology), confirm_s=CONFIRM_S, reload_s=0,
            heartbeats={"pendant": 0.1}, e_stop_release_s=0.0, approval_s=3600.0, audit_file_mb=0.05,
        )  # fmt: skip
        self.model = Model("free")
        self.action_id, self.question_id, self.proposals = "none", "none", 0
        self.rig.people = [person("anna", "adult", 8.0)]
        self.settle()

    # ---------------------------------------------------------------- the world goes on

    def tick(self, **news: list[object]) -> None:
        """One step of the gate, in which the current action wants to turn."""
        now_s = self.rig.now_s
        if self.model.alive:
            news["safety__heartbeat"] = [Heartbeat(now_s, "pendant")]
        news["e_stop"] = [EStop(now_s, self.model.pressed)]
        self.rig.tick(cmd_vel__proposed=[ProposedVelocity(now_s, self.action_id, 0.0, 0.3)], **news)

    def settle(self) -> None:
        for _ in range(SETTLE_TICKS):
            self.tick()
        self.model.settle(self.rig.now_s - TICK_S)

    # ---------------------------------------------------------------- events

    @initialize(version=OFTEN_ASK)
    def begin_with(self, version: str) -> None:
        self.reload(version)

    @rule(ticks=st.integers(1, 60))
    def time_passes(self, ticks: int) -> None:
        for _ in range(ticks):
            self.tick()
        self.settle()

    @rule()
    def somebody_says_stop(self) -> None:
        self.tick(safety__stop_request=[StopRequest(self.rig.now_s, "word", "stop", 0.9)])
        self.model.latch()
        self.settle()

    @rule()
    def the_button_is_used(self) -> None:
        self.model.pressed = not self.model.pressed
        self.settle()

    @rule()
    def the_pendant_dies_or_comes_back(self) -> None:
        self.model.alive = not self.model.alive
        self.settle()

    @rule(who=st.sampled_from(["anna", "leo", "nobody", "service"]))
    def somebody_lifts_the_stop(self, who: str) -> None:
        topic = "service__rearm" if who == "service" else "safety__rearm_request"
        request: list[object] = [RearmRequest(self.rig.now_s, "voice", who, "u")]
        self.tick(**{topic: request})
        if who in ("anna", "service") and self.model.alive and not self.model.pressed:
            self.model.latched = False
        self.settle()

    @precondition(lambda self: self.model.latched)
    @rule()
    def all_is_well_again(self) -> None:
        self.model.alive, self.model.pressed = True, False
        self.settle()
        self.somebody_lifts_the_stop("anna")

    @rule()
    def leo_comes_or_goes(self) -> None:
        self.model.leo_is_here = not self.model.leo_is_here
        self.rig.people = [person("anna", "adult", 8.0), *([LEO] if self.model.leo_is_here else [])]
        self.settle()

    @rule()
    def an_action_is_proposed(self) -> None:
        self.proposals += 1
        self.action_id = f"a{self.proposals}"
        self.model.approved = False
        self.propose()

    @precondition(lambda self: self.proposals)
    @rule()
    def the_same_action_is_proposed_again(self) -> None:
        self.propose()

    def propose(self) -> None:
        self.model.settle(self.rig.now_s)
        expected = self.model.proposed(self.action_id, self.rig.now_s)
        verdict = self.rig.propose("go_to", self.action_id, place="kitchen")
        assert verdict.verdict == expected, verdict
        assert bool(verdict.confirmation_id) == (expected == "confirm")
        still_open = self.question_id if not self.model.questions else "none"  # an answer is about the current action, or void
        self.question_id = verdict.confirmation_id or still_open
        self.settle()

    @precondition(lambda self: self.model.yes is not None and self.model.approved and not self.model.leo_is_here)
    @rule()
    def leo_comes_in_on_what_was_confirmed(self) -> None:
        self.leo_comes_or_goes()

    @rule(who=st.sampled_from(["anna", "leo", ""]), yes=st.booleans(), stale=st.booleans())
    def somebody_answers(self, who: str, yes: bool, stale: bool) -> None:
        now_s = self.rig.now_s
        self.model.settle(now_s)
        question = self.model.questions.get(self.action_id)
        message = Confirmation(now_s - 3.0 if stale else now_s, self.question_id, yes, who, "u")
        if question is not None and not stale and not yes:
            del self.model.questions[self.action_id]
        elif question is not None and not stale and who == "anna":
            del self.model.questions[self.action_id]
            self.model.approved, self.model.yes = True, question
        self.tick(action__confirmation=[message])
        self.settle()

    @precondition(lambda self: not self.model.latched)
    @rule(who=st.sampled_from(["anna", "leo"]))
    def an_action_is_proposed_and_somebody_says_yes(self, who: str) -> None:
        self.an_action_is_proposed()
        self.somebody_answers(who, yes=True, stale=False)

    @rule(version=OFTEN_ASK)
    def reload(self, version: str) -> None:
        if version == "ask":
            self.earlier_actions_rest()
        small_rules.write(self.file, VERSIONS[version])
        self.take_over()
        if version != self.model.rules:
            asked = self.model.changed_to(version, self.action_id, self.rig.now_s)
            self.settle()
            if asked:
                self.question_id = self.rig.verdicts[-1].confirmation_id
        self.settle()

    @precondition(lambda self: self.proposals)
    @rule()
    def a_broken_file_changes_nothing(self) -> None:
        self.file.write_text("rules: [", encoding="utf-8")
        self.take_over()
        self.settle()
        small_rules.write(self.file, VERSIONS[self.model.rules])

    def earlier_actions_rest(self) -> None:
        """What was used a moment ago is asked about too when the rules begin to ask; the model knows one action only."""
        for _ in range(round(LIVE_S / TICK_S) + 1):
            self.tick()
        self.settle()

    def take_over(self) -> None:
        self.tick(service__reload=[ReloadRequest(self.rig.now_s)])
        self.rig.gate._reload.wait()

    # ---------------------------------------------------------------- what must hold

    @invariant()
    def it_is_latched_when_it_has_to_be(self) -> None:
        assert self.rig.gate._stops.latch.latched == self.model.latched
        assert (self.rig.mode in ("emergency_stop", "rearm_required")) == self.model.latched
        mirror = next(message for _, _, message in reversed(self.rig.seen) if isinstance(message, Stopped))
        assert mirror.stopped == self.model.latched

    @invariant()
    def it_turns_when_it_may_and_only_then(self) -> None:
        turns = self.rig.velocity.angular_radps != 0.0
        assert turns == (self.model.approved and not self.model.latched)

    @invariant()
    def no_question_is_forgotten_or_kept(self) -> None:
        assert len(self.rig.gate._confirmations) == len(self.model.questions)

    def teardown(self) -> None:
        self.rig.gate.close()
        record = Path(self.folder.name) / "audit" / "gate.jsonl"
        assert verify(record).intact
        assert list(Replayer(record.parent).take(read(record))) == []
        self.folder.cleanup()


TestGateMachine = GateMachine.TestCase
TestGateMachine.settings = runs(15)
