"""Keeps the wait for a model out of the mind's step: an engine on a thread of its own, one question at a time."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from robot_runtime.mind.vlm.budget import Budget
from robot_runtime.mind.vlm.events import Ended, Engine, EngineError, Event, Piece, Prompt, Restarted

MOST_EVENTS = 4096
"""More pieces than a plan has characters; who sends more is cut off."""

MOST_CHARS = 20_000
"""Of one answer."""

_LEAST_ATTEMPT_S = 0.5


@dataclass(frozen=True)
class _Question:
    prompt: Prompt
    problem: Callable[[str], str]
    number: int


class Worker:
    """Nothing of it ever blocks but :meth:`close`.

    :param attempts: for one question, all within ``timeout_s``
    """

    def __init__(self, engine: Engine, budget: Budget, attempts: int, timeout_s: float) -> None:
        self._engine = engine
        self._budget = budget
        self._attempts = attempts
        self._timeout_s = timeout_s
        self._questions: queue.Queue[_Question | None] = queue.Queue(1)
        self._events: queue.Queue[tuple[int, Event]] = queue.Queue(MOST_EVENTS)
        self._asked = 0
        self._dropped = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._thread: threading.Thread | None = None

    def ask(self, prompt: Prompt, problem: Callable[[str], str]) -> str:
        """Begin; "" or why it is not asked.  What is left of an earlier question is dropped.

        :param problem: what is wrong with a whole answer, "" if nothing; it runs on the thread and must only use what does not change
        """
        if not self._idle.is_set():
            return "still busy with what was asked before"
        why = self._budget.refusal(time.monotonic())
        if why:
            return why
        self._asked += 1
        self._dropped.clear()
        self._idle.clear()
        self._questions.put_nowait(_Question(prompt, problem, self._asked))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="vlm", daemon=True)
            self._thread.start()
        return ""

    def events(self) -> list[Event]:
        """What has come of the last question since the last call."""
        found: list[Event] = []
        with contextlib.suppress(queue.Empty):
            while True:
                number, event = self._events.get_nowait()
                if number == self._asked:
                    found.append(event)
        return found

    def judge(self, good: bool) -> None:
        """Whether the answer was of use: after failures in a row the model is left alone for a while."""
        if good:
            self._budget.succeeded()
        else:
            self._budget.failed(time.monotonic())

    def drop(self) -> None:
        """The answer is not wanted any more."""
        self._asked += 1
        self._dropped.set()
        self._engine.cancel()

    def close(self) -> None:
        """End the thread and the engine; waits a second at most."""
        self.drop()
        thread, self._thread = self._thread, None
        if thread is not None:
            with contextlib.suppress(queue.Full):
                self._questions.put_nowait(None)
            thread.join(1.0)
        self._engine.close()

    # ------------------------------------------------------------ on the thread

    def _run(self) -> None:
        while (question := self._questions.get()) is not None:
            why = self._answer(question)
            self._idle.set()  # first: who hears that it has ended may ask again at once
            self._tell(question, Ended(why))

    def _answer(self, question: _Question) -> str:
        """Ask until there is a whole answer; "" or why there is none."""
        end_s = time.monotonic() + self._timeout_s
        why = ""
        for attempt in range(self._attempts):
            now_s = time.monotonic()
            if self._dropped.is_set() or (attempt and (end_s - now_s < _LEAST_ATTEMPT_S or self._budget.refusal(now_s))):
                break
            if attempt:
                self._tell(question, Restarted(why))
            self._budget.spend(now_s)
            try:
                self._attempt(question, end_s - now_s)
            except EngineError as error:
                why = str(error)
                if not error.again:
                    break
            except Exception as error:
                why = f"{type(error).__name__}: {error}"  # whatever it is, the mind must hear that nothing comes
                break
            else:
                return ""
        return why

    def _attempt(self, question: _Question, timeout_s: float) -> None:
        """:raises EngineError: the answer ends early, grows too long, is not wanted any more, or does not fit"""
        text = ""
        for piece in self._engine.stream(question.prompt, timeout_s):
            text += piece
            if len(text) > MOST_CHARS:
                self._engine.cancel()
                raise EngineError(f"an answer of more than {MOST_CHARS} characters", again=False)
            if self._dropped.is_set():
                raise EngineError("not wanted any more", again=False)
            self._tell(question, Piece(piece))
        why = question.problem(text)
        if why:
            raise EngineError(why, again=True)

    def _tell(self, question: _Question, event: Event) -> None:
        with contextlib.suppress(queue.Full):
            self._events.put_nowait((question.number, event))
            return
        if not isinstance(event, Ended):  # the mind does not listen; it has long taken another planner
            raise EngineError("nobody takes the answer", again=False)
