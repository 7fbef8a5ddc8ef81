"""One step of a plan as a py_trees behaviour: ask the gate, do it, look whether it worked."""

from __future__ import annotations

from enum import Enum

from py_trees.behaviour import Behaviour
from py_trees.common import Status

from robot_runtime.act.catalogue import plan_step
from robot_runtime.act.skill import Phase, Skill, SkillContext, load_skill
from robot_runtime.messages import PlanStep
from robot_runtime.mind.errand import Errand
from robot_runtime.mind.outcome import holds
from robot_runtime.mind.permission import Answer, Permission
from robot_runtime.mind.preconditions import unmet


class Stage(Enum):
    ASKING = "asking"  # the gate, or a person on its behalf
    DOING = "doing"
    VERIFYING = "verifying"
    PAUSED = "paused"
    OVER = "over"


class GatedStep(Behaviour):
    """Started again after a pause it begins anew, with a new proposal: the gate judges the world as it is then."""

    def __init__(self, errand: Errand, step: PlanStep) -> None:
        super().__init__(step.skill)
        self._errand = errand
        self.planned = step
        self._manifest = errand.services.catalogue.skills[step.skill]
        self._step = step  # with descriptions replaced by ids
        self._skill: Skill | None = None
        self._stage = Stage.OVER
        self._active_s = self._still_s = self._verifying_s = self._ticked_s = 0.0
        self.permission: Permission | None = None
        self.context: SkillContext | None = None

    # ------------------------------------------------------------ py_trees

    def initialise(self) -> None:
        self._begin()

    def update(self) -> Status:
        elapsed_s = self._pass_time()
        if self._stage in (Stage.DOING, Stage.VERIFYING) and self._permission().answer is Answer.ASKING:
            self._rest()
        if self._stage is Stage.ASKING:
            return self._await_permission()
        if self._stage is Stage.DOING:
            return self._do(elapsed_s)
        if self._stage is Stage.VERIFYING:
            return self._verify(elapsed_s)
        return Status.RUNNING  # paused

    def terminate(self, new_status: Status) -> None:
        if new_status is Status.INVALID and self._stage is not Stage.OVER:
            self._end_skill()
            self._report("cancelled")
            self._stage = Stage.OVER

    # ------------------------------------------------------------ from the executive

    @property
    def is_driving(self) -> bool:
        return self._stage is Stage.DOING and self.context is not None and self.context.driving

    @property
    def is_paused(self) -> bool:
        return self._stage is Stage.PAUSED

    def pause(self, detail: str) -> None:
        """End what it does, and wait for :meth:`resume`."""
        if self._stage in (Stage.PAUSED, Stage.OVER):
            return
        self._end_skill()
        self._report("paused", detail)
        self._stage = Stage.PAUSED

    def resume(self) -> None:
        if self._stage is Stage.PAUSED:
            self._begin()

    # ------------------------------------------------------------ stages

    def _begin(self) -> None:
        errand = self._errand
        self._step = plan_step(self.planned.skill, errand.resolved(self.planned))
        self.permission = Permission(errand.services, errand.plan, self._step, errand.words, errand.plan.utterance_id, errand.new_id())
        self.context = None
        self._stage, errand.may_retry = Stage.ASKING, False
        self._ticked_s = errand.services.situation.now_s

    def _rest(self) -> None:
        """The gate asks a person about what is being done: end it, and begin it anew after the yes."""
        self._end_skill()
        self._report("paused", "to be confirmed")
        self._stage = Stage.ASKING

    def _await_permission(self) -> Status:
        permission = self._permission()
        permission.check_time()
        if permission.answer is Answer.REFUSED:
            return self._fail(permission.sentence, "refused")
        if permission.answer is Answer.GRANTED:
            return self._start(permission)
        return Status.RUNNING

    def _start(self, permission: Permission) -> Status:
        services = self._errand.services
        missing = unmet(self._manifest, self._step, services)
        if missing:
            return self._fail(missing)
        self.context = SkillContext(
            situation=services.situation, site=services.site, references=services.references, words=services.wording,
            settings=services.config, outbox=services.outbox, action_id=permission.action_id,
            requester_id=self._errand.plan.requester_id,
            arguments={argument.name: argument.value for argument in self._step.arguments},
            max_speed_mps=self._speed_limit_mps(permission), timeout_s=self._manifest.timeout_s,
        )  # fmt: skip
        self._skill = load_skill(self._step.skill)
        self._skill.start(self.context)
        self._stage = Stage.DOING
        self._active_s = self._still_s = 0.0
        self._report("running")
        return self._do(0.0)

    def _do(self, elapsed_s: float) -> Status:
        permission, context, skill = self._permission(), self._context(), self._skill
        assert skill is not None
        permission.check_time()
        context.max_speed_mps = self._speed_limit_mps(permission)
        self._count(elapsed_s)
        services = self._errand.services
        if self._active_s >= self._manifest.timeout_s:
            return self._fail(services.wording.sentence("took_too_long"))
        if self._still_s >= services.config.still_limit_s:
            return self._fail(services.wording.sentence("way_blocked"))
        result = skill.tick(context, self._active_s)
        if result.phase is Phase.FAILURE:
            self._errand.may_retry = True
            return self._fail(result.reason)
        if result.phase is Phase.RUNNING:
            return Status.RUNNING
        self._stage, self._verifying_s = Stage.VERIFYING, 0.0
        return self._verify(0.0)

    def _verify(self, elapsed_s: float) -> Status:
        """What a skill has done shows in the world a moment later."""
        self._verifying_s += elapsed_s
        context = self._context()
        if holds(self._manifest.success_predicate, context.arguments, context):
            self._report("succeeded")
            self._stage = Stage.OVER
            return Status.SUCCESS
        if self._verifying_s >= self._errand.services.config.verify_s:
            return self._fail(self._errand.services.wording.sentence("unverified"))
        return Status.RUNNING

    # ------------------------------------------------------------ helpers

    def _pass_time(self) -> float:
        now_s = self._errand.services.situation.now_s
        elapsed_s, self._ticked_s = now_s - self._ticked_s, now_s
        return elapsed_s

    def _count(self, elapsed_s: float) -> None:
        """Time-outs of skills that move count only the time in which the gate lets the robot move."""
        if self._errand.services.situation.waits and self._manifest.moves:
            self._still_s += elapsed_s
        else:
            self._active_s += elapsed_s
            self._still_s = 0.0

    def _speed_limit_mps(self, permission: Permission) -> float:
        return min(permission.max_speed_mps, self._errand.goal.max_speed_mps)

    def _fail(self, sentence: str, phase: str = "failed") -> Status:
        self._end_skill()
        self._report(phase, sentence)
        self._errand.explanation, self._errand.refused = sentence, phase == "refused"
        self._stage = Stage.OVER
        return Status.FAILURE

    def _end_skill(self) -> None:
        if self._skill is not None:
            self._skill.cancel()
            self._skill = None

    def _report(self, phase: str, detail: str = "") -> None:
        self._errand.report(self._permission().action_id, self._step, phase, detail)

    def _permission(self) -> Permission:
        assert self.permission is not None, "a step asks before anything else"
        return self.permission

    def _context(self) -> SkillContext:
        assert self.context is not None, "a step has a context once it was permitted"
        return self.context
