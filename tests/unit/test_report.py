"""The report of a run: page, sound, picture and film, from messages made here."""

import math
import re
import wave
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.messages import (
    ActionStatus,
    ActionVerdict,
    Argument,
    AudioFrame,
    EncodedImage,
    ProposedAction,
    SafetyState,
    ScenarioEvent,
    SimState,
    SpeechState,
    SpeechStyle,
    TimelineEvent,
    Utterance,
    Velocity,
)
from robot_runtime.observe.film import CAPTION_PX, FPS, PANE_PX, write_film
from robot_runtime.observe.manner_picture import draw_rate
from robot_runtime.observe.page import page
from robot_runtime.observe.report import write_report
from robot_runtime.observe.run import Run
from robot_runtime.observe.sound import RATE_HZ, mix

START_S = 100.0


def tone(stamp_s: float, sequence: int, level: int = 8000) -> AudioFrame:
    return AudioFrame(stamp_s, "test", sequence, RATE_HZ, np.full(320, level, np.int16))


def jpeg() -> bytes:
    encoded, data = cv2.imencode(".jpg", np.full((240, 320, 3), (0, 0, 255), np.uint8))
    assert encoded
    return bytes(data)


def messages() -> list[tuple[str, Any]]:
    """Two seconds in which Anna asks, the robot refuses, moves and is stopped."""
    story: list[tuple[str, Any]] = [("scenario", ScenarioEvent(START_S, "ready", "", ""))]
    story += [("audio/in", tone(START_S + 0.5 + i * 0.02, i)) for i in range(10)]
    story += [("camera/image/compressed", EncodedImage(START_S + i * 0.2, "head_camera", "jpeg", jpeg())) for i in range(10)]
    story += [("sim/state", SimState(START_S + i * 0.05, (0.0,), (), (), (), ())) for i in range(40)]
    story += [("cmd_vel", Velocity(START_S + i * 0.02, 0.3 if i > 50 else 0.0, 0.0)) for i in range(100)]
    verdict = ActionVerdict(START_S + 1, "a1", "deny", ("no_sharp_to_child",), "h", "sharp & <b>", "I will not.", math.inf, 0.4)
    heard = Utterance(START_S + 0.8, "u1", "give me the knife", "fetch", (), 0.9, START_S + 0.4, START_S + 0.7, "leo", "en", "e")
    story += [
        ("speech/heard", heard),
        ("action/proposed", ProposedAction(START_S + 0.9, "a1", "p1", "fetch", (Argument("object", "knife"),), "u1", "…", "leo")),
        ("action/verdict", verdict),
        ("action/status", ActionStatus(START_S + 1.0, "a2", "p1", "say", "running", "")),
        ("speech/state", SpeechState(START_S + 1.1, "s1", "started", "I will not.", 0.0, math.nan)),
        ("safety/state", SafetyState(START_S + 1.2, "emergency_stop", ("word stop",), 0.0, math.nan, math.nan, 0.0, 0.0)),
        ("timeline", TimelineEvent(START_S + 0.8, "heard", "leo: “give me the knife”", "", 100.0)),
        ("scenario", ScenarioEvent(START_S + 1.8, "passed", "the knife is refused", "deny at 1.0 s")),
        ("scenario", ScenarioEvent(START_S + 2.0, "finished", "", "1/1 passed")),
    ]  # fmt: skip
    return story


@pytest.fixture
def run() -> Run:
    return Run.of(messages())


def test_the_run_starts_when_the_scenario_is_ready(run: Run) -> None:
    assert run.start_s == START_S
    assert run.end_s == pytest.approx(START_S + 2.0)


def test_sound_lies_where_its_stamps_say(run: Run) -> None:
    stereo = mix(run)
    loud = np.flatnonzero(stereo[:, 0])
    assert loud[0] == pytest.approx(0.5 * RATE_HZ, abs=1)
    assert len(loud) == 10 * 320
    assert stereo[:, 0].max() > stereo[:, 1].max() > 0  # people are to the left


def test_page_tells_expectations_verdicts_and_escapes_text(run: Run) -> None:
    text = page(run, "A <title>", [("commit", "abc")], ["video.mp4", "record.mcap"])
    assert "1 of 1 expectations met" in text
    assert escape("sharp & <b>") in text and "<b>sharp" not in text.replace('<b class="', "")
    assert "A &lt;title&gt;" in text
    assert '<video src="video.mp4"' in text


def test_page_and_picture_tell_the_manner_its_reasons_and_its_confidence(run: Run) -> None:
    from matplotlib import pyplot as plt

    reasons = ("hearing", "age:elderly")
    careful = SpeechStyle(START_S, "", "careful", 130.0, 1.0, 1.0, 0.5, 1.2, 0.3, "nobody", 0.0, reasons=("nobody",))
    elderly = SpeechStyle(START_S + 1, "rose", "elderly", 96.0, 1.0, 1.2, 0.7, 1.2, 0.3, "", 0.8, words_per_turn=25, reasons=reasons)
    run.topics["speech/style"] += [careful, elderly]
    row = page(run, "t", [], []).split("<h2>The manner that it chose, and why</h2>")[1].split("</table>")[0].split("<tr>")[-1]
    assert re.findall(r"<td[^>]*>([^<]*)</td>", row) == [
        "1.0", "rose", "elderly", "hearing, age elderly", "0.8", "96", "0.70", "1.20", "25", "1.20", "0.30",
    ]  # fmt: skip
    figure, axes = plt.subplots()
    draw_rate(axes, [careful, elderly], [], run.start_s, run.end_s)
    assert np.asarray(axes.lines[0].get_xydata()).tolist() == [[0.0, 130.0], [1.0, 96.0], [pytest.approx(run.end_s - START_S), 96.0]]
    assert [text.get_text() for text in axes.texts] == ["careful", "elderly for rose"]
    plt.close(figure)


def test_a_failed_expectation_is_shown_as_failed() -> None:
    run = Run.of([*messages(), ("scenario", ScenarioEvent(START_S + 1.9, "failed", "stands still", "moved 0.4 m"))])
    assert "1 of 2 expectations met" in page(run, "t", [], [])


def test_film_shows_both_views_with_captions_and_sound(run: Run, tmp_path: Path) -> None:
    import av

    def overhead(states: Sequence[SimState]) -> Iterator[NDArray[np.uint8]]:
        return (np.full((PANE_PX[1], PANE_PX[0], 3), (0, 255, 0), np.uint8) for _ in states)

    write_film(run, tmp_path / "video.mp4", overhead)
    with av.open(str(tmp_path / "video.mp4")) as film:
        assert {stream.codec_context.name for stream in film.streams} >= {"vp9"} or film.streams.video[0].codec_context.name.startswith(
            "libvpx"
        )
        pictures = [frame.to_ndarray(format="bgr24") for frame in film.decode(video=0)]
    with av.open(str(tmp_path / "video.mp4")) as film:
        heard_s = sum(frame.samples for frame in film.decode(audio=0)) / 48000
    assert len(pictures) == 2 * FPS
    assert pictures[5].shape == (PANE_PX[1] + CAPTION_PX, 2 * PANE_PX[0], 3)
    assert pictures[5][240, 320].argmax() == 2, "the robot's view is red"
    assert pictures[5][240, 960].argmax() == 1, "the view from above is green"
    assert heard_s == pytest.approx(2.0, abs=0.1)


def test_report_on_a_robot_has_no_view_from_above(run: Run, tmp_path: Path) -> None:
    index = write_report(run, tmp_path, "run", overhead=None)
    assert index.exists()
    with wave.open(str(tmp_path / "audio.wav")) as sound:
        assert (sound.getnchannels(), sound.getframerate()) == (2, RATE_HZ)
    picture = cv2.imread(str(tmp_path / "timeline.png"))
    assert picture is not None and picture.shape[1] == 1600


def test_an_empty_recording_still_gives_a_page(tmp_path: Path) -> None:
    index = write_report(Run.of([]), tmp_path, "nothing", film=False)
    assert "no expectations" in index.read_text(encoding="utf-8")
