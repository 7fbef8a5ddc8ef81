"""The launch files, `robot-runtime up`, the settings and the README's picture all follow from the tables."""

from __future__ import annotations

import argparse
import importlib.util
import json
import runpy
import sys
import types
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import pytest

from robot_runtime import arguments, graph
from robot_runtime.nodes import LAUNCH_ARGUMENTS, PROCESSES, Settings, nodes
from robot_runtime.paths import ROOT
from robot_runtime.verbs import up
from safety.files import FileError
from tests.contracts.source import imports

LAUNCH_FILES = {"robot.launch.py": False, "sim.launch.py": True}
_SPEC = importlib.util.find_spec("launch")
HAS_LAUNCH = _SPEC is not None and _SPEC.origin is not None  # without an origin it is only our folder of that name


# ---------------------------------------------------------------- a recording stand-in for `launch`


@dataclass
class Recorded:
    """Any launch action: what it was made with."""

    args: tuple[Any, ...]
    options: dict[str, Any]


class DeclareLaunchArgument(Recorded):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(args, options)


class ExecuteProcess(Recorded):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(args, options)


class OpaqueFunction(Recorded):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(args, options)


class Shutdown(Recorded):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(args, options)


@dataclass
class LaunchDescription:
    entities: list[Any]


@dataclass
class LaunchContext:
    configurations: dict[str, str] = field(default_factory=dict)


@dataclass
class LaunchConfiguration:
    name: str

    def perform(self, context: LaunchContext) -> str:
        return context.configurations[self.name]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, classes in {
        "launch": (LaunchDescription, LaunchContext),
        "launch.actions": (DeclareLaunchArgument, ExecuteProcess, OpaqueFunction, Shutdown),
        "launch.substitutions": (LaunchConfiguration,),
    }.items():
        module = types.ModuleType(name)
        for each in classes:
            setattr(module, each.__name__, each)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "robot_runtime.launching", raising=False)
    monkeypatch.setattr("robot_runtime.arguments.check", lambda settings: None)  # the stages' own parameters are tested elsewhere


def described(file: str) -> LaunchDescription:
    made = runpy.run_path(str(ROOT / "launch" / file))["generate_launch_description"]()
    assert isinstance(made, LaunchDescription)
    return made


def processes_of(description: LaunchDescription, **values: str) -> list[ExecuteProcess]:
    declared = [entity for entity in description.entities if isinstance(entity, DeclareLaunchArgument)]
    context = LaunchContext({**{a.args[0]: a.options["default_value"] for a in declared}, **values})
    (opaque,) = (entity for entity in description.entities if isinstance(entity, OpaqueFunction))
    return list(opaque.options["function"](context, *opaque.options["args"]))


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(("file", "simulated"), LAUNCH_FILES.items())
def test_a_launch_file_declares_the_arguments_of_the_table(file: str, simulated: bool) -> None:
    declared = [entity for entity in described(file).entities if isinstance(entity, DeclareLaunchArgument)]
    assert [entity.args[0] for entity in declared] == [argument.name for argument in LAUNCH_ARGUMENTS]
    settings = Settings.for_simulation() if simulated else Settings()
    for entity in declared:
        assert entity.options["default_value"] == arguments.as_text(getattr(settings, entity.args[0]))
        assert entity.options["description"]


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(("file", "simulated"), LAUNCH_FILES.items())
@pytest.mark.parametrize("values", [{}, {"run_dir": "runs/x", "namespace": "robot1"}, {"navigation_backend": "nav2"}])
def test_a_launch_file_starts_the_processes_of_the_table(file: str, simulated: bool, values: dict[str, str]) -> None:
    started = processes_of(described(file), **values)
    settings = arguments.settings_from(values, simulated)
    assert [process.options["name"] for process in started] == [name for name in PROCESSES if name in {n.process for n in nodes(settings)}]
    for process in started:
        *command, text = process.options["cmd"]
        assert command == [sys.executable, "-m", "robot_runtime.ros.process", process.options["name"], "--settings"]
        assert json.loads(text) == asdict(settings)
        assert process.options["respawn"] is True
        assert process.options["respawn_delay"] > 0


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize(("status", "ends"), [(0, 0), (1, 0), (-9, 0), (2, 1)])
def test_bad_input_ends_the_launch_instead_of_being_tried_for_ever(status: int, ends: int) -> None:
    for process in processes_of(described("sim.launch.py")):
        event = types.SimpleNamespace(returncode=status, process_name="guard-1")
        actions = process.options["on_exit"](event, LaunchContext())
        assert [type(action) for action in actions] == [Shutdown] * ends


@pytest.mark.usefixtures("stand_in")
def test_a_wrong_argument_starts_nothing() -> None:
    with pytest.raises(FileError, match="log_level: expected one of"):
        processes_of(described("sim.launch.py"), log_level="loud")


@pytest.mark.skipif(not HAS_LAUNCH, reason="`launch` is part of a ROS installation")
@pytest.mark.parametrize(("file", "simulated"), LAUNCH_FILES.items())
def test_the_real_launch_reads_the_files(file: str, simulated: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Any = importlib.import_module("launch")
    sources: Any = importlib.import_module("launch.launch_description_sources")
    monkeypatch.delitem(sys.modules, "robot_runtime.launching", raising=False)
    monkeypatch.setattr("robot_runtime.arguments.check", lambda settings: None)
    context = real.LaunchContext()
    description = sources.PythonLaunchDescriptionSource(str(ROOT / "launch" / file)).get_launch_description(context)
    made = [action for entity in description.entities for action in entity.visit(context) or ()]
    names = [context.perform_substitution(action.process_description.name[0]) for action in made]
    assert names == list(arguments.processes(arguments.settings_from({}, simulated)))


@pytest.mark.parametrize("file", LAUNCH_FILES)
def test_launch_files_import_nothing_that_a_robot_may_lack(file: str) -> None:
    assert {name.partition(".")[0] for name in imports(ROOT / "launch" / file)} == {"launch", "robot_runtime"}


# ---------------------------------------------------------------- `robot-runtime up`


def test_up_has_a_flag_for_every_launch_argument() -> None:
    parser = argparse.ArgumentParser()
    up.add_arguments(parser)
    for argument in LAUNCH_ARGUMENTS:
        args = parser.parse_args([f"--{argument.name.replace('_', '-')}", "x"])
        assert getattr(args, argument.name) == "x"
    unset = parser.parse_args([])
    assert all(getattr(unset, settings_field.name) is None for settings_field in fields(Settings))


@pytest.mark.parametrize("simulated", [False, True])
def test_text_and_settings_are_the_same_thing(simulated: bool) -> None:
    expected = Settings.for_simulation() if simulated else Settings()
    assert arguments.settings_from({}, simulated) == expected
    assert arguments.settings_from(arguments.defaults(simulated), not simulated) == expected


# ---------------------------------------------------------------- documents


def test_the_readme_shows_the_graph_of_the_tables() -> None:
    document = (ROOT / "README.md").read_text(encoding="utf-8")
    assert document == graph.with_graph(document, Settings.for_simulation()), "run: make graph"


def test_the_picture_shows_every_process_and_every_topic_between_processes() -> None:
    settings = Settings.for_simulation(scenario="s.yaml", run_dir="runs/x")
    picture = graph.mermaid(settings)
    rows = nodes(settings)
    for node in rows:
        assert node.name in picture
    for (source, target), topics in graph.edges(rows).items():
        assert source != target
        if target not in graph.OBSERVERS:
            assert all(topic in picture for topic in topics)
    shown = {topic for topics in graph.edges(rows).values() for topic in topics}
    crossing = {t for n in rows for t in n.outputs if any(t in other.inputs and other.process != n.process for other in rows)}
    assert shown == crossing
