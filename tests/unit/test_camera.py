"""The camera driver: files, a device that comes and goes, and clear words when there is none."""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from robot_runtime.messages import EncodedImage, Image
from robot_runtime.sense import camera, pictures
from robot_runtime.sense.camera import Camera
from robot_runtime.sense.pictures import DeviceSource, SourceLostError
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


@pytest.mark.parametrize("source", ["", "device:x", "file:", "webcam", "sim:1"])
def test_an_unknown_source_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="expected sim, device, device:N or file:PATH"):
        Camera.Config(source=source)


def test_files_that_are_missing_or_no_pictures_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such picture or video"):
        Camera(Camera.Config(source=f"file:{tmp_path / 'none.mp4'}"))
    (tmp_path / "text.mp4").write_text("hello")
    with pytest.raises(FileError, match="neither a picture nor a video"):
        Camera(Camera.Config(source=f"file:{tmp_path / 'text.mp4'}"))


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
            assert self.taken.acquire(timeout=5)
            self.frames.put(frame)
        if None in [None if frame is None else 0 for frame in frames]:
            assert self.released.wait(timeout=5)
        else:
            assert self.taken.acquire(timeout=5)
            self.taken.release()


class Clock:
    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


def test_the_newest_picture_wins_and_carries_its_age() -> None:
    capture, clock = FakeCapture(), Clock()
    source = DeviceSource(capture, 320, 240, clock)
    assert source.read({}, 7.0) is None, "a step never waits for the camera"
    capture.feed(grey(10), grey(20), grey(30))
    clock.now_s += 0.04
    image = source.read({}, 7.0)
    assert image is not None and image.bgr.mean() == 30.0 and image.stamp_s == pytest.approx(6.96)
    assert source.read({}, 7.1) is None
    capture.feed(None)


def test_a_device_that_falls_silent_is_lost() -> None:
    capture, clock = FakeCapture(), Clock()
    source = DeviceSource(capture, 320, 240, clock)
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
