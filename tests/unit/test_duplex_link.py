"""The engine's process: frames in order, none lost, and what happens when it fails."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from robot_runtime.duplex import wire
from robot_runtime.duplex.deadline import RECENT, Deadlines
from robot_runtime.duplex.frames import MODEL_SAMPLES, RATE_HZ, SAMPLES
from robot_runtime.duplex.health import SILENT_S, Watchdog
from robot_runtime.duplex.link import EngineGoneError, Link
from robot_runtime.duplex.rates import Ears, Mouth
from robot_runtime.duplex.wire import Step, Wire, WireError

ENGINE = str(Path(__file__).with_name("duplex_engine.py"))
FRAME = np.zeros(MODEL_SAMPLES, np.int16)


@pytest.fixture
def start() -> Iterator[Callable[..., Link]]:
    made: list[Link] = []

    def begin(script: dict[int, str] | None = None) -> Link:
        made.append(Link([sys.executable, ENGINE, json.dumps(script or {})]))
        return made[-1]

    yield begin
    for link in made:
        link.close()


def until(true: Callable[[], bool], link: Link) -> None:
    end_s = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end_s
        link.wait(0.05)


def answers(link: Link, count: int) -> list[tuple[int, Step]]:
    got: list[tuple[int, Step]] = []

    def enough() -> bool:
        got.extend(link.steps())
        return len(got) >= count

    until(enough, link)
    return got


def test_every_frame_is_answered_once_and_in_order_while_pictures_come(start: Callable[..., Link]) -> None:
    link = start()
    until(lambda: bool(link.steps() or link.ready), link)
    picture = np.zeros((48, 64, 3), np.uint8)
    for number in range(1, 31):
        assert link.hear(FRAME) == number - 1
        if number % 3 == 0:
            link.see(number, picture)
    assert [number for number, _ in answers(link, 30)] == list(range(30))
    until(lambda: link.steps() == [] and link.seen == 30, link)


def test_a_told_text_is_said_whole_and_says_when_it_is_over(start: Callable[..., Link]) -> None:
    link = start()
    link.tell(7, "the cup is on the table")
    for _ in range(15):
        link.hear(FRAME)
    steps = [step for _, step in answers(link, 15)]
    told = [step for step in steps if step.told == 7]
    assert "".join(step.text for step in told).split() == ["the", "cup", "is", "on", "the", "table"]
    assert [step.told_left for step in told] == list(range(len(told) - 1, -1, -1))
    assert steps[-1].told == 0 and not steps[-1].sound.any()


@pytest.mark.parametrize(("event", "why"), [("!die", "gone"), ("!fail", "out of memory")])
def test_one_that_fails_is_told_after_its_last_answers(start: Callable[..., Link], event: str, why: str) -> None:
    link = start({5: event})
    for _ in range(8):
        link.hear(FRAME)
    got: list[tuple[int, Step]] = []
    with pytest.raises(EngineGoneError, match=why):
        while True:
            got.extend(link.steps())
            link.wait(0.05)
    assert [number for number, _ in got] == list(range(5))


def test_an_engine_that_takes_long_to_go_is_not_waited_for(start: Callable[..., Link], monkeypatch: pytest.MonkeyPatch) -> None:
    link = start()
    process, gone = link._process, link._process.wait
    monkeypatch.setattr(process, "kill", lambda: None)
    begun_s = time.monotonic()
    link.close()
    assert time.monotonic() - begun_s < 2.0
    monkeypatch.undo()
    process.kill()
    gone()


def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(EngineGoneError, match="cannot be started"):
        Link(["/nowhere/python"])


def test_a_step_survives_the_wire() -> None:
    step = Step(" voilà", np.arange(MODEL_SAMPLES, dtype=np.int16), 3, 4, 1.0, 2.0, 3.0, 4.0)
    back = Step.unpacked(step.packed())
    assert (back.text, back.told, back.told_left, back.encode_ms, back.decode_ms) == (" voilà", 3, 4, 1.0, 4.0)
    assert np.array_equal(back.sound, step.sound)


def test_nonsense_on_the_wire_is_refused() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"\xff" * 9)
        with pytest.raises(WireError, match="bytes"):
            list(Wire(ours).packets())
    with pytest.raises(WireError):
        Step.unpacked(b"short")
    with pytest.raises(WireError):
        wire.picture_of(wire.Packet(wire.PICTURE, 0, b"\x01\x00\x01\x00x"))


def test_more_than_the_socket_takes_waits_and_is_sent_later() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        sender, receiver = Wire(ours), Wire(theirs)
        big = bytes(range(256)) * 4096
        for number in range(4):
            sender.send(wire.PICTURE, number, big)
        assert sender.unsent_bytes
        got: list[wire.Packet] = []
        while len(got) < 4:
            got += list(receiver.packets())
            sender.flush()
        assert [packet.number for packet in got] == [0, 1, 2, 3] and all(packet.payload == big for packet in got)


# ---------------------------------------------------------------- rates


def test_a_minute_of_frames_changes_rate_without_drift() -> None:
    ears, heard = Ears(), 0
    for _ in range(50 * 60):
        heard += len(ears.push(np.zeros(SAMPLES, np.int16)))
    assert heard * MODEL_SAMPLES / 24_000 == pytest.approx(60, abs=0.1)


def test_a_tone_goes_through_both_ways() -> None:
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)).astype(np.int16)
    ears, mouth = Ears(), Mouth()
    back = np.concatenate([mouth.push(frame) for k in range(0, len(tone), SAMPLES) for frame in ears.push(tone[k : k + SAMPLES])])
    assert len(tone) - len(back) < 0.1 * RATE_HZ
    spectrum = np.abs(np.fft.rfft(back[2000:10_000].astype(float)))
    assert np.argmax(spectrum) * RATE_HZ / 8000 == pytest.approx(440, abs=3)
    assert np.abs(back[2000:10_000]).max() == pytest.approx(8000, rel=0.02)


# ---------------------------------------------------------------- the watchdog


def run(watchdog: Watchdog, deadlines: Deadlines, from_s: float, to_s: float, took_s: float, frame: int) -> int:
    """Frames every 80 ms, answered after so long."""
    now_s = from_s
    while now_s < to_s - 1e-9:
        deadlines.sent(frame, now_s)
        deadlines.answered(frame, now_s + took_s)
        watchdog.look(True, deadlines, now_s + took_s)
        frame, now_s = frame + 1, now_s + 0.08
    return frame


def test_an_engine_is_trusted_after_two_good_seconds_and_dropped_within_one() -> None:
    watchdog, deadlines = Watchdog(), Deadlines()
    assert watchdog.look(False, deadlines, 0.0).restart
    watchdog.started(0.0)
    assert not watchdog.look(True, deadlines, 0.0).duplex
    frame = run(watchdog, deadlines, 0.0, 1.9, 0.05, 0)
    assert not watchdog.look(True, deadlines, 1.9).duplex
    frame = run(watchdog, deadlines, 1.92, 3.0, 0.05, frame)
    assert watchdog.look(True, deadlines, 3.0).duplex
    deadlines.sent(frame, 3.0)
    assert watchdog.look(True, deadlines, 3.0 + SILENT_S - 0.01).duplex
    fallen = watchdog.look(True, deadlines, 3.0 + SILENT_S + 0.02)
    assert not fallen.duplex and "waits" in fallen.why and watchdog.takeovers == 1
    deadlines.answered(frame, 3.6)
    run(watchdog, deadlines, 3.6, 6.0, 0.05, frame + 1)
    assert watchdog.look(True, deadlines, 6.0).duplex


def test_an_engine_that_is_always_late_does_not_speak() -> None:
    watchdog, deadlines = Watchdog(), Deadlines()
    watchdog.started(0.0)
    run(watchdog, deadlines, 0.0, RECENT * 0.08 + 3.0, 0.1, 0)
    verdict = watchdog.look(True, deadlines, 6.0)
    assert not verdict.duplex and "late" in verdict.why
    assert deadlines.timing().misses == deadlines.timing().frames


def test_a_hung_engine_is_started_again_with_growing_pauses() -> None:
    watchdog = Watchdog()
    starts, now_s = [], 0.0
    while now_s < 60.0:
        if watchdog.look(False, Deadlines(), now_s).restart:
            starts.append(now_s)
            watchdog.started(now_s)
            watchdog.gone("died", now_s)
        now_s += 0.02
    pauses = np.diff(starts)
    assert pauses[0] == pytest.approx(0.5, abs=0.05) and all(np.diff(pauses) > 0) and len(starts) >= 6


def test_an_answer_out_of_order_is_an_error() -> None:
    deadlines = Deadlines()
    deadlines.sent(0, 0.0)
    with pytest.raises(ValueError, match="expected 0"):
        deadlines.answered(1, 0.1)
