"""A server of others, llama.cpp's, with a vision-language model of random weights that is made on the spot."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import jsonschema
import numpy as np
import pytest

from robot_runtime.messages import EncodedImage
from robot_runtime.mind.vlm.events import Prompt
from robot_runtime.mind.vlm.planner import VlmPlanner
from robot_runtime.mind.vlm.server import Server
from robot_runtime.mind.vlm.settings import VlmConfig
from tests.vlm.generations import BEYOND_A_SCHEMA, a_sign
from tests.vlm.homes import a_home, a_request, answer_of
from tests.vlm.tiny_gguf import write, write_eyes

START_S = 60.0
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"say": {"type": "string", "maxLength": 30}, "plan": {"enum": ["go", "stay"]}},
    "required": ["say", "plan"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VlmConfig]:
    """Of a server that runs."""
    folder = tmp_path_factory.mktemp("llama")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    files = (str(write(folder / "tiny.gguf")), str(write_eyes(folder / "eyes.gguf")))
    command = [sys.executable, "-m", "tests.vlm.llama_server", str(port), *files]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}/v1"
    try:
        _wait(url, server, folder / "log")
        yield VlmConfig(url=url, temperature=1.0, timeout_s=110.0, silence_s=100.0, most_tokens=4096, attempts=1)
    finally:
        server.kill()
        server.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/models", timeout=2.0):
            return True
    except OSError:
        return False


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end_s = time.monotonic() + START_S
    while not _answers(url):
        assert time.monotonic() < end_s and server.poll() is None, log.read_text(errors="replace")[-2000:]
        time.sleep(0.2)


def test_its_stream_is_understood_and_bound_to_the_schema(config: VlmConfig) -> None:
    for said in ("hello", "go to the kitchen"):
        pieces = list(Server(config).stream(Prompt("You plan.", json.dumps({"said": said}), None, SCHEMA), 100.0))
        jsonschema.validate(json.loads("".join(pieces), strict=False), SCHEMA)
        assert len(pieces) > 3


def test_it_sees_the_picture(config: VlmConfig) -> None:
    """To random weights that take the likeliest token each time, another picture is another answer, and nothing else is."""

    def answer(jpeg: bytes | None) -> str:
        return "".join(Server(config.model_copy(update={"temperature": 0.0})).stream(Prompt("You plan.", "{}", jpeg, SCHEMA), 100.0))

    black = cv2.imencode(".jpg", np.zeros((60, 80, 3), np.uint8))[1].tobytes()
    answers = [answer(jpeg) for jpeg in (a_sign(), black, None, a_sign())]
    assert answers[0] == answers[3] and len(set(answers)) == 3, answers


def test_the_planner_gets_plans_of_the_menu(config: VlmConfig, tmp_path: Path) -> None:
    """Its grammar holds the whole schema of a plan; a plan that no schema could refuse is the embedded planner's to replace."""
    home, rng = a_home(tmp_path), random.Random(0)
    planner = VlmPlanner(home.mind._known, config.model_copy(update={"failures": 100}))
    sign = EncodedImage(home.now_s, "camera", "jpeg", a_sign())
    made = [answer_of(planner, replace(a_request(home, rng), picture=sign)).planner for _ in range(8)]
    planner.close()
    assert any(name.startswith("vlm ") for name in made), made
    reasons = [name.partition(f"{planner.name}: ")[2] for name in made if not name.startswith("vlm ")]
    assert all(any(part in why for part in BEYOND_A_SCHEMA) or "most_tokens" in why for why in reasons), reasons
