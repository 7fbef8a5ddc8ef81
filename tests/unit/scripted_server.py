"""A server in real sockets that does exactly what a test tells it, however bad: one function a connection."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType

Act = Callable[[socket.socket], None]

EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n"


@dataclass
class ScriptedServer:
    """Its acts are played connection by connection, the last one again and again."""

    acts: Sequence[Act]
    requests: list[bytes] = field(default_factory=list)  # headers and body of each connection
    port: int = 0

    def __enter__(self) -> ScriptedServer:
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join(2.0)
        self._listener.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def wait(self, seconds: float) -> None:
        """Silence, ended early when the test is over."""
        self._ended.wait(seconds)

    def goes_on(self) -> Iterator[None]:
        """Without end, until the test is over."""
        while not self._ended.is_set():
            yield

    def _serve(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = self._listener.accept()
                act = self.acts[min(len(self.requests), len(self.acts) - 1)]
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(5.0)
                    self.requests.append(_request(connection))
                    act(connection)


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head = data.partition(b"\r\n\r\n")[0].lower()
    length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(data) < len(head) + 4 + length:
        data += connection.recv(65536)
    return data


def endless(server: ScriptedServer, content: bytes, head: bytes = b"", pause_s: float = 0.0) -> Act:
    """A head, and then the same again and again until the test is over."""

    def act(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in server.goes_on():
            connection.sendall(content)
            server.wait(pause_s)

    return act


def event(text: str | None, reason: str | None = None) -> bytes:
    """One chunk as servers send it."""
    chunk = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def says(*pieces: str) -> Act:
    """A stream of these pieces, ended as it should be."""
    content = EVENTS + b"".join(map(event, pieces)) + event("", "stop") + b"data: [DONE]\n\n"
    return lambda connection: connection.sendall(content)


def sends(content: bytes) -> Act:
    """These bytes and the end."""
    return lambda connection: connection.sendall(content)


def reply(status: str, kind: str, content: bytes, *headers: str) -> bytes:
    """A whole answer in HTTP."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content
