"""A server of others, llama.cpp's as ``llama-cpp-python`` brings it, with a model of random weights that is made on the spot."""

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
    model = write(folder / "tiny.gguf")
    command = [
        sys.executable,
        "-m",
        "llama_cpp.server",
        "--model",
        str(model),
        "--port",
        str(port),
        "--n_ctx",
        "16384",
        "--verbose",
        "false",
    ]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}/v1"
    try:
        _wait(url, server, folder / "log")
        yield VlmConfig(url=url, structured="json_object", temperature=1.0, timeout_s=110.0, silence_s=100.0, most_tokens=400, attempts=1)
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


def test_its_refusal_is_told(config: VlmConfig) -> None:
    """Its field for schemas is another than OpenAI's: so there is none."""
    wrong = config.model_copy(update={"structured": "json_schema"})
    with pytest.raises(EngineError, match=r"status [45]\d\d"):
        list(Server(wrong).stream(Prompt("You plan.", "{}", None, SCHEMA), 100.0))


def test_the_planner_gets_a_plan_whatever_it_writes(config: VlmConfig, tmp_path: Path) -> None:
    home = a_home(tmp_path)
    planner = VlmPlanner(home.mind._known, config)
    thinking = planner.plan(a_request(home, random.Random(0)))
    assert not isinstance(thinking, Answer)
    while (answer := thinking.poll(home.now_s).answer) is None:
        time.sleep(0.05)
    assert answer.planner.startswith(("vlm ", "grounded, instead of vlm "))
    planner.close()
