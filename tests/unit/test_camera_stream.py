"""Network cameras: a real MJPEG server on this machine, and every way in which it can let us down.

RTSP is tested for its failures only: OpenCV has no RTSP server, and none is installed.
"""

from __future__ import annotations

import http.server
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from robot_runtime.sense import camera as camera_module
from robot_runtime.sense.address import shown, with_credentials
from robot_runtime.sense.camera import Camera
from robot_runtime.sense.pictures import SourceLostError, open_stream
from robot_runtime.sense.reader import STREAM, Patience
from safety.files import FileError

SECRET = "s3cret"
Play = Callable[[Callable[[bytes], None], threading.Event], None]


def jpeg(level: int, width: int = 64, height: int = 48) -> bytes:
    return cv2.imencode(".jpg", np.full((height, width, 3), level, np.uint8))[1].tobytes()


class Server(http.server.ThreadingHTTPServer):
    """Plays to each client in turn what the next of ``plays`` does; the last one again and again."""

    daemon_threads = True

    def __init__(self, *plays: Play) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.plays, self.asked, self.over = list(plays), 0, threading.Event()

    @property
    def address(self) -> str:
        return f"http://me:{SECRET}@127.0.0.1:{self.server_port}/{SECRET}.mjpg?key={SECRET}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *arguments: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        play = self.server.plays[min(self.server.asked, len(self.server.plays) - 1)]
        self.server.asked += 1
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        try:
            play(self._part, self.server.over)
        except OSError:
            return  # the client has gone

    def _part(self, data: bytes) -> None:
        self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data) + data + b"\r\n")


@contextmanager
def serving(*plays: Play) -> Iterator[Server]:
    server = Server(*plays)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def steady(send: Callable[[bytes], None], over: threading.Event) -> None:
    while not over.wait(0.02):
        send(jpeg(90))


class Watched:
    """A camera that is stepped in real time."""

    def __init__(self, source: str, **more: Any) -> None:
        self.camera = Camera(Camera.Config(source=source, width_px=64, height_px=48, **more))
        self.levels: list[float] = []

    def until(self, done: Callable[[], bool], seconds: float = 60.0) -> bool:
        end_s = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end_s:
                return False
            outbox = dict(self.camera.step({}, time.monotonic()))
            if outbox:
                self.levels.append(float(outbox["camera/image"].bgr.mean()))
            time.sleep(0.01)
        return True

    def figure(self, name: str) -> str:
        return dict(self.camera.diagnose()[1]).get(name, "")


class Noted:
    """A stream that notes which threads wait for it."""

    def __init__(self, address: str, waited: set[int]) -> None:
        self._waited = waited
        waited.add(threading.get_ident())
        self._capture = open_stream(address)

    def read(self) -> tuple[bool, Any]:
        self._waited.add(threading.get_ident())
        return self._capture.read()

    def release(self) -> None:
        self._capture.release()


@contextmanager
def watching(source: str, **more: Any) -> Iterator[Watched]:
    waited: set[int] = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(camera_module, "open_stream", lambda address: Noted(address, waited))
        watched = Watched(source, **more)
        try:
            yield watched
        finally:
            watched.camera.close()
    assert waited and threading.get_ident() not in waited, "a step never waits for the network"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waits of a network camera, a tenth as long."""
    monkeypatch.setattr(camera_module, "STREAM", Patience(1.2, 0.5, STREAM.misses))
    monkeypatch.setattr(camera_module, "_FIRST_RETRY_S", 0.1)
    monkeypatch.setattr("robot_runtime.sense.pictures._READ_MS", 500)
    monkeypatch.setattr("robot_runtime.sense.pictures._OPEN_MS", 1000)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no reason to open a stream again."""
    monkeypatch.setattr(camera_module, "STREAM", Patience(300.0, 300.0, STREAM.misses))
    for name in ("_READ_MS", "_OPEN_MS"):
        monkeypatch.setattr(f"robot_runtime.sense.pictures.{name}", 300_000)


def test_an_mjpeg_stream_is_seen(patient: None) -> None:
    with serving(steady) as server, watching(server.address) as watched:
        assert watched.until(lambda: len(watched.levels) >= 5)
        assert watched.levels[0] == pytest.approx(90, abs=2)
        assert watched.camera.problem == "" and watched.figure("refused") == "0"


def damaged(data: bytes) -> Play:
    """Sound pictures with a bad one after every third."""

    def play(send: Callable[[bytes], None], over: threading.Event) -> None:
        number = 0
        while not over.wait(0.02):
            number += 1
            send(data if number % 4 == 0 else jpeg(90))

    return play


@pytest.mark.parametrize(
    "data",
    [jpeg(90)[: len(jpeg(90)) // 2], b"", b"\xff\xd8\xff\xd9", b"GIF89a" + bytes(100), jpeg(90)[:-40]],
    ids=["half", "nothing", "no pixels", "another format", "no end"],
)
def test_a_damaged_picture_in_a_stream_does_not_end_it(data: bytes, patient: None) -> None:
    with serving(damaged(data)) as server, watching(server.address) as watched:
        assert watched.until(lambda: len(watched.levels) >= 12)
        assert server.asked == 1, "no new connection"


def test_pictures_of_8k_are_made_smaller_before_a_step_sees_them(patient: None) -> None:
    huge = jpeg(60, 7680, 4320)

    def play(send: Callable[[bytes], None], over: threading.Event) -> None:
        while not over.wait(0.1):
            send(huge)

    with serving(play) as server, watching(server.address) as watched:
        assert watched.until(lambda: bool(watched.levels))
        assert watched.levels[0] == pytest.approx(60, abs=2)


def close_after_five(send: Callable[[bytes], None], over: threading.Event) -> None:
    for _ in range(5):
        send(jpeg(40))
        over.wait(0.05)


def stall_after_five(send: Callable[[bytes], None], over: threading.Event) -> None:
    close_after_five(send, over)
    over.wait()


def stall_at_once(send: Callable[[bytes], None], over: threading.Event) -> None:
    over.wait()


@pytest.mark.parametrize("first", [close_after_five, stall_after_five, stall_at_once])
def test_a_stream_that_ends_or_stalls_is_told_of_and_opened_again(quick: None, first: Play, caplog: pytest.LogCaptureFixture) -> None:
    with serving(first, steady) as server, watching(server.address) as watched:
        assert watched.until(lambda: watched.camera.problem != "")
        assert watched.camera.diagnose()[0].startswith(f"no pictures from http://127.0.0.1:{server.server_port}/…: ")
        assert watched.until(lambda: bool(watched.levels) and watched.levels[-1] > 80), watched.camera.diagnose()
        assert watched.camera.problem == ""
    assert "camera: pictures again" in caplog.text


def test_who_never_answers_holds_up_nobody(quick: None) -> None:
    """A port that accepts and says nothing, as a camera that hangs does; and no more than one thread waits for it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        before = threading.active_count()
        for scheme in ("rtsp", "http"):
            with watching(f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/") as watched:
                assert watched.until(lambda: watched.camera.problem != "")
                watched.until(lambda: False, 1.5)
                assert threading.active_count() <= before + 2


def test_a_driver_that_hangs_for_good_gets_one_thread_not_one_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    hang, opened = threading.Event(), []

    def open_hanging(address: str) -> Any:
        opened.append(address)
        hang.wait()
        raise SourceLostError("gave up at last")

    monkeypatch.setattr(camera_module, "open_stream", open_hanging)
    monkeypatch.setattr(camera_module, "STREAM", Patience(0.0, 0.0, 0))
    made = Camera(Camera.Config(source="rtsp://127.0.0.1/"))
    problems = []
    for second in range(100):
        time.sleep(0.001)
        made.step({}, float(second))  # else it would not come back
        problems.append(made.problem)
    assert len(opened) == 1
    assert problems[-1] == "the driver has not let go of it since the last attempt"
    hang.set()
    made.close()


@pytest.mark.parametrize("scheme", ["rtsp", "rtsps", "http"])
def test_no_password_is_ever_told(quick: None, scheme: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """Nobody answers at this port; FFmpeg, OpenCV and we say so."""
    caplog.set_level(logging.DEBUG)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with watching(f"{scheme}://me:{SECRET}@127.0.0.1:{port}/user=me_password={SECRET}?key={SECRET}") as watched:
        assert watched.until(lambda: watched.camera.problem != "")
        told = repr(watched.camera.diagnose()) + caplog.text + "".join(capfd.readouterr())
    assert f"{scheme}://127.0.0.1:{port}/…" in told
    assert SECRET not in told


@pytest.mark.parametrize(
    "source", [f"rtsp://me:{SECRET}@/x", f"rtsp://me:{SECRET}@host:port/x", f"http://me:{SECRET}@[::1/x", f"rtsp://h/{SECRET} x"]
)
def test_an_address_that_is_none_is_refused_without_being_repeated(source: str) -> None:
    with pytest.raises(FileError, match="no address of a camera") as error:
        Camera(Camera.Config(source=source))
    assert SECRET not in str(error.value)


def test_credentials_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "camera.txt"
    file.write_text("me:p@ss/w:rd\n")
    assert with_credentials("rtsp://10.0.0.7:8554/main", str(file)) == "rtsp://me:p%40ss%2Fw%3Ard@10.0.0.7:8554/main"
    assert shown(with_credentials("rtsp://10.0.0.7/main", str(file))) == "rtsp://10.0.0.7/…"
    for text in ("", SECRET, f":{SECRET}", f"me:{SECRET}\nmore"):
        file.write_text(text)
        with pytest.raises(FileError, match="expected one line user:password") as error:
            Camera(Camera.Config(source="rtsp://10.0.0.7/", credentials_file=str(file)))
        assert SECRET not in str(error.value)
