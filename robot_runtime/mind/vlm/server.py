"""Asks an OpenAI-compatible server over HTTP.  Whatever the server does, an attempt ends in time and within its size."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from robot_runtime.mind.vlm.chat import body
from robot_runtime.mind.vlm.events import EngineError, Prompt
from robot_runtime.mind.vlm.settings import VlmConfig
from robot_runtime.mind.vlm.sse import EventStream, StreamError, delta, message

MOST_ANSWER_BYTES = 1 << 20
"""A plan is a few hundred; what is longer is no plan."""

_READ_BYTES = 1 << 14
_BUSY = (408, 425, 429)


class Server:
    """See :class:`~robot_runtime.mind.vlm.events.Engine`.  Proxies of the environment are not used, redirects not followed: what the
    camera sees goes to the named server and nowhere else.
    """

    def __init__(self, config: VlmConfig) -> None:
        self._config = config
        parts = urlsplit(config.url)
        self._host = parts.hostname or ""
        self._port = parts.port
        self._secure = parts.scheme == "https"
        self._path = f"{parts.path.rstrip('/')}/chat/completions"
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def stream(self, prompt: Prompt, timeout_s: float) -> Iterator[str]:
        """One request.

        :raises EngineError: in whatever way it fails
        """
        silence_s = min(timeout_s, self._config.silence_s)
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=silence_s)
        watchdog = threading.Timer(timeout_s, self.cancel)  # a time-out of the socket begins anew with every byte
        watchdog.daemon = True
        end_s = time.monotonic() + timeout_s
        try:
            watchdog.start()
            yield from self._exchange(connection, json.dumps(body(prompt, self._config)).encode(), end_s)
        except (EngineError, OSError, http.client.HTTPException, StreamError) as error:
            if time.monotonic() >= end_s:  # whatever it looked like, the watchdog was the reason
                raise EngineError(f"no answer within {timeout_s:g} s", again=False) from error
            if isinstance(error, EngineError):
                raise
            raise EngineError(f"silent for {silence_s:g} s" if isinstance(error, TimeoutError) else _told(error), again=True) from error
        finally:
            watchdog.cancel()
            with self._lock:
                self._socket = None
            connection.close()

    def cancel(self) -> None:
        """Wakes :meth:`stream` up where it waits for bytes."""
        with self._lock:
            if self._socket is not None:
                with contextlib.suppress(OSError):  # the server was faster
                    self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.cancel()

    def _exchange(self, connection: http.client.HTTPConnection, request: bytes, end_s: float) -> Iterator[str]:
        connection.connect()
        with self._lock:
            self._socket = connection.sock
        connection.request("POST", self._path, request, self._headers())
        response = connection.getresponse()
        if response.status != 200:
            raise _status_error(response)
        kind = response.headers.get_content_type()
        if kind == "text/event-stream":
            yield from _streamed(response, end_s)
        elif kind == "application/json":
            yield _whole(response, end_s)
        else:
            raise EngineError(f"sends {kind}, neither a stream of events nor JSON", again=False)

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json"}
        if self._config.api_key_file:
            key = Path(self._config.api_key_file).expanduser().read_text(encoding="utf-8").strip()
            headers["Authorization"] = f"Bearer {key}"
        return headers


def _told(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    return str(error)[:200] or type(error).__name__


def _status_error(response: http.client.HTTPResponse) -> EngineError:
    if 300 <= response.status < 400:
        return EngineError(f"status {response.status}: sends elsewhere, which is not followed", again=False)
    said = response.read1(300).decode(errors="replace").strip()
    return EngineError(f"status {response.status}: {said}", again=response.status >= 500 or response.status in _BUSY)


def _pieces(response: http.client.HTTPResponse, end_s: float) -> Iterator[bytes]:
    """The body as it arrives.

    :raises EngineError: it is too long, or takes too long
    """
    size = 0
    while piece := response.read1(_READ_BYTES):
        size += len(piece)
        if size > MOST_ANSWER_BYTES:
            raise EngineError(f"an answer of more than {MOST_ANSWER_BYTES} bytes", again=False)
        if time.monotonic() >= end_s:
            raise TimeoutError
        yield piece


def _streamed(response: http.client.HTTPResponse, end_s: float) -> Iterator[str]:
    events = EventStream(MOST_ANSWER_BYTES)
    for piece in _pieces(response, end_s):
        for event in events.feed(piece):
            if event == "[DONE]":
                return
            text, reason = delta(_parsed(event))
            if text:
                yield text
            _check_reason(reason)
            if reason:
                return
    raise EngineError("the stream ended before the answer did", again=True)


def _whole(response: http.client.HTTPResponse, end_s: float) -> str:
    text, reason = message(_parsed(b"".join(_pieces(response, end_s))))
    _check_reason(reason)
    return text


def _check_reason(reason: str) -> None:
    if reason == "length":
        raise EngineError("the answer was cut at most_tokens", again=False)


def _parsed(text: str | bytes) -> Any:
    """:raises EngineError: it is no JSON"""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EngineError("sends what is no JSON", again=True) from error
