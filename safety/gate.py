"""The gate: the stage between everything that wants the robot to move and everything that moves.

A step takes in the news, judges new actions, judges approved ones again, and emits one velocity: zero unless a fresh
proposal belongs to an approved action, every input is fresh, nothing is latched and the way is free.  An exception
anywhere inside ends in a latched stop.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from safety import door
from safety.approvals import Approvals, Change, Ruling
from safety.audit import MEGABYTE, Audit
from safety.base_watch import BaseWatch
from safety.binding import Situation, causes, situation
from safety.caps import Caps, Permit, Surroundings
from safety.config import NO_CLASSIFIER, GateConfig
from safety.confirmations import Confirmations, Pending, Reply, Said, too_many_questions
from safety.context import Context
from safety.copies import Copies
from safety.disk_watch import DiskWatch
from safety.fence import load_fences
from safety.hazards.advice import Advice
from safety.hazards.classifier import RULE_ID, shared
from safety.inputs import Inputs
from safety.kinematic import MAX_TICK_S, Kinematic, Motion
from safety.limbs import Limbs
from safety.policy import Policy, load_policy
from safety.proposals import FLOOD, sorted_out
from safety.reload import Reload
from safety.report import Outcome, announced, state_message
from safety.semantic import Judged, judge, verdict_message
from safety.sight import Sight
from safety.speaker import Speaker
from safety.stops import Stops
from safety.telling import Telling
from safety.types import ActionVerdict, ProposedAction, RulesState, SafetyMode, Verdict
from safety.verdict_record import verdict_data
from safety.verdicts import Decision, decision
from safety.wanted import Wanted

Outbox = list[tuple[str, Any]]

STOPPING_S = 0.3
"""For this long after a stop the mode stays ``emergency_stop``, even if what caused it is over."""

CLOCK_SLACK_S = 1e-3
"""A clock that is slewed may stand still, and its floats round; what goes back by more was set."""

CLOSED = "the gate has ended"
LATCHED = "I am stopped. An adult has to tell me to go on."
BASE_RESTARTED = "My wheels have started anew. Please tell me again."
BASE_LOST = "My wheels do not answer."


class Gate:
    """The stage of the node ``gate``."""

    Config = GateConfig

    def __init__(self, config: GateConfig) -> None:
        """Load the rules.

        :raises FileError: a rule file, the ontology or the classifier cannot be used
        """
        self._config = config
        policy = self._load()
        self._rules, self._ontology = policy.rules, policy.ontology
        self._reload = Reload(policy, self._load_ahead, config.reload_s)
        folder = config.audit_folder
        self._caps = caps = Caps(config, self._rules.separation, load_fences(config.fences, config.site))
        self.audit = Audit(folder, self._opening, int(config.audit_file_mb * MEGABYTE), config.audit_keep_files)
        self._stops = Stops(config, self._rules.parameters, folder)
        self._disk = DiskWatch(self.audit, self._stops)
        self._inputs = Inputs(config, caps.horizon_m)
        self._base = BaseWatch(config)
        self._sight = Sight(config, self._rules.parameters, caps.horizon_m)
        self._kinematic = Kinematic(config, caps)
        self._confirmations = Confirmations(config)
        self._advice = Advice(None if config.classifier_folder == NO_CLASSIFIER else shared(config.classifier_folder))
        self._approvals = Approvals(self._judged, config.approval_s, self._said_of)
        self._wanted = Wanted(config, self._approvals)
        self._limbs = Limbs(config, self._inputs, self._approvals, self.audit)
        self._telling = Telling(config, self._inputs, self._kinematic, self.audit)
        self._begun = False
        self._now_s = -math.inf
        self._forget()

    def reset(self) -> None:
        """Forget inputs and approvals and start anew.  A latched stop stays: only a person lifts it."""
        self._inputs.reset()
        self._telling.reset()
        self._forget()

    def _forget(self) -> None:
        self._approvals.clear()
        self._confirmations.clear()
        self._kinematic.halt()
        self._wanted.forget()
        self._limbs.reset()
        self._started = self._rules_said = False
        self._context: Context | None = None
        self._disk.reset()

    def close(self) -> Outbox:
        """The last act: stand still, say so, and wait until the disk has the record.  A later step goes on from here."""
        now_s = max(self._now_s, 0.0)
        self._kinematic.halt()
        self._limbs.halt()
        latch = self._stops.latch
        mode = SafetyMode.REARM_REQUIRED if latch.latched else SafetyMode.PROTECTIVE_STOP
        outcome = Outcome(mode, (*reversed([str(cause) for cause in latch.causes]), CLOSED))
        if self._begun:
            self.audit.record("end", {"mode": mode, "causes": outcome.causes}, now_s)
        self.audit.close()
        state = state_message(outcome, 0.0, math.nan, math.nan, now_s)
        return [*door.to_base(door.standstill(now_s), latched=True), *announced(state, ended=True)]

    def step(self, inbox: Mapping[str, Sequence[Any]], now_s: float) -> Outbox:
        """Take in the news and return verdicts, commands and state.  Never raises."""
        try:
            if not math.isfinite(now_s):
                raise ValueError("the clock shows no number")
            return self._step(inbox, now_s)
        except Exception as error:
            return self._failed(error, now_s if math.isfinite(now_s) else max(self._now_s, 0.0))

    # ---------------------------------------------------------------- one step, in order

    def _step(self, inbox: Mapping[str, Sequence[Any]], now_s: float) -> Outbox:
        dt_s = self._tick(now_s)
        self._inputs.take(inbox, now_s)
        events = self._stop_events(inbox, now_s)
        for event in events:
            self.audit.record(*event, now_s)
        outbox = self._rule_news(inbox, now_s)
        if any(kind == "stop" for kind, _ in events):
            outbox += [("action/verdict", verdict) for verdict in self._end_actions(now_s)]
        outbox += [("action/verdict", verdict) for verdict in self._answers(inbox, now_s)]
        outbox += [("action/verdict", verdict) for verdict in self._verdicts(inbox, now_s)]
        self._wanted.take(inbox.get("cmd_vel/proposed", ()), now_s)
        self._limbs.take(inbox.get("joints/proposed", ()), self._stops.latch.latched or not self._started, now_s)
        outbox.extend(("action/verdict", verdict) for verdict in self._withdrawals(now_s))
        self._confirmations.retain(self._approvals.ids)
        outbox.extend(self._commands(dt_s, now_s))
        self.audit.sync(now_s)
        return outbox

    def _tick(self, now_s: float) -> float:
        """Seconds since the last step; a clock that went back makes everything that was known worthless."""
        dt_s, self._now_s, self._context = now_s - self._now_s, now_s, None
        self._advice.begin_step()
        if not self._begun:
            self._begin(now_s)
        elif dt_s < -CLOCK_SLACK_S:
            self._clock_went_back(-dt_s, now_s)
        return min(max(dt_s, 0.0), MAX_TICK_S)

    def _clock_went_back(self, by_s: float, now_s: float) -> None:
        """Nothing that was timed by another clock counts any more, and somebody has to look at why it was set."""
        self.audit.record("clock", {"went_back_s": by_s}, now_s)
        self.reset()
        self.audit.clock_went_back()
        for event in self._stops.clock_went_back(by_s, now_s):
            self.audit.record(*event, now_s)

    def _begin(self, now_s: float) -> None:
        self._stops.begin(now_s)
        self._base.begin(self._stops)
        self._begun, self._rules_since_s = True, now_s
        self.audit.record("start", {**self._opening(), "memory_only": self.audit.in_memory}, now_s)

    def _opening(self) -> dict[str, Any]:
        """What records refer to: the gate's state at the beginning of a file of the record."""
        rules, ontology = self._rules, self._ontology
        copy, ontology_copy = self.audit.keep(rules.files, rules.hash), self.audit.keep(ontology.files, ontology.hash)
        return {
            "config": self._config,
            "rules": {"name": rules.name, "version": rules.version, "hash": rules.hash, "copy": copy},
            "ontology": {"hash": ontology.hash, "copy": ontology_copy},
            "classifier": self._advice.model_hash,
            "latched": self._stops.latch.causes,
        }

    # ---------------------------------------------------------------- rules that change

    def _load(self) -> Policy:
        return load_policy(self._config.rules_file, self._config.ontology_file)

    def _load_ahead(self) -> Policy:
        """On the thread that reads changed files: the step that puts them in force finds the copies that its record names."""
        policy, copies = self._load(), Copies(self._config.audit_folder)
        copies.keep(policy.rules.files, policy.rules.hash)
        copies.keep(policy.ontology.files, policy.ontology.hash)
        return policy

    def _rule_news(self, inbox: Mapping[str, Sequence[Any]], now_s: float) -> Outbox:
        """Put changed rules in force, all at once, and say which ones are."""
        news = self._reload.step(now_s, asked=bool(inbox.get("service/reload")))
        if news is None and self._rules_said:
            return []
        self._rules_said = True
        before = self._rules.hash, self._ontology.hash
        if news is not None and news.policy is not None:
            self._adopt(news.policy, now_s)
        if news is not None:
            self.audit.record("rules", {**self._opening(), "before": before, "changes": news.changes, "error": news.error}, now_s)
        rules, hashes = self._rules, (self._rules.hash, self._ontology.hash)
        said = news.changes if news else "", self._reload.error
        return [("safety/rules", RulesState(now_s, rules.name, rules.version, *hashes, self._rules_since_s, *said))]

    def _adopt(self, policy: Policy, now_s: float) -> None:
        """Whatever was judged by the rules before is judged again in this step, before anything moves by it."""
        self._rules, self._ontology, self._rules_since_s = policy.rules, policy.ontology, now_s
        self._caps.adopt(policy.rules.separation)
        self._sight.adopt(policy.rules.parameters)
        self._stops.adopt(policy.rules.parameters)
        self._approvals.doubt()

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        """For ``/diagnostics``: rule files that cannot be used, and the rules in force."""
        rules = self._rules
        problem = f"changed rules are not in force: {self._reload.error}" if self._reload.error else ""
        return problem, {"rules": f"{rules.name} {rules.version}", "rules_hash": rules.hash, "ontology_hash": self._ontology.hash}

    def _stop_events(self, inbox: Mapping[str, Sequence[Any]], now_s: float) -> Sequence[tuple[str, dict[str, Any]]]:
        """Requests to lift a stop come first: a stop that arrives in the same step holds."""
        events = list(self._stops.requests(inbox, self._people_here(now_s), now_s))
        events += self._stops.take(inbox, now_s)
        events += self._base.take(inbox, self._stops, now_s)
        return [*events, *self._disk.look(now_s)]

    def _people_here(self, now_s: float) -> Any:
        return self._inputs.latest("people") if self._inputs.fresh("people", now_s) else None

    # ---------------------------------------------------------------- actions

    def _judged(self, action: ProposedAction, now_s: float) -> Judged:
        judged = judge(action, self._context_at(now_s), self._rules, self._ontology, self._config.language)
        return Judged(self._advice.tightened(judged.decision, action, judged.case), judged.case)

    def _context_at(self, now_s: float) -> Context:
        """Built once a step, and only if somebody asks."""
        if self._context is None:
            self._context = self._sight.context(self._inputs, now_s)
        return self._context

    def _verdicts(self, inbox: Mapping[str, Sequence[Any]], now_s: float) -> list[Any]:
        proposals = sorted_out(inbox.get("action/proposed", ()), self._config, now_s)
        messages = [self._verdict(action, refused, now_s) for action, refused in proposals]
        unread = len(messages) - self._config.proposals_per_step
        if unread > 0:
            self.audit.record("flood", {"proposals": len(messages), "unread": unread}, now_s)
        return messages

    def _verdict(self, action: ProposedAction, refused: Decision | None, now_s: float, since_s: float = math.nan) -> Any:
        early = refused or self._not_now(action, now_s)
        ruling = Ruling(action, early) if early else self._approvals.propose(action, now_s)
        if action.id not in self._approvals.ids:
            self._limbs.withdraw(action.id)  # while joints are frozen, nothing else asks whether they may still move
        ruling, pending = self._asked(ruling, now_s)
        if math.isnan(since_s) and isinstance(action.stamp_s, (int, float)):
            since_s = action.stamp_s
        message = self._message(ruling, since_s, now_s, pending)
        if FLOOD not in ruling.decision.rule_ids:
            self._record_verdict("verdict", ruling, message, now_s)
        return message

    def _message(self, ruling: Ruling, since_s: float, now_s: float, pending: Pending | None = None) -> ActionVerdict:
        message = verdict_message(ruling.action, ruling.decision, self._rules, since_s, now_s, self._config.language)
        if pending is None:
            return message
        question = self._question(ruling, pending)
        return replace(message, say=question or message.say, confirmation_id=pending.id, confirm_within_s=pending.until_s - now_s)

    # ---------------------------------------------------------------- questions

    def _situation(self, now_s: float) -> Situation:
        return situation(self._context_at(now_s), self._rules, self._ontology.hash)

    def _said_of(self, action: ProposedAction, judged: Decision, now_s: float) -> Said | None:
        if judged.verdict != Verdict.CONFIRM:
            return None
        return self._confirmations.said_of(action, judged, self._causes(action, judged), self._situation(now_s))

    def _causes(self, action: ProposedAction, judged: Decision) -> frozenset[str]:
        """What asks for a confirmation."""
        note = self._advice.note(action)
        quiet = note is None or note.verdict < Verdict.CONFIRM
        return causes(judged, self._rules, frozenset({RULE_ID} if quiet else ()))

    def _asked(self, ruling: Ruling, now_s: float) -> tuple[Ruling, Pending | None]:
        """A decision that asks for a confirmation gets its question; any other one ends the question that there may be."""
        if ruling.decision.verdict != Verdict.CONFIRM:
            self._confirmations.drop(ruling.action.id)
            return ruling, None
        why, now = self._causes(ruling.action, ruling.decision), self._situation(now_s)
        pending = self._confirmations.ask(ruling.action, ruling.decision, why, self._rules, now, now_s)
        if pending is None:
            return replace(ruling, decision=too_many_questions(ruling.decision)), None
        return ruling, pending

    def _question(self, ruling: Ruling, pending: Pending) -> str:
        """What the rule wants to be asked; "" when none says it, or when the question was put before."""
        if ruling.case is None:
            return ""
        return Speaker(self._ontology, self._config.language).sentence(pending.confirm.question, ruling.case)

    def _answers(self, inbox: Mapping[str, Sequence[Any]], now_s: float) -> list[Any]:
        """What follows from people's answers, and from questions that ended without one."""
        messages = []
        for answer in list(inbox.get("action/confirmation", ()))[: self._config.proposals_per_step]:
            reply = self._confirmations.answer(answer, self._people_here(now_s), self._rules, self._situation(now_s), now_s)
            reason, accepted = (reply, False) if isinstance(reply, str) else (reply.reason, reply.decision is None)
            self.audit.record("confirmation", {"answer": answer, "accepted": accepted, "reason": reason}, now_s)
            if isinstance(reply, Reply):
                messages.append(self._replied(reply, answer.stamp_s, now_s))
        if len(self._confirmations):
            messages += [self._replied(reply, now_s, now_s) for reply in self._confirmations.review(self._situation(now_s), now_s)]
        return messages

    def _replied(self, reply: Reply, since_s: float, now_s: float) -> Any:
        """The verdict that a reply comes to.  After a yes the action is judged again: what counts is how things are now."""
        if reply.decision is None:
            return self._verdict(reply.pending.action, None, now_s, since_s)
        ruling = Ruling(reply.pending.action, reply.decision)
        message = self._message(ruling, since_s, now_s, reply.pending if reply.open else None)
        self._record_verdict("verdict", ruling, message, now_s)
        return message

    def _end_actions(self, now_s: float) -> list[Any]:
        """A latched stop ends what was going on: after it, every motion is proposed and judged anew."""
        self._wanted.forget()
        causes = ", ".join(map(str, self._stops.latch.causes))
        why = decision(Verdict.STOP, "latched", f"stopped by {causes}", LATCHED)
        changes = self._approvals.withdraw(why, now_s, tell_all=False)
        ended = [self._replied(reply, now_s, now_s) for reply in self._confirmations.stop(why)]
        return [message for change in changes for message in self._told(change, now_s)] + ended

    def _not_now(self, action: ProposedAction, now_s: float) -> Decision | None:
        """While the robot may not move, an action that would move it is not even judged."""
        skill = self._rules.skill(action.skill)
        if skill is None or not skill.moves:
            return None
        if self._stops.latch.latched:
            self._approvals.forget(action.id)
            causes = ", ".join(map(str, self._stops.latch.causes))
            return decision(Verdict.STOP, "latched", f"stopped by {causes}", LATCHED)
        if not self._started:
            return decision(Verdict.DENY, "starting", "inputs are not fresh yet", "I am not ready yet.")
        if problem := self._base.problem(now_s):
            return decision(Verdict.DENY, "base-lost", problem, BASE_LOST)
        return None

    def _withdrawals(self, now_s: float) -> list[Any]:
        """Verdicts that changed since they were given.  Who no longer uses an approval is not told of its end."""
        messages = []
        for change in (*self._after_restart_of_base(now_s), *self._approvals.review(now_s)):
            if not change.decision.approved:
                self._limbs.withdraw(change.action.id)
            messages += self._told(change, now_s)
        return messages

    def _told(self, change: Change, now_s: float) -> list[Any]:
        ruling, pending = Ruling(change.action, change.decision, change.basis, change.case), None
        if change.live and change.case is not None:  # judged, and somebody waits for it
            ruling, pending = self._asked(ruling, now_s)
        message = self._message(ruling, change.since_s, now_s, pending)
        self._record_verdict("changed" if change.decision.approved else "withdrawn", ruling, message, now_s)
        return [message] if change.live else []

    def _after_restart_of_base(self, now_s: float) -> Sequence[Change]:
        """Nothing that was approved for a base in one place goes on when the base was lost, or finds itself in another."""
        lost, jumped = self._base.lost, self._inputs.base_jumped
        if jumped:
            self.audit.record("odometry", {"leap": jumped}, now_s)
        if not lost and not jumped:
            return ()
        self._wanted.forget()
        self._kinematic.halt()
        said = ("base-lost", lost, BASE_LOST) if lost else ("base-restarted", jumped, BASE_RESTARTED)
        return self._approvals.withdraw(decision(Verdict.DENY, *said), now_s, tell_all=True)

    def _record_verdict(self, kind: str, ruling: Ruling, message: ActionVerdict, now_s: float) -> None:
        data = verdict_data(ruling, message, self._context_at(now_s), self._inputs.ages_s(now_s), self._advice.note)
        self.audit.record(kind, {**data, "ontology_hash": self._ontology.hash}, now_s)

    # ---------------------------------------------------------------- motion

    def _commands(self, dt_s: float, now_s: float) -> Outbox:
        """Velocity, setpoints and state of this step."""
        problem = self._base.problem(now_s)
        stale = (*((problem,) if problem else ()), *self._stops.unknown, *self._sight.stops(self._inputs, now_s))
        around = self._sight.surroundings(self._inputs, now_s, self._kinematic.flight)
        mode, stops = self._mode(stale, now_s)
        approval, idle_reason = self._wanted.approved(now_s)
        motion = Motion()
        if stops:
            self._kinematic.halt()
        else:
            permit = self._approvals.permit(approval) if approval else Permit()
            wanted = (newest.linear_mps, newest.angular_radps) if approval and (newest := self._wanted.newest) else None
            motion = self._kinematic.step(wanted, permit, around, now_s)
        if motion.blocked:
            mode = SafetyMode.PROTECTIVE_STOP
        outcome = Outcome(mode, stops, motion.caps, motion.linear_mps, motion.angular_radps, "" if stops else idle_reason)
        velocity = door.velocity(motion.linear_mps, motion.angular_radps, self._config, now_s)
        outbox: Outbox = [*door.to_base(velocity, latched=self._stops.latch.latched)]
        outbox += self._joint_commands(bool(stops), around, dt_s, now_s)
        outbox += self._telling.of(outcome, motion, around, self._wanted.newest, now_s)
        return outbox

    def _mode(self, stale: tuple[str, ...], now_s: float) -> tuple[SafetyMode, tuple[str, ...]]:
        """The mode before the way ahead is looked at, and why nothing may move ("" when it may)."""
        latch = self._stops.latch
        self._started = self._started or all(self._inputs.fresh(topic, now_s) for topic in self._config.required_inputs)
        if latch.latched:
            refused = (f"not lifted: {self._stops.refused}",) if now_s - self._stops.refused_s < 3.0 else ()
            stopping = bool(latch.present) or now_s - latch.since_s < STOPPING_S
            mode = SafetyMode.EMERGENCY_STOP if stopping else SafetyMode.REARM_REQUIRED
            return mode, (*reversed([str(cause) for cause in latch.causes]), *refused)
        if not self._started:
            missing = [t for t in self._config.required_inputs if not self._inputs.fresh(t, now_s)]
            return SafetyMode.STARTING, tuple(self._inputs.describe_stale(topic, now_s) for topic in missing)
        return (SafetyMode.PROTECTIVE_STOP, stale) if stale else (SafetyMode.RUNNING, ())

    def _joint_commands(self, frozen: bool, around: Surroundings, dt_s: float, now_s: float) -> Outbox:
        if self._stops.latch.latched:
            self._limbs.halt()
        command = None
        if not frozen:
            setpoints, efforts = self._limbs.step(self._context_at, around, self._rules, self._ontology, dt_s, now_s)
            command = door.joint_command(setpoints, self._config, now_s, efforts)
        self._limbs.note(command, now_s)
        return [] if command is None else [("joints/command", command)]

    def _failed(self, error: Exception, now_s: float) -> Outbox:
        """A defect of the gate itself: stand still, latch, and say so."""
        self._forget()
        cause = f"internal error: {type(error).__name__}: {error}"[:300]
        events = list(self._stops.trip("internal", cause, now_s))
        outcome = Outcome(SafetyMode.EMERGENCY_STOP, (cause,))
        for event in events:
            self.audit.record(*event, now_s)
        state = state_message(outcome, 0.0, math.nan, math.nan, now_s)
        return [*door.to_base(door.standstill(now_s), latched=True), *announced(state)]
