"""A vision-language model of random weights in a process of its own: it writes nonsense, and still nothing but plans of the menu."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from robot_runtime.mind.vlm.events import EngineError
from robot_runtime.mind.vlm.local import Local
from robot_runtime.mind.vlm.planner import VlmPlanner
from robot_runtime.mind.vlm.settings import VlmConfig
from tests.unit.mind_rig import Rig
from tests.vlm.generations import a_sign, run
from tests.vlm.homes import a_home, a_prompt, a_request, answer_of, texts
from tests.vlm.tiny_model import build

LOAD_S = 120.0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    return a_home(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def config(home: Rig, tmp_path_factory: pytest.TempPathFactory) -> VlmConfig:
    folder = build(tmp_path_factory.mktemp("tiny"), texts(home))
    return VlmConfig(engine="transformers", model=str(folder), temperature=1.0, most_tokens=100, timeout_s=110.0, threads=1)


@pytest.fixture(scope="module")
def engine(config: VlmConfig, home: Rig) -> Iterator[Local]:
    """Loaded."""
    local = Local(config)
    end_s = time.monotonic() + LOAD_S
    while time.monotonic() < end_s:
        try:
            "".join(local.stream(a_prompt(home, a_request(home, random.Random(0))), 100.0))
            break
        except EngineError as error:
            assert "being loaded" in str(error)
            time.sleep(0.2)
    yield local
    local.close()


def test_what_it_writes_fits_the_schema_and_comes_in_pieces(engine: Local, home: Rig) -> None:
    rng = random.Random(1)
    for _ in range(3):
        prompt = a_prompt(home, a_request(home, rng), a_sign())
        pieces = list(engine.stream(prompt, 100.0))
        jsonschema.validate(json.loads("".join(pieces)), prompt.schema)
        assert len(pieces) > 3


def test_a_dropped_answer_does_not_run_into_the_next(engine: Local, home: Rig) -> None:
    prompt = a_prompt(home, a_request(home, random.Random(2)))
    stream = engine.stream(prompt, 100.0)
    next(stream)
    engine.cancel()
    with pytest.raises(EngineError, match="dropped"):
        list(stream)
    jsonschema.validate(json.loads("".join(engine.stream(prompt, 100.0))), prompt.schema)


def test_a_process_that_dies_is_told_and_started_again(config: VlmConfig, home: Rig) -> None:
    local = Local(config)
    assert local._process is not None
    local._process.kill()
    local._process.wait()
    prompt = a_prompt(home, a_request(home, random.Random(3)))
    with pytest.raises(EngineError, match="ended with status"):
        list(local.stream(prompt, 5.0))
    with pytest.raises(EngineError, match="being loaded"):
        list(local.stream(prompt, 5.0))
    local.close()


def test_a_folder_without_weights_is_told(tmp_path: Path, home: Rig) -> None:
    local = Local(VlmConfig(engine="transformers", model=str(tmp_path)))
    why, end_s = "being loaded", time.monotonic() + LOAD_S
    while "being loaded" in why and time.monotonic() < end_s:
        time.sleep(0.2)
        with pytest.raises(EngineError) as caught:
            list(local.stream(a_prompt(home, a_request(home, random.Random(0))), 5.0))
        why = str(caught.value)
    assert str(tmp_path) in why
    local.close()


def test_the_planner_takes_its_plans_or_the_embedded_one_s(engine: Local, config: VlmConfig, home: Rig) -> None:
    planner = VlmPlanner(home.mind._known, config, engine)
    rng = random.Random(4)
    made = [answer_of(planner, a_request(home, rng)).planner for _ in range(4)]
    assert all(name.startswith(("vlm ", "grounded, instead of vlm ")) for name in made)
    assert any(name.startswith("vlm ") for name in made)


def test_generations_fit_the_schema_and_nothing_unsafe_comes_of_them() -> None:
    counts, tried = run(16, 16, 1, 80)
    assert counts["written"] == counts["fits the schema"] == 16
    assert tried.problems == []
