"""One plan that is being carried out: its document as a py_trees tree of gated tasks."""

from __future__ import annotations

from py_trees.behaviour import Behaviour
from py_trees.common import Status
from py_trees.composites import Selector, Sequence

from robot_runtime.messages import ActionVerdict, Plan, Utterance
from robot_runtime.mind.each import EachInTurn
from robot_runtime.mind.known import Known
from robot_runtime.mind.permission import Answer, Permission
from robot_runtime.mind.plan_document import LISTS, Each, If, InOrder, Node, PlanDocument, Saying
from robot_runtime.mind.services import Services
from robot_runtime.mind.step import GatedStep
from robot_runtime.mind.task_run import TaskRun
from robot_runtime.mind.tree import Condition, Speaking


class Run:
    """Its first task is proposed on construction; nothing moves before :meth:`begin`.  Further tasks are proposed in their turn."""

    def __init__(self, services: Services, plan: Plan, document: PlanDocument, words: str) -> None:
        self.services = services
        self.plan = plan
        self.words = words  # that led to the plan
        self.begun = False
        self.refused = False  # by the gate or a person: then nothing else of the plan is tried
        self.explanation = ""  # the sentence about what went wrong, or about a condition that did not hold
        self.preface = ""  # said before what the robot sets out to do
        self._tasks = 0
        self._task: TaskRun | None = None
        self._rounds: list[EachInTurn] = []
        assert document.body is not None, "a plan that only says something is not carried out"
        self._tree = self._built(document.body)
        self._tree.tick_once()

    # ------------------------------------------------------------ what the executive sees

    @property
    def goal(self) -> Permission | None:
        """The permission of the task that is under way, or was last."""
        return self._task.goal if self._task else None

    @property
    def answer(self) -> Answer:
        """What the gate says of that task; a plan without one, since no condition held, needs no permission."""
        return self.goal.answer if self.goal else Answer.GRANTED

    @property
    def step(self) -> GatedStep | None:
        """The step that is under way."""
        return self._task.step if self._task and self._tree.status is Status.RUNNING else None

    @property
    def is_paused(self) -> bool:
        return self._task is not None and self._task.is_paused

    @property
    def asking(self) -> bool:
        """Whether a person's yes or no is waited for."""
        return any(permission.answer is Answer.ASKING for permission in self._permissions())

    @property
    def is_over(self) -> bool:
        return self._tree.status is not Status.RUNNING

    def hear(self, verdict: ActionVerdict) -> None:
        for permission in self._permissions():
            permission.hear(verdict)

    def decide(self, yes: bool, said: Utterance) -> bool:
        """A person's yes or no; False when this run did not ask for one."""
        return any(permission.decide(yes, said) for permission in self._permissions())

    def begin(self, preface: str = "") -> None:
        """From now on it may move."""
        self.begun, self.preface = True, preface

    def pause(self, detail: str) -> None:
        if self._task:
            self._task.pause(detail)

    def resume(self) -> None:
        if self._task:
            self._task.resume()

    def tick(self) -> Status:
        """One more piece of the plan."""
        if self._tree.status is Status.RUNNING:
            self._tree.tick_once()
        return self._tree.status

    def close(self, phase: str, sentence: str = "") -> None:
        """It is over; what was under way is given up, and a question that is open is not waited for any more."""
        for permission in self._permissions():
            permission.drop()
        self._tree.stop(Status.INVALID)
        if self._task:
            self._task.close(phase, sentence)

    @property
    def completion(self) -> str:
        """What to say when all went well: of the task that was last, unless a condition has said more since."""
        done = self._task.completion() if self._task and self._task.done else ""
        if done and self.explanation.startswith(done.rstrip(".")):
            return self.explanation  # it says that the door is closed, and what follows from that
        return " ".join(filter(None, (done, self.explanation)))

    @property
    def account(self) -> str:
        """How far it is with several errands, "" when it has none under way."""
        return " ".join(each.account for each in self._rounds if each.status is Status.RUNNING).strip()

    @property
    def may_skip(self) -> bool:
        """Whether the task whose turn it is has not begun, and others do not depend on it."""
        return bool(self._task and not self._task.begun and any(each.status is Status.RUNNING for each in self._rounds))

    # ------------------------------------------------------------ what its tasks use

    def enter(self, task: TaskRun) -> Plan:
        """A task's turn has come; the one before is reported.  Returns the plan under whose id it is proposed."""
        if self._task is not None:
            self._task.hand_on()
        self._task = task
        self._tasks += 1
        plan_id = self.plan.id if self._tasks == 1 else f"{self.plan.id}/{self._tasks}"
        return Plan(
            self.plan.stamp_s, plan_id, self.plan.utterance_id, self.plan.requester_id, self.plan.planner, task.planned.step, (), ""
        )

    @property
    def known(self) -> Known:
        return self.services.known

    def say(self, text: str, purpose: str = "notice") -> None:
        self.services.say(text, self.plan.requester_id, purpose, self._task.plan.id if self._task else self.plan.id)

    # ------------------------------------------------------------ parts

    def _permissions(self) -> list[Permission]:
        step = self.step
        return [permission for permission in (self.goal, step.permission if step else None) if permission is not None]

    def _built(self, node: Node) -> Behaviour:
        if isinstance(node, LISTS):
            parts = [self._built(part) for part in node.parts]
            if isinstance(node, Each):
                self._rounds.append(EachInTurn(self, parts))
                return self._rounds[-1]
            return Sequence("in order", True, parts) if isinstance(node, InOrder) else Selector("first that works", True, parts)
        if isinstance(node, If):
            return Condition(self, node.fact, self._built(node.then), self._built(node.otherwise) if node.otherwise else None)
        if isinstance(node, Saying):
            return Speaking(self, node.text, self._built(node.during))
        return TaskRun(self, node)
