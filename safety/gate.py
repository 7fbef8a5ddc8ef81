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
from safety.approvals import Approval, Approvals, Change
from safety.audit import Audit
from safety.caps import Caps, Permit, Surroundings
from safety.config import GateConfig
from safety.context import Context
from safety.inputs import Inputs
from safety.joints import JointGate, JointLimits
from safety.kinematic import MAX_TICK_S, Kinematic, Motion
from safety.ontology import Ontology
from safety.proposals import FLOOD, sorted_out
from safety.reach import hand_speed_ratio, may_release, reach_limit_m
from safety.report import Outcome, Reporter, state_message
from safety.rules import Rules
from safety.semantic import Judged, judge, verdict_message
from safety.sight import Sight
from safety.stops import Stops
from safety.types import ProposedAction, ProposedJoints, ProposedVelocity, SafetyMode, Verdict
from safety.verdicts import Decision, decision

Outbox = list[tuple[str, Any]]

STOPPING_S = 0.3
"""For this long after a stop the mode stays ``emergency_stop``, even if what caused it is over."""

RETRY_S = 1.0

CLOCK_SLACK_S = 1e-3
"""A clock that is slewed may stand still, and its floats round; what goes back by more was set."""

CLOSED = "the gate has ended"
LATCHED = "I am stopped. An adult has to tell me to go on."
BASE_RESTARTED = "My wheels have started anew. Please tell me again."


class Gate:
    """The stage of the node ``gate``."""

    Config = GateConfig

    def __init__(self, config: GateConfig) -> None:
        """Load the rules.

        :raises FileError: a rule file or the ontology cannot be used
        """
        self._config = config
        self._ontology = Ontology.load(config.ontology_file)
        self._rules = Rules.load(config.rules_file, self._ontology)
        folder = config.audit_folder
        caps = Caps(config, self._rules.separation)
        self.audit = Audit(folder)
        self._stops = Stops(config, self._rules.parameters, folder)
        self._inputs = Inputs(config)
        self._sight = Sight(config, self._rules.parameters, caps.horizon_m)
        self._kinematic = Kinematic(config, caps)
        self._joints = JointGate(config)
        self._approvals = Approvals(self._judged, config.approval_s)
        self._reporter = Reporter()
        self._begun = False
        self._now_s = -math.inf
        self._forget()

    def reset(self) -> None:
        """Forget inputs and approvals and start anew.  A latched stop stays: only a person lifts it."""
        self._inputs.reset()
        self._reporter.reset()
        self._forget()

    def _forget(self) -> None:
        self._approvals.clear()
        self._kinematic.halt()
        self._joints.halt()
        self._started = False
        self._command: ProposedVelocity | None = None
        self._context: tuple[float, Context] | None = None
        self._retry_s = -math.inf
        self._joints_noted: tuple[Any, ...] = ()

    def close(self) -> Outbox:
        """The last act: stand still, say so, and wait until the disk has the record.  A later step goes on from here."""
        now_s = max(self._now_s, 0.0)
        self._kinematic.halt()
        self._joints.halt()
        latch = self._stops.latch
        mode = SafetyMode.REARM_REQUIRED if latch.latched else SafetyMode.PROTECTIVE_STOP
        outcome = Outcome(mode, (*reversed([str(cause) for cause in latch.causes]), CLOSED))
        if self._begun:
            self.audit.record("end", {"mode": mode, "causes": outcome.causes}, now_s)
        self.audit.close()
        return [("cmd_vel", door.standstill(now_s)), ("safety/state", state_message(outcome, 0.0, math.nan, math.nan, now_s))]

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
        outbox: Outbox = []
        if any(kind == "stop" for kind, _ in events):
            outbox += [("action/verdict", verdict) for verdict in self._end_actions(now_s)]
        outbox += [("action/verdict", verdict) for verdict in self._verdicts(inbox, now_s)]
        self._take_velocity(inbox, now_s)
        self._take_joints(inbox, now_s)
        outbox.extend(("action/verdict", verdict) for verdict in self._withdrawals(now_s))
        outbox.extend(self._commands(dt_s, now_s))
        self.audit.sync(now_s)
        return outbox

    def _tick(self, now_s: float) -> float:
        """Seconds since the last step; a clock that went back makes everything that was known worthless."""
        dt_s, self._now_s, self._context = now_s - self._now_s, now_s, None
        if not self._begun:
            self._begin(now_s)
        elif dt_s < -CLOCK_SLACK_S:
            self._clock_went_back(-dt_s, now_s)
        return min(max(dt_s, 0.0), MAX_TICK_S) if math.isfinite(dt_s) else 0.0

    def _clock_went_back(self, by_s: float, now_s: float) -> None:
        """Nothing that was timed by another clock counts any more, and somebody has to look at why it was set."""
        self.audit.record("clock", {"went_back_s": by_s}, now_s)
        self.reset()
        self.audit.clock_went_back()
        for event in self._stops.clock_went_back(by_s, now_s):
            self.audit.record(*event, now_s)

    def _begin(self, now_s: float) -> None:
        self._stops.begin(now_s)
        self._begun = True
        data = {
            "config": self._config,
            "rules": {"name": self._rules.name, "version": self._rules.version, "hash": self._rules.hash},
            "ontology_hash": self._ontology.hash,
            "latched": self._stops.latch.causes,
            "memory_only": self.audit.in_memory,
        }
        self.audit.record("start", data, now_s)

    def _stop_events(self, inbox: Mapping[str, Sequence[Any]], now_s: float) -> Sequence[tuple[str, dict[str, Any]]]:
        """Requests to lift a stop come first: a stop that arrives in the same step holds."""
        events = list(self._stops.requests(inbox, self._people_here(now_s), now_s))
        events += self._stops.take(inbox, now_s)
        problem = self.audit.error or self._stops.error
        if problem:
            events += self._stops.trip("audit", problem, now_s, lasting=True)
            if now_s - self._retry_s >= RETRY_S:
                self._retry_s = now_s
                self._stops.retry()
                events.append(("retry", {"problem": problem}))
        else:
            self._stops.latch.over("audit")
        return events

    def _people_here(self, now_s: float) -> Any:
        return self._inputs.latest("people") if self._inputs.fresh("people", now_s) else None

    # ---------------------------------------------------------------- actions

    def _judged(self, action: ProposedAction, now_s: float) -> Judged:
        return judge(action, self._context_at(now_s), self._rules, self._ontology)

    def _context_at(self, now_s: float) -> Context:
        """Built once a step, and only if somebody asks."""
        if self._context is None or self._context[0] != now_s:
            self._context = (now_s, self._sight.context(self._inputs, now_s))
        return self._context[1]

    def _verdicts(self, inbox: Mapping[str, Sequence[Any]], now_s: float) -> list[Any]:
        proposals = sorted_out(inbox.get("action/proposed", ()), self._config, now_s)
        messages = [self._verdict(action, refused, now_s) for action, refused in proposals]
        unread = len(messages) - self._config.proposals_per_step
        if unread > 0:
            self.audit.record("flood", {"proposals": len(messages), "unread": unread}, now_s)
        return messages

    def _verdict(self, action: ProposedAction, refused: Decision | None, now_s: float) -> Any:
        judged = refused or self._not_now(action) or self._approvals.propose(action, now_s)
        since_s = action.stamp_s if isinstance(action.stamp_s, (int, float)) else math.nan
        message = verdict_message(action, judged, self._rules, since_s, now_s)
        if FLOOD not in judged.rule_ids:
            self._record_verdict("verdict", action, judged, message, now_s)
        return message

    def _end_actions(self, now_s: float) -> list[Any]:
        """A latched stop ends what was going on: after it, every motion is proposed and judged anew."""
        self._command = None
        self._joints.halt()
        causes = ", ".join(map(str, self._stops.latch.causes))
        changes = self._approvals.withdraw(decision(Verdict.STOP, "latched", f"stopped by {causes}", LATCHED), now_s, tell_all=False)
        return [message for change in changes for message in self._told(change, now_s)]

    def _not_now(self, action: ProposedAction) -> Decision | None:
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
        return None

    def _withdrawals(self, now_s: float) -> list[Any]:
        """Verdicts that changed since they were given.  Who no longer uses an approval is not told of its end."""
        messages = []
        for change in (*self._after_restart_of_base(now_s), *self._approvals.review(now_s)):
            if not change.decision.approved:
                self._joints.withdraw(change.action.id)
            messages += self._told(change, now_s)
        return messages

    def _told(self, change: Change, now_s: float) -> list[Any]:
        message = verdict_message(change.action, change.decision, self._rules, change.since_s, now_s)
        self._record_verdict("changed" if change.decision.approved else "withdrawn", change.action, change.decision, message, now_s)
        return [message] if change.live else []

    def _after_restart_of_base(self, now_s: float) -> Sequence[Change]:
        """Nothing that was approved for a base in one place goes on when the base finds itself in another."""
        if not self._inputs.base_jumped:
            return ()
        self.audit.record("odometry", {"leap": self._inputs.base_jumped}, now_s)
        self._kinematic.halt()
        why = decision(Verdict.DENY, "base-restarted", self._inputs.base_jumped, BASE_RESTARTED)
        return self._approvals.withdraw(why, now_s, tell_all=True)

    def _record_verdict(self, kind: str, action: ProposedAction, judged: Decision, message: Any, now_s: float) -> None:
        data = {
            "proposal": action,
            "context": self._context_at(now_s),
            "ages_s": self._inputs.ages_s(now_s),
            "verdict": message,
            "limits": judged.limits,
            "ontology_hash": self._ontology.hash,
        }
        self.audit.record(kind, data, now_s)

    # ---------------------------------------------------------------- motion

    def _take_velocity(self, inbox: Mapping[str, Sequence[Any]], now_s: float) -> None:
        """Keep the newest proposal.  An older stamp than the last one's is a replay and counts for nothing."""
        for proposed in inbox.get("cmd_vel/proposed", ()):
            if not isinstance(proposed, ProposedVelocity) or not _finite(proposed.stamp_s, proposed.linear_mps, proposed.angular_radps):
                self._command = None
                continue
            if proposed.stamp_s > now_s + self._config.future_tolerance_s:
                continue
            proposed = replace(proposed, stamp_s=min(proposed.stamp_s, now_s))  # a fast clock must not make it last longer
            if self._command is None or proposed.stamp_s >= self._command.stamp_s:
                self._command = proposed
                self._approvals.use(proposed.action_id, now_s)

    def _take_joints(self, inbox: Mapping[str, Sequence[Any]], now_s: float) -> None:
        for proposed in inbox.get("joints/proposed", ()):
            note = {"proposal": proposed, "refused": self._joint_problem(proposed, now_s)}
            content = (getattr(proposed, "action_id", ""), getattr(proposed, "positions", ()), note["refused"])
            if content != self._joints_noted:  # skills repeat a target until it is reached
                self._joints_noted = content
                self.audit.record("joints", note, now_s)

    def _joint_problem(self, proposed: Any, now_s: float) -> str:
        if not isinstance(proposed, ProposedJoints) or not abs(now_s - proposed.stamp_s) <= self._config.joint_command_max_age_s:
            return "malformed, too old, or from the future"
        approval = self._approvals.use(proposed.action_id, now_s)
        if approval is None:
            return "its action is not approved"
        if self._stops.latch.latched or not self._started:
            return "stopped"
        if not self._inputs.fresh("joint_states", now_s):
            return self._inputs.describe_stale("joint_states", now_s)
        return self._joints.propose(proposed, approval.parts, self._inputs.latest("joint_states"), now_s)

    def _commands(self, dt_s: float, now_s: float) -> Outbox:
        """Velocity, setpoints and state of this step."""
        stale = self._sight.stops(self._inputs, now_s)
        around = self._sight.surroundings(self._inputs, now_s)
        mode, stops = self._mode(stale, now_s)
        approval, idle_reason = self._approved_command(now_s)
        motion = Motion()
        if stops:
            self._kinematic.halt()
        else:
            permit = self._approvals.permit(approval) if approval else Permit()
            wanted = (self._command.linear_mps, self._command.angular_radps) if approval and self._command else None
            motion = self._kinematic.step(wanted, permit, around, now_s)
        if motion.blocked:
            mode = SafetyMode.PROTECTIVE_STOP
        outcome = Outcome(mode, stops, motion.caps, motion.linear_mps, motion.angular_radps, "" if stops else idle_reason)
        outbox: Outbox = [("cmd_vel", door.velocity(motion.linear_mps, motion.angular_radps, self._config, now_s))]
        outbox += self._joint_commands(bool(stops), around, dt_s, now_s)
        outbox += self._report(outcome, motion, around, now_s)
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

    def _approved_command(self, now_s: float) -> tuple[Approval | None, str]:
        """The approval that the newest velocity proposal belongs to; else why a fresh one is not looked at."""
        command = self._command
        if command is None or now_s - command.stamp_s > self._config.command_max_age_s:
            return None, ""
        if command.linear_mps == 0.0 and command.angular_radps == 0.0:
            return None, ""
        approval = self._approvals.get(command.action_id)
        if approval is None:
            return None, f"velocity for action '{command.action_id[:40]}', which is not approved"
        if "base" not in approval.parts:
            return None, f"skill '{approval.action.skill}' may not move the base"
        return approval, ""

    def _joint_commands(self, frozen: bool, around: Surroundings, dt_s: float, now_s: float) -> Outbox:
        if self._stops.latch.latched:
            self._joints.halt()
        moving = self._joints.actions()
        if not moving or frozen or not self._inputs.fresh("joint_states", now_s):
            return []
        approvals = {action_id: self._approvals.get(action_id) for action_id in moving}
        for action_id in [action_id for action_id, approval in approvals.items() if approval is None]:
            self._joints.withdraw(action_id)
        ratio = min((a.judged.decision.limits.joint_speed_ratio for a in approvals.values() if a), default=1.0)
        hand_ratio = hand_speed_ratio(around, self._config, self._rules.separation)
        held = self._context_at(now_s).held(self._ontology)
        release = may_release(held, around, self._rules.parameters)
        limits = JointLimits(ratio, hand_ratio, reach_limit_m(around, self._config), release)
        setpoints = self._joints.step(self._inputs.latest("joint_states"), limits, dt_s, now_s)
        command = door.joint_command(setpoints, self._config, now_s)
        return [] if command is None else [("joints/command", command)]

    # ---------------------------------------------------------------- telling

    def _report(self, outcome: Outcome, motion: Motion, around: Surroundings, now_s: float) -> Outbox:
        note = self._reporter.note(outcome, self._command, self._inputs.ages_s(now_s), now_s)
        if note is not None:
            self.audit.record(*note, now_s)
        if not self._reporter.state_due(outcome, now_s):
            return []
        cap_mps = 0.0 if outcome.stops else motion.cap_mps
        if math.isinf(cap_mps):
            cap_mps, caps = self._kinematic.allowed_ahead(Permit(), around)
            outcome = Outcome(outcome.mode, outcome.stops, caps, 0.0, 0.0, outcome.idle_reason)
        person_m = min((n.distance_m for n in around.neighbours), default=math.nan)
        obstacle_m = around.obstacles.nearest_m if self._inputs.latest("scan") is not None else math.nan
        return [("safety/state", state_message(outcome, min(cap_mps, self._config.max_speed_mps), person_m, obstacle_m, now_s))]

    def _failed(self, error: Exception, now_s: float) -> Outbox:
        """A defect of the gate itself: stand still, latch, and say so."""
        self._forget()
        cause = f"internal error: {type(error).__name__}: {error}"[:300]
        events = list(self._stops.trip("internal", cause, now_s))
        outcome = Outcome(SafetyMode.EMERGENCY_STOP, (cause,))
        for event in events:
            self.audit.record(*event, now_s)
        return [("cmd_vel", door.standstill(now_s)), ("safety/state", state_message(outcome, 0.0, math.nan, math.nan, now_s))]


def _finite(*numbers: Any) -> bool:
    return all(isinstance(number, (int, float)) and math.isfinite(number) for number in numbers)
