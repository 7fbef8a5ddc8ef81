"""The thread between the mind and a model: it never makes the mind wait, and what it tells is complete."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from robot_runtime.mind.vlm.budget import Budget
from robot_runtime.mind.vlm.early import EarlySay
from robot_runtime.mind.vlm.events import Ended, EngineError, Event, Piece, Prompt, Restarted
from robot_runtime.mind.vlm.server import Server
from robot_runtime.mind.vlm.settings import VlmConfig
from robot_runtime.mind.vlm.worker import MOST_CHARS, Worker
from tests.unit.scripted_server import EVENTS, ScriptedServer, endless, event, reply, says, sends

PROMPT = Prompt("rules", "{}", None, {})


class Scripted:
    """An engine whose answers a test gives: pieces, or an error."""

    def __init__(self, *answers: Sequence[str | EngineError]) -> None:
        self.answers = list(answers)
        self.timeouts_s: list[float] = []
        self.cancelled = threading.Event()

    def stream(self, prompt: Prompt, timeout_s: float) -> Iterator[str]:
        self.timeouts_s.append(timeout_s)
        for piece in self.answers.pop(0):
            if isinstance(piece, EngineError):
                raise piece
            yield piece

    def cancel(self) -> None:
        self.cancelled.set()

    def close(self) -> None:
        pass


class Stuck(Scripted):
    """Says one word and hangs until it is cancelled."""

    def stream(self, prompt: Prompt, timeout_s: float) -> Iterator[str]:
        yield "word"
        self.cancelled.wait(5.0)
        raise EngineError("cancelled", again=True)


def fits(text: str) -> str:
    return ""


def worker(engine: Scripted | Server, attempts: int = 2, per_minute: int = 10, failures: int = 9, timeout_s: float = 2.0) -> Worker:
    return Worker(engine, Budget(per_minute, failures, 30.0), attempts, timeout_s)


def all_of(asked: Worker, problem: Callable[[str], str] = fits, within_s: float = 3.0) -> list[Event]:
    """Every event of one question."""
    assert asked.ask(PROMPT, problem) == ""
    return rest_of(asked, within_s)


def rest_of(asked: Worker, within_s: float = 3.0) -> list[Event]:
    found: list[Event] = []
    end_s = time.monotonic() + within_s
    while not (found and isinstance(found[-1], Ended)):
        assert time.monotonic() < end_s, f"only {found}"
        found += asked.events()
        time.sleep(0.002)
    return found


def until_idle(asked: Worker) -> str:
    """Ask again as soon as it is taken."""
    end_s = time.monotonic() + 2.0
    while (why := asked.ask(PROMPT, fits)) and time.monotonic() < end_s:
        time.sleep(0.002)
    return why


def test_a_whole_answer_comes_in_order() -> None:
    assert all_of(worker(Scripted(["a", "b"]))) == [Piece("a"), Piece("b"), Ended("")]


def test_a_failure_that_may_pass_is_tried_again_within_the_time() -> None:
    engine = Scripted(["a", EngineError("status 500", again=True)], ["b"])
    assert all_of(worker(engine)) == [Piece("a"), Restarted("status 500"), Piece("b"), Ended("")]
    assert engine.timeouts_s[1] <= engine.timeouts_s[0] <= 2.0


def test_a_failure_that_stays_is_not_tried_again() -> None:
    assert all_of(worker(Scripted([EngineError("status 404", again=False)]))) == [Ended("status 404")]


def test_attempts_are_numbered() -> None:
    busy = [EngineError("busy", again=True)]
    assert all_of(worker(Scripted(busy, busy, busy), attempts=3))[-1] == Ended("busy")


def test_an_answer_that_does_not_fit_is_a_failure() -> None:
    events = all_of(worker(Scripted(["no"], ["yes"])), lambda text: "" if text == "yes" else f"not {text}")
    assert events == [Piece("no"), Restarted("not no"), Piece("yes"), Ended("")]


def test_an_answer_without_end_is_cut() -> None:
    engine = Scripted(["x" * 1000] * 100)
    events = all_of(worker(engine))
    assert events[-1] == Ended(f"an answer of more than {MOST_CHARS} characters")
    assert engine.cancelled.is_set()


def test_whatever_an_engine_raises_is_told() -> None:
    class Broken(Scripted):
        def stream(self, prompt: Prompt, timeout_s: float) -> Iterator[str]:
            raise KeyError("what")

    assert all_of(worker(Broken())) == [Ended("KeyError: 'what'")]


def test_the_budget_counts_retries_too() -> None:
    busy = [EngineError("busy", again=True)]
    asked = worker(Scripted(busy, busy, busy), attempts=3, per_minute=2)
    assert [type(event) for event in all_of(asked)] == [Restarted, Ended]
    assert "asked 2 times within a minute" in asked.ask(PROMPT, fits), "and not busy any more"


def test_a_model_that_hangs_is_never_waited_for() -> None:
    engine = Stuck()
    asked = worker(engine, timeout_s=60.0)
    began_s = time.monotonic()
    assert asked.ask(PROMPT, fits) == ""
    assert asked.ask(PROMPT, fits) == "still busy with what was asked before"
    asked.events()
    asked.drop()
    assert time.monotonic() - began_s < 0.2
    engine.answers = [["later"]]
    engine.stream = lambda prompt, timeout_s: iter(["later"])  # type: ignore[method-assign]
    assert until_idle(asked) == ""
    assert rest_of(asked) == [Piece("later"), Ended("")], "nothing of the dropped question is left"


def test_closing_ends_the_thread() -> None:
    others = set(threading.enumerate())
    asked = worker(Stuck(), timeout_s=60.0)
    asked.ask(PROMPT, fits)
    assert len(set(threading.enumerate()) - others) == 1
    asked.close()
    assert set(threading.enumerate()) - others == set()


def test_a_server_that_recovers_answers_at_the_second_attempt() -> None:
    with ScriptedServer([sends(reply("500 Oops", "text/plain", b"warming up")), says("fine")]) as server:
        events = all_of(worker(Server(VlmConfig(url=server.url))))
    assert events == [Restarted("status 500: warming up"), Piece("fine"), Ended("")]


def test_many_small_pieces_without_end_are_cut() -> None:
    with ScriptedServer([]) as mad:
        mad.acts = [endless(mad, event("xy"), EVENTS)]
        events = all_of(worker(Server(VlmConfig(url=mad.url)), attempts=1, timeout_s=10.0), within_s=12.0)
    end = events[-1]
    assert isinstance(end, Ended) and ("more than" in end.why or "nobody takes" in end.why)


# ---------------------------------------------------------------- the budget, in virtual time


def test_a_minute_holds_so_many_requests() -> None:
    budget = Budget(2, 9, 30.0)
    for now_s in (0.0, 10.0):
        assert budget.refusal(now_s) == ""
        budget.spend(now_s)
    assert "2 times" in budget.refusal(59.9)
    assert budget.refusal(60.0) == ""


def test_after_failures_in_a_row_there_is_a_rest_then_one_more_chance() -> None:
    budget = Budget(100, 2, 30.0)
    budget.failed(0.0)
    assert budget.refusal(0.1) == ""
    budget.failed(1.0)
    assert "2 failures in a row" in budget.refusal(1.1)
    assert budget.refusal(31.0) == ""
    budget.failed(31.0)
    assert budget.refusal(32.0)
    budget.succeeded()
    assert budget.refusal(32.0) == ""


# ---------------------------------------------------------------- speech before the plan is whole

WRITTEN = r'{"say": "He said \"go\", caf\u00e9 {", "plan": {"say": "inner"}, "x": ["say", "no"]}'


@pytest.mark.parametrize("size", [1, 2, 3, 7, 200])
def test_what_is_to_be_said_is_found_however_the_text_is_cut(size: int) -> None:
    early = EarlySay()
    found = [early.feed(WRITTEN[at : at + size]) for at in range(0, len(WRITTEN), size)]
    assert [text for text in found if text is not None] == ['He said "go", café {']


@pytest.mark.parametrize(
    "text", ['{"plan": {"say": "inner"}}', '["say", "x"]', '[,"say": "x"]', 'say: "x"', '{"x": "say"}', '{"say": 1}', '{"say": "x']
)
def test_nothing_else_is_taken_for_it(text: str) -> None:
    assert EarlySay().feed(text) is None
