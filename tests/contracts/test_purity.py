"""Stages are pure: clocks, chance and devices are only where they are listed here, with the reason."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests.contracts.source import bare_calls, calls, imports, modules, name_of, nodes

STAGE_FOLDERS = tuple(
    f"robot_runtime/{name}" for name in ("sense", "perceive", "hear", "world", "mind", "act", "social", "speak", "duplex")
)

CLOCKS = {"time", "datetime", "sched"}
CHANCE = {"random", "secrets", "uuid"}
DEVICES = {"sounddevice", "serial", "subprocess", "socket", "multiprocessing", "threading"}

ALLOWED: dict[str, tuple[set[str], str]] = {
    "robot_runtime.sense.sound_device": ({"sounddevice"}, "finds sound cards for the microphone and the loudspeaker"),
    "robot_runtime.sense.sound_card": (
        {"threading", "time"},
        "opens sound cards on a thread of its own; tells by the processor's clock when one is gone",
    ),
    "robot_runtime.sense.device_source": ({"time"}, "is the microphone: sound is counted by the processor's clock"),
    "robot_runtime.hear.stop_search": ({"threading"}, "looks for stop words on a thread of its own, since the audio path must not wait"),
    "robot_runtime.sense.reader": ({"threading", "time"}, "is the camera: reads frames on a thread of its own"),
    "robot_runtime.world.store": (
        {"threading", "time"},
        "keeps the memory on disk: writes on a thread of its own; wall time tells how long it was off",
    ),
    "robot_runtime.mind.vlm.server": (
        {"socket", "threading", "time"},
        "asks a language model over HTTP; time-outs are those of the network",
    ),
    "robot_runtime.mind.vlm.local": (
        {"subprocess", "threading", "time"},
        "a model is a process of its own, for torch and its weights, with a time limit",
    ),
    "robot_runtime.mind.vlm.local_worker": ({"threading"}, "is that process: it hears that an answer is dropped while the model writes"),
    "robot_runtime.mind.vlm.worker": ({"threading", "time"}, "waits for that on a thread of its own, so that the mind does not"),
    "robot_runtime.speak.device_sink": ({"time"}, "is the loudspeaker, likewise"),
    "robot_runtime.hear.transcriber": ({"time"}, "asks recognisers in processes of their own, each answer within a time limit"),
    "robot_runtime.duplex.wire": ({"socket"}, "is the socket between the voice and the engine's process"),
    "robot_runtime.duplex.link": ({"socket", "subprocess"}, "starts the engine's process, which needs torch and a Python of its own"),
    "robot_runtime.duplex.worker": ({"socket"}, "is the engine's process; it is given its end of the socket"),
    "robot_runtime.duplex.model.engine": ({"time"}, "tells how long each of its stages took"),
    "robot_runtime.duplex.model.bench": ({"time"}, "is a program that measures"),
    "robot_runtime.duplex.model.peer": ({"time"}, "is what it measures beside ours"),
    "robot_runtime.speak.espeak": ({"subprocess", "time"}, "espeak-ng is a process of its own, for its licence, with a time limit"),
}
"""Driver modules: they have the shape of a stage and hold a device."""

GATE_MAY_IMPORT = {"safety", "numpy", "pydantic", "yaml", "onnxruntime"}
DRIVERS_MAY_IMPORT = {"safety.motors.serial_base": {"serial"}}
GATE_MUST_NOT = {"random", "secrets", "uuid", "socket", "ssl", "http", "urllib", "asyncio", "subprocess", "multiprocessing", "ctypes"}


def packages(path: Path) -> set[str]:
    """What a file imports, by the first part of its name."""
    return {name.partition(".")[0] for name in imports(path)}


def test_a_stage_reads_no_clock_takes_no_chance_and_opens_no_device() -> None:
    found = {name_of(path): packages(path) & (CLOCKS | CHANCE | DEVICES) for path in modules(*STAGE_FOLDERS)}
    assert {name: used for name, used in found.items() if not used <= ALLOWED.get(name, (set[str](), ""))[0]} == {}


def test_randomness_has_a_seed() -> None:
    for path in modules(*STAGE_FOLDERS, "safety"):
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("default_rng", "RandomState"):
                assert node.args or node.keywords, f"{path}:{node.lineno}: a generator without a seed"
            if isinstance(node, ast.Attribute) and node.attr == "random" and ast.unparse(node) in ("np.random", "numpy.random"):
                assert _is_generator_access(path, node), f"{path}:{node.lineno}: numpy's global generator"


def _is_generator_access(path: Path, attribute: ast.Attribute) -> bool:
    """Whether ``np.random`` is only the way to ``np.random.default_rng`` or to a type's name."""
    parents = [n for n in nodes(path) if isinstance(n, ast.Attribute) and n.value is attribute]
    return all(parent.attr in ("default_rng", "Generator", "SeedSequence") for parent in parents)


def test_only_microphone_and_loudspeaker_open_sound_cards() -> None:
    users = {name_of(path) for path in modules(*STAGE_FOLDERS, "safety") if _uses_sound_cards(path)}
    assert users == {"robot_runtime.sense.sound_card", "robot_runtime.sense.sound_stream"}
    owners = {name_of(path) for path in modules(*STAGE_FOLDERS, "safety") if "SoundCard" in calls(path)}
    assert owners == {"robot_runtime.sense.device_source", "robot_runtime.speak.device_sink"}


def _uses_sound_cards(path: Path) -> bool:
    """``from robot_runtime.sense import sound_device`` names only the package as its module."""
    froms = [node for node in nodes(path) if isinstance(node, ast.ImportFrom)]
    return "robot_runtime.sense.sound_device" in imports(path) or any(alias.name == "sound_device" for n in froms for alias in n.names)


def test_a_camera_is_opened_only_by_the_camera_driver() -> None:
    users = {name_of(path) for path in modules("robot_runtime", "safety", "sim") if "VideoCapture" in calls(path)}
    assert users == {"robot_runtime.sense.pictures"}


@pytest.mark.parametrize("name", ALLOWED)
def test_the_list_of_drivers_is_not_longer_than_needed(name: str) -> None:
    path = next((path for path in modules(*STAGE_FOLDERS) if name_of(path) == name), None)
    assert path is not None, "there is no such module any more"
    assert ALLOWED[name][0] <= packages(path)


def test_the_gate_imports_only_what_is_on_its_list() -> None:
    for path in modules("safety"):
        found = packages(path)
        assert found - set(sys.stdlib_module_names) <= GATE_MAY_IMPORT | DRIVERS_MAY_IMPORT.get(name_of(path), set()), path
        assert not found & GATE_MUST_NOT, path


def test_nothing_is_imported_or_run_from_text() -> None:
    found = {name_of(path): {"eval", "exec", "__import__"} & bare_calls(path) for path in modules("robot_runtime", "safety", "sim")}
    assert {name: used for name, used in found.items() if used} == {}
