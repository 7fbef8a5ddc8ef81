"""Parameter files and launch arguments: what they set, and the one line that each mistake gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from robot_runtime.arguments import settings_from
from robot_runtime.config import StageConfig, build_config, node_params, read_params
from robot_runtime.nodes import NODES, Node, Settings
from safety.files import FileError


class Tiny:
    """A stage of which only the configuration matters here."""

    class Config(StageConfig):
        speed_mps: float = Field(0.5, gt=0, le=2, description="speed")
        site: str = Field("", description="where")
        run_dir: str = Field("", description="records")


NAVIGATOR = next(node for node in NODES if node.name == "navigator")


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Node:
    """The navigator's row, with a small stage in place of the navigator."""
    monkeypatch.setattr("robot_runtime.config.load_class", lambda path: Tiny)
    return NAVIGATOR


def written(folder: Path, text: str) -> str:
    path = folder / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def build(node: Node, folder: Path, text: str, **settings: Any) -> Any:
    given = Settings(params_file=written(folder, text), **settings)
    return build_config(node, given, read_params(given.params_file))


def test_no_file_means_defaults(tiny: Node) -> None:
    assert build_config(tiny, Settings(), read_params("")) == Tiny.Config()


@pytest.mark.parametrize("name", ["navigator", "/navigator", "/robot1/navigator"])
def test_a_file_sets_a_field_with_or_without_a_namespace(tiny: Node, tmp_path: Path, name: str) -> None:
    assert build(tiny, tmp_path, f"{name}: {{ros__parameters: {{speed_mps: 0.7}}}}").speed_mps == 0.7


def test_a_launch_argument_overrides_the_file_and_an_empty_one_does_not(tiny: Node, tmp_path: Path) -> None:
    text = "navigator: {ros__parameters: {site: from_file}}"
    assert build(tiny, tmp_path, text).site == "from_file"
    assert build(tiny, tmp_path, text, site="from_argument").site == "from_argument"


def test_an_argument_of_another_node_does_not_reach_this_one(tiny: Node) -> None:
    assert "rules_file" not in node_params(tiny, Settings(rules_file="x.yaml"), {})


def test_parameters_of_a_node_that_does_not_run_are_allowed(tiny: Node, tmp_path: Path) -> None:
    assert build(tiny, tmp_path, "nav2: {ros__parameters: {anything: 1}}") == Tiny.Config()


MISTAKES = {
    "gat: {ros__parameters: {}}": "gat: unknown node, did you mean 'gate'?",
    "navigator: {speed_mps: 1}": "navigator: expected exactly one key 'ros__parameters'",
    "navigator: {ros__parameters: [1, 2]}": "navigator.ros__parameters: expected fields with values",
    "- 1": "(whole file): expected node names at the top level",
    "navigator: {ros__parameters: {sped_mps: 1}}": "navigator: sped_mps: unknown key, did you mean 'speed_mps'?",
    "navigator: {ros__parameters: {speed_mps: fast}}": "navigator: speed_mps: Input should be a valid number",
    "navigator: {ros__parameters: {speed_mps: 3}}": "navigator: speed_mps: Input should be less than or equal to 2 (got 3)",
    "navigator: {ros__parameters: {speed_mps: .nan}}": "navigator: speed_mps: must be a finite number (got nan)",
    "/**: {ros__parameters: {speed_mps: 1}}": "/**: wildcards are not supported; give each node its own block",
    "navigator: {ros__parameters: {a: 1, b: 1, c: 1, d: 1, e: 1}}": "; and 2 more",
    "navigator: [": ":1: not valid YAML",
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.items(), ids=list(MISTAKES.values()))
def test_a_mistake_in_a_file_is_one_line_with_file_field_and_fix(tiny: Node, tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FileError) as error:
        build(tiny, tmp_path, text)
    assert message in str(error.value)
    assert str(tmp_path / "params.yaml") in str(error.value)
    assert "\n" not in str(error.value)


def test_a_mistake_in_a_launch_argument_is_blamed_on_that_and_not_on_the_file(tmp_path: Path) -> None:
    perceive = next(node for node in NODES if node.name == "perceive")
    with pytest.raises(FileError) as error:
        build(perceive, tmp_path, "perceive: {ros__parameters: {home: 3}}", perception_backend="bar")
    text = str(error.value)
    assert f"{tmp_path / 'params.yaml'}: perceive: home: " in text
    assert "launch argument perception_backend: perceive: backend: " in text
    assert "Value error" not in text
    assert "(got 'bar')" in text


def test_a_missing_file_is_named() -> None:
    with pytest.raises(FileError, match=r"^nowhere.yaml: cannot be read|nowhere.yaml: cannot be read"):
        read_params("nowhere.yaml")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"scenari": "x"}, "scenari: unknown argument, did you mean 'scenario'?"),
        ({"headless": "yes"}, "headless: expected one of true, false, got 'yes'"),
        ({"log_level": "loud"}, "log_level: expected one of debug, info, warn, error, fatal, got 'loud'"),
        ({"navigation_backend": "gps"}, "navigation_backend: expected one of embedded, nav2, got 'gps'"),
    ],
)
def test_a_wrong_launch_argument_is_one_line(values: dict[str, str], message: str) -> None:
    with pytest.raises(FileError) as error:
        settings_from(values, simulated=True)
    assert str(error.value) == message


@pytest.mark.parametrize(("text", "value"), [("true", True), ("True", True), ("false", False), ("FALSE", False)])
def test_booleans_are_written_as_ros_writes_them(text: str, value: bool) -> None:
    assert settings_from({"autostart": text}, simulated=False).autostart is value
