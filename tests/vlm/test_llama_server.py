"""A server of others, llama.cpp's, with a model of random weights that is made on the spot."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from robot_runtime.mind.planner import Answer
from robot_runtime.mind.vlm.events import EngineError, Prompt
from robot_runtime.mind.vlm.planner import VlmPlanner
from robot_runtime.mind.vlm.server import Server
from robot_runtime.mind.vlm.settings import VlmConfig
from tests.vlm.generations import BEYOND_A_SCHEMA, a_sign
from tests.vlm.homes import a_home, a_request
from tests.vlm.tiny_gguf import write

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
    command = [sys.executable, "-m", "tests.vlm.llama_server", str(write(folder / "tiny.gguf")), str(port)]
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


def test_a_picture_for_a_model_without_eyes_is_refused_with_a_reason(config: VlmConfig) -> None:
    with pytest.raises(EngineError, match=r"status 500: .*image input is not supported"):
        list(Server(config).stream(Prompt("You plan.", "{}", a_sign(), SCHEMA), 100.0))


def test_the_planner_gets_plans_of_the_menu(config: VlmConfig, tmp_path: Path) -> None:
    """Its grammar holds the whole schema of a plan; a plan that no schema could refuse is the embedded planner's to replace."""
    home, rng = a_home(tmp_path), random.Random(0)
    planner = VlmPlanner(home.mind._known, config.model_copy(update={"failures": 100}))
    made: list[str] = []
    while len(made) < 8:
        thinking = planner.plan(a_request(home, rng))
        assert not isinstance(thinking, Answer) or "busy" in thinking.planner
        while not isinstance(thinking, Answer):
            thinking = thinking.poll(home.now_s).answer or thinking
            time.sleep(0.02)
        made += [] if "busy" in thinking.planner else [thinking.planner]
    planner.close()
    assert any(name.startswith("vlm ") for name in made), made
    reasons = [name.partition(f"{planner.name}: ")[2] for name in made if not name.startswith("vlm ")]
    assert all(any(part in why for part in BEYOND_A_SCHEMA) or "most_tokens" in why for why in reasons), reasons
