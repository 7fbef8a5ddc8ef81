"""What the steps of a task share: whose it is, its goal's permission, ids for proposals, and what went wrong."""

from __future__ import annotations

from robot_runtime.messages import ActionStatus, Plan, PlanStep
from robot_runtime.mind.permission import Permission
from robot_runtime.mind.services import Services


class Errand:
    """Its goal is proposed on construction."""

    def __init__(self, services: Services, plan: Plan, words: str) -> None:
        self.services = services
        self.plan = plan
        self.words = words  # that led to the plan
        self.explanation = ""  # the sentence about what went wrong
        self.refused = False  # by the gate or a person
        self.may_retry = False  # the skill itself has given up: another way may do
        self._proposed = 0
        self.goal = Permission(services, plan, plan.goal, words, plan.utterance_id, plan.id)

    def new_id(self) -> str:
        """An id for one more proposal of this plan."""
        self._proposed += 1
        return f"{self.plan.id}.{self._proposed}"

    def report(self, action_id: str, step: PlanStep, phase: str, detail: str = "") -> None:
        status = ActionStatus(self.services.situation.now_s, action_id, self.plan.id, step.skill, phase, detail)
        self.services.outbox.append(("action/status", status))

    def resolved(self, step: PlanStep) -> dict[str, str]:
        """Arguments with every description of a thing replaced by its id, where one sure thing fits it now."""
        services = self.services
        arguments = {argument.name: argument.value for argument in step.arguments}
        for name, spec in services.catalogue.skills[step.skill].arguments.items():
            value = arguments[name]
            if spec.type not in ("object", "target") or services.situation.person(value):
                continue
            fitting = services.references.objects(value, services.situation.facts)
            sure = [thing.id for thing in fitting if thing.confidence >= services.config.known_confidence]
            if step.skill != "find" and sure and value not in sure:
                arguments[name] = sure[0]
        return arguments
