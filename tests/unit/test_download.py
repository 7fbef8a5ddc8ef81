"""Fetching models: goes on where it was cut, and never leaves half a file where a whole one is looked for."""

from __future__ import annotations

import fcntl
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from robot_runtime import download as module
from robot_runtime.download import DownloadError, download

BODY = bytes(range(256)) * 4000
HASH = hashlib.sha256(BODY).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves BODY; what goes wrong is set by a test."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.body, self.breaks_after, self.knows_ranges, self.status = BODY, len(BODY), True, 200
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/model.onnx"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        self.server.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.server.knows_ranges else 0
        if self.server.status != 200:
            self.send_error(self.server.status)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(self.server.body) - start))
        self.end_headers()
        self.wfile.write(self.server.body[start : start + self.server.breaks_after])

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "model.onnx"


def fetch(server: Server, file: Path) -> None:
    download(server.url, file, HASH, len(BODY))


def test_a_file_comes_whole_and_nothing_else_is_left(server: Server, file: Path) -> None:
    told: list[int] = []
    download(server.url, file, HASH, len(BODY), told.append)
    assert file.read_bytes() == BODY
    assert told[-1] == len(BODY)
    assert list(file.parent.iterdir()) == [file]


def test_a_broken_connection_leaves_no_file_and_the_next_call_goes_on(server: Server, file: Path) -> None:
    server.breaks_after = 300_000
    for done in (300_000, 600_000, 900_000):
        with pytest.raises(DownloadError, match="run it again to go on"):
            fetch(server, file)
        assert not file.exists()
        assert file.with_name("model.onnx.part").stat().st_size == done
    fetch(server, file)
    assert file.read_bytes() == BODY
    assert server.asked == ["", "bytes=300000-", "bytes=600000-", "bytes=900000-"]


def test_a_server_without_ranges_sends_the_whole_again(server: Server, file: Path) -> None:
    server.breaks_after = 300_000
    with pytest.raises(DownloadError):
        fetch(server, file)
    server.breaks_after, server.knows_ranges = len(BODY), False
    fetch(server, file)
    assert file.read_bytes() == BODY


@pytest.mark.parametrize("body", [BODY[:-1] + b"!", BODY + b"more", b""])
def test_other_bytes_than_expected_never_become_the_file(server: Server, file: Path, body: bytes) -> None:
    server.body, server.breaks_after = body, len(BODY) + 4
    for _ in range(2):  # the second call starts anew, or goes on with what cannot become right
        with pytest.raises(DownloadError):
            fetch(server, file)
        assert not file.exists()
    server.body = BODY
    if body == BODY + b"more":
        assert not file.with_name("model.onnx.part").exists()
    fetch(server, file)
    assert file.read_bytes() == BODY


def test_a_part_that_was_there_before_is_judged_by_its_hash(server: Server, file: Path) -> None:
    file.parent.mkdir()
    file.with_name("model.onnx.part").write_bytes(b"x" * len(BODY))
    with pytest.raises(DownloadError, match="nothing was kept"):
        fetch(server, file)
    fetch(server, file)
    file.unlink()
    file.with_name("model.onnx.part").write_bytes(BODY + b"too much")
    fetch(server, file)
    assert file.read_bytes() == BODY


def test_an_old_file_stays_until_the_new_one_is_whole(server: Server, file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"old")
    server.status = 503
    with pytest.raises(DownloadError, match="503"):
        fetch(server, file)
    assert file.read_bytes() == b"old"


def test_without_a_network_one_line_says_so(file: Path) -> None:
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1.*refused"):
        download("http://127.0.0.1:9/model.onnx", file, HASH, len(BODY))
    assert not file.exists()


def test_two_at_once_do_not_mix_their_bytes(server: Server, file: Path) -> None:
    file.parent.mkdir()
    with file.with_name("model.onnx.part").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(DownloadError, match="another fetch"):
            fetch(server, file)


def test_a_silent_server_is_given_up(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.1)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=True) as mute:  # listens, answers nobody
        with pytest.raises(DownloadError, match="timed out"):
            download(f"http://127.0.0.1:{mute.server_address[1]}/", file, HASH, len(BODY))
        mute.server_close()
