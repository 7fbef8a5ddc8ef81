"""Head, arm and hand: takes the proposals that belong to an approved action, and says how far each joint may go in this step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from safety import reach
from safety.approvals import Approvals
from safety.audit import Audit
from safety.caps import Surroundings
from safety.config import GateConfig
from safety.context import Context
from safety.inputs import Inputs
from safety.joint_notes import JointNotes
from safety.joints import JointGate, JointLimits
from safety.ontology import Ontology
from safety.rules import Rules
from safety.types import JointPositions, ProposedJoints

Setpoints = tuple[tuple[str, float], ...]


class Limbs:
    """State: the joints that are on their way, and what the record holds of them."""

    def __init__(self, config: GateConfig, inputs: Inputs, approvals: Approvals, audit: Audit) -> None:
        self._config = config
        self._inputs = inputs
        self._approvals = approvals
        self._audit = audit
        self._joints = JointGate(config)
        self._notes = JointNotes()
        self._movers: frozenset[str] = frozenset()  # ids of the actions that moved something in this step

    def halt(self) -> None:
        """Leave every joint where it is."""
        self._joints.halt()

    def reset(self) -> None:
        """Halt, and forget where the joints are."""
        self._joints.reset()

    def withdraw(self, action_id: str) -> None:
        """Stop the joints that this action moves."""
        self._joints.withdraw(action_id)

    def take(self, proposals: Iterable[Any], stopped: bool, now_s: float) -> None:
        """New targets for joints; whatever arrives, each is taken or refused, and the record says why."""
        for proposed in proposals:
            note = self._notes.proposal(proposed, self._problem(proposed, stopped, now_s))
            if note is not None:
                self._audit.record(*note, now_s)

    def _problem(self, proposed: Any, stopped: bool, now_s: float) -> str:
        if not isinstance(proposed, ProposedJoints) or not abs(now_s - proposed.stamp_s) <= self._config.joint_command_max_age_s:
            return "malformed, too old, or from the future"
        approval = self._approvals.use(proposed.action_id, now_s)
        if approval is None:
            return "its action is not approved"
        if stopped:
            return "stopped"
        if not self._inputs.fresh("joint_states", now_s):
            return self._inputs.describe_stale("joint_states", now_s)
        return self._joints.propose(proposed, approval.parts, self._inputs.latest("joint_states"), now_s)

    def step(
        self, look: Callable[[float], Context], around: Surroundings, rules: Rules, ontology: Ontology, dt_s: float, now_s: float
    ) -> tuple[Setpoints, Mapping[str, float]]:
        """Setpoints of this step, and the most effort that each joint may use; none while it is not known where the joints are.

        :param look: gives the context at a time; asked only while a joint moves
        """
        self._movers = self._joints.actions()
        moving = {action_id: self._approvals.get(action_id) for action_id in self._movers}
        if not moving or not self._inputs.fresh("joint_states", now_s):
            return (), {}
        for action_id in [action_id for action_id, approval in moving.items() if approval is None]:
            self._joints.withdraw(action_id)
        ratio = min((a.judged.decision.limits.joint_speed_ratio for a in moving.values() if a), default=1.0)
        limits = self._limits(look(now_s), around, rules, ontology, ratio, now_s)
        return self._joints.step(self._inputs.latest("joint_states"), limits, dt_s, now_s), limits.efforts(self._config.joints)

    def _limits(self, context: Context, around: Surroundings, rules: Rules, ontology: Ontology, ratio: float, now_s: float) -> JointLimits:
        limits = reach.hand_limits(context.held(ontology), around, self._config, rules, ratio)
        if not self._has_hand() or self._inputs.fresh("gripper/state", now_s):
            return limits
        # Rules give old news a grace, which keeps the grip as it is.  Fingers open only by what is known now: else it may be anything.
        return replace(limits, may_release=reach.may_release(ontology.of(""), around, rules.parameters))

    def _has_hand(self) -> bool:
        return "gripper/state" in self._config.required_inputs or self._inputs.latest("gripper/state") is not None

    def note(self, command: JointPositions | None, now_s: float) -> None:
        """Keep on record what left the gate in this step; None when nothing did."""
        note = self._notes.motion(command, self._movers, now_s)
        if note is not None:
            self._audit.record(*note, now_s)
