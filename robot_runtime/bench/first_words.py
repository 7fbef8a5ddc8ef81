"""When the robot begins to speak while a language model still writes its plan: over a real socket, at a model's pace.

What writes here is no model but a server with one plan, a few letters at a time: the figures tell what the runtime adds and what
streaming gains, whatever weights a robot has.
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from robot_runtime.messages import Utterance
from robot_runtime.mind.known import Known
from robot_runtime.mind.menu import menu_of
from robot_runtime.mind.planner import Answer, Request
from robot_runtime.mind.vlm.planner import VlmPlanner
from robot_runtime.mind.vlm.settings import VlmConfig
from robot_runtime.nodes import NODES
from robot_runtime.observe.figures import Figure, figure

TOKENS_A_S = 30.0
"""An assumption for the table, not measured: what a model reaches depends on its weights and the machine."""

_TOKEN_CHARS = 4
_WORDS = "could you get me the red cup"
_STEPS = [{"do": "go_to", "with": {"place": place}, "expect": []} for place in ("kitchen", "living room", "kitchen")]
_PLAN = json.dumps({"say": "The red cup from the kitchen.", "ask": None, "plan": {"in_order": _STEPS}})
_SAID = _PLAN.index('", "ask"') + 1
"""So many characters hold the sentence that is to be said."""


def figures(known: Known, repeats: int) -> list[Figure]:
    """From a person's words to the first sentence and to the plan, looked at as often as the mind does.

    :raises RuntimeError: the planner did not take the plan, so that the figures would be those of another planner
    """
    writer = _Writer(1 / TOKENS_A_S)
    threading.Thread(target=writer.serve_forever, daemon=True).start()
    try:
        times_s = [_ask(known, writer) for _ in range(repeats)]
    finally:
        writer.shutdown()
        writer.server_close()
    names = (
        "first sentence written → to the voice",
        f"utterance → first sentence, {TOKENS_A_S:g} tokens/s",
        f"utterance → whole plan, {TOKENS_A_S:g} tokens/s",
    )
    return [figure(name, [1e3 * taken_s for taken_s in taken]) for name, taken in zip(names, zip(*times_s, strict=True), strict=True)]


def _ask(known: Known, writer: _Writer) -> tuple[float, float, float]:
    """Seconds from the sentence's last letter to the voice; from the question to the sentence; from the question to the plan."""
    period_s = 1 / next(node.rate_hz for node in NODES if node.name == "mind" and node.rate_hz)
    planner = VlmPlanner(known, VlmConfig(url=f"http://127.0.0.1:{writer.server_port}/v1", timeout_s=60.0, attempts=1))
    utterance = Utterance(0.0, "u", _WORDS, "", (), 1.0, 0.0, 0.0, "anna", "en", "bench", "turn", _WORDS)
    began_s, first_s = time.perf_counter(), 0.0
    made = planner.plan(Request(utterance, menu_of(known, "anna", _WORDS), 0.0))
    while not isinstance(made, Answer):
        time.sleep(period_s)
        progress = made.poll(0.0)
        first_s = time.perf_counter() if progress.say else first_s
        made = progress.answer or made
    whole_s = time.perf_counter()
    planner.close()
    if not first_s or made.planner != planner.name:
        raise RuntimeError(f"this is not the plan that was streamed: {made.planner}")
    return first_s - writer.said_s, first_s - began_s, whole_s - began_s


class _Writer(HTTPServer):
    """Sends the plan to whoever asks, a token every ``pause_s``."""

    def __init__(self, pause_s: float) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.pause_s = pause_s
        self.said_s = 0.0  # when the end of the sentence left


class _Connection(BaseHTTPRequestHandler):
    server: _Writer

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for begin in range(0, len(_PLAN), _TOKEN_CHARS):
            time.sleep(self.server.pause_s)
            if begin < _SAID <= begin + _TOKEN_CHARS:
                self.server.said_s = time.perf_counter()
            self._send(_PLAN[begin : begin + _TOKEN_CHARS], None)
        self._send("", "stop")

    def _send(self, text: str, reason: str | None) -> None:
        chunk = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]}
        self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")

    def log_message(self, format: str, *args: object) -> None:
        """It would print every request."""
