"""The camera driver: files, a device that comes and goes, and clear words when there is none."""

from __future__ import annotations

import logging
import queue
import threading
import time
import tracemalloc
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from robot_runtime.messages import EncodedImage, Image
from robot_runtime.sense import camera, pictures, reader
from robot_runtime.sense.camera import Camera
from robot_runtime.sense.pictures import SourceLostError
from robot_runtime.sense.reader import DEVICE, ReaderSource
from robot_runtime.sense.refusals import Refusals
from robot_runtime.stage import Diagnosing
from safety.files import FileError


def grey(level: int, width: int = 320, height: int = 240) -> np.ndarray:
    return np.full((height, width, 3), level, dtype=np.uint8)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Ten frames at 10 Hz, each 20 levels brighter than the one before."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (160, 120))
    assert writer.isOpened()
    for number in range(10):
        writer.write(grey(20 * number + 10, 160, 120))
    writer.release()
    return path


def level(made: Camera, now_s: float) -> int | None:
    """Which frame of the video is published, None when none is."""
    outbox = dict(made.step({}, now_s))
    return round((float(outbox["camera/image"].bgr.mean()) - 10) / 20) if outbox else None


def test_a_video_is_paced_by_the_robots_clock_and_starts_again(video: Path) -> None:
    made = Camera(Camera.Config(source=f"file:{video}"))
    shown = [level(made, 100.0 + 0.2 * step) for step in range(6)]
    assert shown == [0, 2, 4, 6, 8, 0]
    assert level(made, 101.0 + 0.05) is None, "the same frame is not published twice"
    assert level(made, 101.0 + 0.3) == 3


def test_pictures_have_the_size_that_was_asked_for_and_a_jpeg(video: Path) -> None:
    outbox = Camera(Camera.Config(source=f"file:{video}", width_px=64, height_px=48)).step({}, 1.0)
    raw, packed = outbox[0][1], outbox[1][1]
    assert isinstance(raw, Image) and raw.bgr.shape == (48, 64, 3) and raw.stamp_s == 1.0
    assert isinstance(packed, EncodedImage) and packed.format == "jpeg"
    back = cv2.imdecode(np.frombuffer(packed.data, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert back is not None and np.abs(back.astype(int) - raw.bgr.astype(int)).mean() < 3


def test_a_still_picture_stays(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "room.png"), grey(77))
    made = Camera(Camera.Config(source=f"file:{tmp_path / 'room.png'}"))
    assert [dict(made.step({}, t))["camera/image"].bgr.mean() for t in (0.0, 5.0)] == [77.0, 77.0]


@pytest.mark.parametrize("source", ["", "device:x", "file:", "webcam", "sim:1", "topic:/x", "ftp://host/x", "rtsp:host"])
def test_an_unknown_source_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="expected sim, topic, device, device:N, file:PATH, rtsp://… or http://…"):
        Camera.Config(source=source)


def test_files_that_are_missing_or_no_pictures_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such picture or video"):
        Camera(Camera.Config(source=f"file:{tmp_path / 'none.mp4'}"))
    for content in (b"hello", b""):
        (tmp_path / "text.mp4").write_bytes(content)
        with pytest.raises(FileError, match="neither a picture nor a video"):
            Camera(Camera.Config(source=f"file:{tmp_path / 'text.mp4'}"))


def test_a_picture_that_is_cut_off_is_an_error(tmp_path: Path) -> None:
    whole = cv2.imencode(".jpg", grey(90))[1].tobytes()
    (tmp_path / "half.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileError, match=r"half\.jpg: the file is cut off"):
        Camera(Camera.Config(source=f"file:{tmp_path / 'half.jpg'}"))


def test_a_video_that_vanishes_while_it_plays_is_a_lost_camera(video: Path) -> None:
    """And not the end of the eyes."""
    whole = video.read_bytes()
    made = Camera(Camera.Config(source=f"file:{video}"))
    assert level(made, 0.0) == 0
    video.unlink()
    seen = [level(made, 0.1 * tick) for tick in range(1, 30)]
    assert seen[-1] is None and "no such picture or video" in made.problem
    video.write_bytes(whole)
    assert [level(made, 60.0), level(made, 60.1)] == [0, 1] and made.problem == ""


def test_a_missing_device_is_an_error_that_lists_what_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "devices", lambda: ["/dev/video4", "/dev/video5"])
    with pytest.raises(FileError, match=r"no camera at /dev/video2; found: /dev/video4, /dev/video5; connect it.*allow_missing"):
        Camera(Camera.Config(source="device:2"))


# ---------------------------------------------------------------- a device that comes and goes


class FakeCapture:
    """A camera whose frames are handed in; None makes it fail as an unplugged one does."""

    def __init__(self) -> None:
        self.frames: queue.Queue[np.ndarray | None] = queue.Queue()
        self.taken = threading.Semaphore(0)
        self.released = threading.Event()

    def read(self) -> tuple[bool, Any]:
        self.taken.release()  # the thread has dealt with the frame before
        frame = self.frames.get()
        return frame is not None, frame

    def release(self) -> None:
        self.released.set()

    def feed(self, *frames: np.ndarray | None) -> None:
        """Hand in frames and wait until the thread has stored all of them."""
        for frame in frames:
            assert self.taken.acquire(timeout=60)
            self.frames.put(frame)
        if None in [None if frame is None else 0 for frame in frames]:
            assert self.released.wait(timeout=60)
        else:
            assert self.taken.acquire(timeout=60)
            self.taken.release()


class Clock:
    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


def test_the_newest_picture_wins_and_carries_its_age() -> None:
    capture, clock = FakeCapture(), Clock()
    source = ReaderSource(lambda: capture, (320, 240), DEVICE, clock=clock)
    assert source.read({}, 7.0) is None, "a step never waits for the camera"
    capture.feed(grey(10), grey(20), grey(30))
    clock.now_s += 0.04
    image = source.read({}, 7.0)
    assert image is not None and image.bgr.mean() == 30.0 and image.stamp_s == pytest.approx(6.96)
    assert source.read({}, 7.1) is None
    capture.feed(None)


def test_a_device_that_falls_silent_is_lost() -> None:
    capture, clock = FakeCapture(), Clock()
    source = ReaderSource(lambda: capture, (320, 240), DEVICE, clock=clock)
    capture.feed(grey(10))
    assert source.read({}, 1.0) is not None
    clock.now_s += 1.9
    assert source.read({}, 2.9) is None
    clock.now_s += 0.2
    with pytest.raises(SourceLostError, match=r"no picture for 2\.1 s"):
        source.read({}, 3.1)
    capture.feed(None)


def test_a_lost_device_is_told_and_opened_again_with_back_off(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    opened: list[float] = []
    captures = [FakeCapture(), FakeCapture()]
    there, now_s = [True], [0.0]

    def open_fake(number: int, width_px: int, height_px: int) -> FakeCapture:
        opened.append(now_s[0])
        if not there[0]:
            raise SourceLostError("no camera at /dev/video0; found: none")
        return captures.pop(0)

    monkeypatch.setattr(camera, "open_device", open_fake)
    first, second = captures
    made = Camera(Camera.Config(source="device"))
    first.feed(grey(10))
    assert [topic for topic, _ in made.step({}, 0.2)] == ["camera/image", "camera/image/compressed"]
    there[0] = False
    first.feed(None)  # unplugged
    for tick in range(1, 100):
        now_s[0] = 0.2 * tick + 0.2
        assert made.step({}, now_s[0]) == []
    assert np.allclose(np.diff(opened[1:]), [2.0, 4.0, 8.0], atol=0.21), "1, 2, 4, 8 … s between attempts"
    assert made.problem.startswith("no camera at /dev/video0")
    there[0] = True
    while captures:
        now_s[0] += 0.2
        made.step({}, now_s[0])
    second.feed(grey(40))
    assert dict(made.step({}, now_s[0] + 0.2))["camera/image"].bgr.mean() == 40.0
    assert made.problem == ""
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "camera: the camera stopped giving pictures; trying again",
        "camera: no camera at /dev/video0; found: none; trying again",
        "camera: pictures again",
    ]
    second.feed(None)


def test_without_a_camera_it_goes_on_only_when_told_so(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(pictures, "devices", list)
    made = Camera(Camera.Config(allow_missing=True))
    assert made.step({}, 5.0) == [] and "found: none" in made.problem
    assert "no camera at /dev/video0; found: none" in caplog.text
    made.reset()
    assert made.problem == ""


# ---------------------------------------------------------------- pictures that are none


BAD = {
    "no picture": None,
    "empty": np.zeros((0, 0, 3), np.uint8),
    "32 bits": np.zeros((240, 320, 3), np.float32),
    "five channels": np.zeros((240, 320, 5), np.uint8),
    "one line": np.zeros(320, np.uint8),
    "too wide": np.zeros((1, 20_000, 3), np.uint8),
}


class Endless:
    """A camera that gives these pictures at once, one after the other, and then the last one for ever."""

    def __init__(self, *pictures: Any) -> None:
        self.pictures, self.reads = list(pictures), 0

    def read(self) -> tuple[bool, Any]:
        self.reads += 1
        return True, self.pictures.pop(0) if len(self.pictures) > 1 else self.pictures[0]

    def release(self) -> None:
        """Nothing to let go of."""


def until(read: Any, seconds: float = 60.0) -> Any:
    """The first answer that is not None."""
    end_s = time.monotonic() + seconds
    while (answer := read()) is None and time.monotonic() < end_s:
        time.sleep(0.002)
    return answer


def test_what_is_no_picture_is_refused_counted_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals()
    source = ReaderSource(lambda: Endless(*BAD.values(), grey(50)), (320, 240), DEVICE, refusals=refusals, clock=Clock())
    image = until(lambda: source.read({}, 1.0))
    assert image is not None and image.bgr.mean() == 50.0
    assert refusals.count == len(BAD)
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["camera"]
    source.close()
    source.wait(60.0)
    assert not source.hangs


OTHER_KINDS = {
    "grey": np.full((240, 320), 50, np.uint8),
    "alpha": np.full((240, 320, 4), 50, np.uint8),
    "16 bits": np.full((240, 320), 50 << 8, np.uint16),
    "8k": np.full((4320, 7680, 3), 50, np.uint8),
}


@pytest.mark.parametrize("picture", OTHER_KINDS.values(), ids=OTHER_KINDS)
def test_pictures_of_other_kinds_become_what_was_asked_for(picture: np.ndarray) -> None:
    source = ReaderSource(lambda: Endless(picture), (320, 240), DEVICE, clock=Clock())
    image = until(lambda: source.read({}, 1.0))
    source.close()
    assert image.bgr.shape == (240, 320, 3) and image.bgr.dtype == np.uint8 and image.bgr.mean() == 50.0


def test_only_bad_pictures_are_a_lost_camera() -> None:
    clock = Clock()
    source = ReaderSource(lambda: Endless(BAD["32 bits"]), (320, 240), DEVICE, clock=clock)
    assert source.read({}, 1.0) is None
    clock.now_s += 2.1
    with pytest.raises(SourceLostError, match=r"no picture for 2\.1 s"):
        source.read({}, 3.1)
    source.close()


def test_what_opencv_raises_is_a_lost_camera() -> None:
    class Broken(Endless):
        def read(self) -> tuple[bool, Any]:
            cv2.resize(np.zeros((0, 0), np.uint8), (1, 1))
            raise AssertionError("not reached")

    source = ReaderSource(lambda: Broken(grey(1)), (320, 240), DEVICE)
    with pytest.raises(SourceLostError, match="OpenCV: "):
        until(lambda: source.read({}, 1.0))


def test_diagnostics_tell_of_a_lost_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "devices", list)
    made = Camera(Camera.Config(allow_missing=True))
    assert isinstance(made, Diagnosing)
    problem, figures = made.diagnose()
    assert problem == "no pictures from device: no camera at /dev/video0; found: none"
    assert figures == {"source": "device", "pictures": "0", "refused": "0"}


class Changing(Endless):
    """A picture of another level each time, and a bad one after every fifth."""

    def read(self) -> tuple[bool, Any]:
        self.reads += 1
        return True, BAD["five channels"] if self.reads % 5 == 0 else grey(self.reads % 200, 64, 48)


def test_ten_thousand_pictures_leave_nothing_behind(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Through the reading thread and the step."""
    caplog.set_level(logging.CRITICAL)  # pytest keeps what is logged
    capture = Changing()
    monkeypatch.setattr(camera, "open_device", lambda number, width_px, height_px: capture)
    monkeypatch.setattr(reader, "_LEAST_PERIOD_S", 0.0)
    made = Camera(Camera.Config(source="device", width_px=64, height_px=48))

    def play(reads: int) -> int:
        """Bytes in use afterwards."""
        end_s = time.monotonic() + 120
        while capture.reads < reads and time.monotonic() < end_s:
            made.step({}, capture.reads * 0.01)
        assert capture.reads >= reads
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before, after = play(1000), play(11_000)
    finally:
        tracemalloc.stop()
        made.close()
    assert after - before < 200_000, f"{after - before} bytes more"
    assert int(made.diagnose()[1]["refused"]) > 200  # how many of the 2,200 the step sees depends on how the threads take turns
