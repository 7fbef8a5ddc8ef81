"""The planner's client against servers in real sockets, most of which misbehave: it always ends in time, with a reason."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from robot_runtime.mind.vlm.chat import structured
from robot_runtime.mind.vlm.events import EngineError, Prompt
from robot_runtime.mind.vlm.server import MOST_ANSWER_BYTES, Server
from robot_runtime.mind.vlm.settings import VlmConfig
from tests.unit.scripted_server import EVENTS, ScriptedServer, endless, event, reply, says, sends

PROMPT = Prompt("rules", '{"said":"hello"}', None, {"type": "object"})
TIMEOUT_S = 1.0
SILENCE_S = 0.4


def ask(server: ScriptedServer, timeout_s: float = TIMEOUT_S, **config: Any) -> list[str]:
    return list(Server(VlmConfig(url=server.url, silence_s=SILENCE_S, **config)).stream(PROMPT, timeout_s))


def json_answer(content: Any) -> bytes:
    return reply("200 OK", "application/json", json.dumps(content).encode())


def test_pieces_come_as_they_are_written() -> None:
    with ScriptedServer([says('{"say":', ' "Hé"}')]) as server:
        assert ask(server) == ['{"say":', ' "Hé"}']


def test_a_piece_is_handed_on_before_the_next_one_is_there() -> None:
    go_on = threading.Event()

    def act(connection: socket.socket) -> None:
        connection.sendall(EVENTS + event("first"))
        assert go_on.wait(3.0)
        connection.sendall(event("second", "stop"))

    with ScriptedServer([act]) as server:
        stream = Server(VlmConfig(url=server.url)).stream(PROMPT, 5.0)
        assert next(stream) == "first"
        go_on.set()
        assert list(stream) == ["second"]


def test_bytes_may_be_cut_anywhere_even_within_a_letter() -> None:
    def act(connection: socket.socket) -> None:
        text = 'data: {"choices":[{"delta":{"content":"Hé"}}]}'
        for byte in EVENTS + f": a remark\r\n\r\n{text}\r\n\r\ndata: [DONE]\r\n\r\n".encode():
            connection.sendall(bytes([byte]))

    with ScriptedServer([act]) as server:
        assert ask(server, 3.0) == ["Hé"]


def test_a_server_that_does_not_stream_is_understood_too() -> None:
    with ScriptedServer([sends(json_answer({"choices": [{"message": {"content": "whole"}, "finish_reason": "stop"}]}))]) as server:
        assert ask(server) == ["whole"]


def test_chunked_transfer_and_events_without_text() -> None:
    chunks = [b'data: {"choices":[]}\n\n', event(None), event("x"), event("", "stop")]
    content = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    with ScriptedServer([sends(head + content)]) as server:
        assert ask(server) == ["x"]


def test_what_is_asked_names_the_schema_and_keeps_data_out_of_the_system_message() -> None:
    with ScriptedServer([says("x")]) as server:
        ask(server, model="m", structured="json_schema")
    head, _, content = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    sent = json.loads(content)
    assert sent["messages"] == [{"role": "system", "content": "rules"}, {"role": "user", "content": '{"said":"hello"}'}]
    assert sent["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert sent["stream"] is True and sent["model"] == "m"


def test_a_service_without_choices_at_the_top_is_sent_one_object() -> None:
    shapes = [{"type": "object", "properties": {"say": {"type": kind}}} for kind in ("string", "null")]
    sent = structured({"anyOf": shapes, "$defs": {}}, "one_object")["response_format"]["json_schema"]["schema"]
    assert sent["properties"] == {"say": {"anyOf": [{"type": "string"}, {"type": "null"}]}} and sent["type"] == "object"


def test_a_key_comes_from_its_file(tmp_path: Any) -> None:
    (tmp_path / "key").write_text("secret\n")
    with ScriptedServer([says("x")]) as server:
        ask(server, api_key_file=str(tmp_path / "key"))
    assert b"\r\nAuthorization: Bearer secret\r\n" in server.requests[0]


# ---------------------------------------------------------------- servers that misbehave


def refuse(act: Callable[[socket.socket], None] | bytes, expected: str, again: bool, within_s: float = TIMEOUT_S + 0.5) -> ScriptedServer:
    """The client gives up because of ``expected``, in time."""
    with ScriptedServer([sends(act) if isinstance(act, bytes) else act]) as server:
        began_s = time.monotonic()
        with pytest.raises(EngineError, match=expected) as caught:
            ask(server)
        assert time.monotonic() - began_s < within_s
        assert caught.value.again is again
    return server


BAD_ANSWERS: dict[str, tuple[bytes, str, bool]] = {
    "it breaks off within an event": (EVENTS + event("a") + event("b")[:20], "ended before the answer", True),
    "it ends without a word of the end": (EVENTS + event("a"), "ended before the answer", True),
    "it ends after its headers": (EVENTS, "ended before the answer", True),
    "it closes at once": (b"", "closed connection|reset", True),
    "it answers in no HTTP": (b"hello\r\n\r\n", "hello", True),
    "events are no JSON": (EVENTS + b"data: {oops\n\n", "no JSON", True),
    "events are nested without end": (EVENTS + b"data: " + b"[" * 100_000 + b"\n\n", "no JSON", True),
    "events are lists": (EVENTS + b"data: [1]\n\n", "no list of choices", True),
    "choices are an object": (EVENTS + b'data: {"choices":{}}\n\n', "no list of choices", True),
    "choices are numbers": (EVENTS + b'data: {"choices":[7]}\n\n', "no delta", True),
    "content is a number": (EVENTS + b'data: {"choices":[{"delta":{"content":7}}]}\n\n', "must be text", True),
    "the reason is a list": (EVENTS + b'data: {"choices":[{"delta":{},"finish_reason":[]}]}\n\n', "must be text", True),
    "it tells an error in the stream": (EVENTS + b'data: {"error":{"message":"out of memory"}}\n\n', "out of memory", True),
    "it is not UTF-8": (EVENTS + b"data: \xff\xfe\n\n", "not UTF-8", True),
    "the answer was cut at its limit": (EVENTS + event("a", "length"), "most_tokens", False),
    "status 500": (reply("500 Oops", "text/plain", b"it broke"), "status 500: it broke", True),
    "status 503": (reply("503 Busy", "text/plain", b""), "status 503", True),
    "status 429": (reply("429 Slow down", "text/plain", b""), "status 429", True),
    "status 400": (reply("400 Bad", "application/json", b'{"error":"no such field"}'), "no such field", False),
    "status 404": (reply("404 None", "text/html", b"<html>"), "status 404", False),
    "it sends a web page": (reply("200 OK", "text/html", b"<html>"), "sends text/html", False),
    "it sends no type": (b"HTTP/1.1 200 OK\r\n\r\n{}", "sends text/plain", False),
    "JSON that is cut": (reply("200 OK", "application/json", b'{"choices":[{"mess'), "no JSON", True),
    "JSON shorter than it says": (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{}", ".", True),
    "JSON of another shape": (json_answer({"answer": "x"}), "no list of choices", True),
    "a chunk of no length": (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "IncompleteRead|ended", True
    ),
    "a header without end": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000, "header", True),
    "very many headers": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "headers", True),
    "a status without end": (b"HTTP/1.1 " + b"2" * 100_000, "status line", True),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_a_bad_answer_ends_with_its_reason(name: str) -> None:
    content, expected, again = BAD_ANSWERS[name]
    refuse(content, expected, again)


def test_a_server_that_says_nothing() -> None:
    with ScriptedServer([]) as silent:
        silent.acts = [lambda connection: silent.wait(3.0)]
        with pytest.raises(EngineError, match=r"silent for 0\.4 s"):
            ask(silent)


@pytest.mark.parametrize(
    "head, drop", [(b"", b"H"), (b"HTTP/1.1 200 OK\r\n", b"X"), (EVENTS, b":"), (EVENTS, event(""))],
    ids=["status", "headers", "a remark", "events"],
)  # fmt: skip
def test_a_server_that_drips_is_left_when_the_time_is_over(head: bytes, drop: bytes) -> None:
    with ScriptedServer([]) as slow:
        slow.acts = [endless(slow, drop, head, 0.05)]
        began_s = time.monotonic()
        with pytest.raises(EngineError, match="no answer within 1 s"):
            ask(slow)
        assert time.monotonic() - began_s < TIMEOUT_S + 0.5


@pytest.mark.parametrize(
    "content", [event("x" * 1000), b": remarks\n\n" * 100, b"data: " + b"x" * 10_000], ids=["text", "remarks", "one event"]
)
def test_a_stream_without_end_is_left(content: bytes) -> None:
    with ScriptedServer([]) as mad:
        mad.acts = [endless(mad, content, EVENTS)]
        with pytest.raises(EngineError, match=r"more than|no answer within"):
            ask(mad, timeout_s=5.0)


def test_a_huge_answer_is_left() -> None:
    huge = b'{"choices":"' + b"x" * (2 * MOST_ANSWER_BYTES) + b'"}'
    refuse(reply("200 OK", "application/json", huge), "more than", again=False, within_s=3.0)


def test_a_redirection_is_not_followed() -> None:
    with ScriptedServer([says("x")]) as other:
        refuse(reply("307 Elsewhere", "text/plain", b"", f"Location: {other.url}"), "sends elsewhere", again=False)
        assert other.requests == []


def test_a_server_that_resets_the_connection() -> None:
    def act(connection: socket.socket) -> None:
        connection.sendall(EVENTS + event("a"))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    refuse(act, "reset|ended before", again=True)


def test_a_server_that_closes_its_half_and_stays() -> None:
    with ScriptedServer([]) as half:

        def act(connection: socket.socket) -> None:
            connection.sendall(EVENTS + event("a"))
            connection.shutdown(socket.SHUT_WR)
            half.wait(3.0)

        half.acts = [act]
        with pytest.raises(EngineError, match="ended before"):
            ask(half)


def test_nobody_listens() -> None:
    with ScriptedServer([says("x")]) as server:
        url = server.url
    with pytest.raises(EngineError, match="nobody listens"):
        list(Server(VlmConfig(url=url)).stream(PROMPT, 1.0))


def test_another_thread_can_cancel() -> None:
    with ScriptedServer([]) as silent:
        silent.acts = [endless(silent, b"", EVENTS + event("a"), 1.0)]
        engine = Server(VlmConfig(url=silent.url, silence_s=10.0))
        stream = engine.stream(PROMPT, 10.0)
        assert next(stream) == "a"
        threading.Timer(0.1, engine.cancel).start()
        began_s = time.monotonic()
        with pytest.raises(EngineError):
            next(stream)
        assert time.monotonic() - began_s < 2.0


# ---------------------------------------------------------------- settings


def test_pictures_do_not_leave_the_robot_unless_somebody_says_so() -> None:
    for url in ("http://192.168.0.7:8080/v1", "https://api.example.org/v1", "http://127.0.0.1.example.org/v1"):
        with pytest.raises(ValueError, match="may_leave_robot"):
            VlmConfig(url=url)
        assert VlmConfig(url=url, may_leave_robot=True).url == url
    for url in ("http://localhost:1234/v1", "http://[::1]:1234/v1", "http://127.0.0.2/v1"):
        assert VlmConfig(url=url).url == url


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8080", "ftp://127.0.0.1/v1", "http:///v1", "http://me:secret@127.0.0.1/v1", "http://127.0.0.1/v1?key=x"]
)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"vlm\.url"):
        VlmConfig(url=url)
