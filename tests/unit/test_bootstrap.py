"""Set-up decisions: which Python, what is asked for by hand, and when a step is done again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import bootstrap
from tools.bootstrap import BootstrapError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project in place of ours."""
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "LOG", tmp_path / "build" / "bootstrap.log")
    (tmp_path / "pyproject.toml").write_text("a")
    (tmp_path / "messages" / "msg").mkdir(parents=True)
    (tmp_path / "messages" / "msg" / "A.msg").write_text("bool x")
    return tmp_path


def test_a_digest_follows_content_names_and_what_came_before(project: Path) -> None:
    def digest(previous: str = "p") -> str:
        return bootstrap.chained(previous, "step", ("pyproject.toml", "messages"))

    first = digest()
    assert digest() == first
    assert digest("other") != first
    (project / "pyproject.toml").write_text("b")
    second = digest()
    (project / "messages" / "msg" / "A.msg").rename(project / "messages" / "msg" / "B.msg")
    assert len({first, second, digest()}) == 3


def test_compiled_files_do_not_count(project: Path) -> None:
    before = bootstrap.chained("", "step", ("messages",))
    (project / "messages" / "__pycache__").mkdir()
    (project / "messages" / "__pycache__" / "x.pyc").write_bytes(b"1")
    assert bootstrap.chained("", "step", ("messages",)) == before


def test_the_python_that_runs_is_taken_when_it_is_supported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHON", raising=False)
    assert bootstrap.find_python() == sys.executable


def test_the_newest_supported_python_is_taken_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHON", raising=False)
    present = {sys.executable: (3, 8), "python3.12": (3, 12), "python3.10": (3, 10)}
    monkeypatch.setattr(bootstrap, "version_of", present.get)
    assert bootstrap.find_python() == "python3.12"


@pytest.mark.parametrize("asked", ["", "python3.14"])
def test_without_a_supported_python_it_says_what_to_install(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON", asked)
    monkeypatch.setattr(bootstrap, "version_of", lambda python: (3, 14))
    with pytest.raises(BootstrapError, match=r"3\.10 to 3\.13"):
        bootstrap.find_python()


def test_a_python_that_does_not_run_has_no_version() -> None:
    assert bootstrap.version_of("/does/not/exist") is None


@pytest.mark.parametrize(("may_install", "root"), [(False, []), (True, None)])
def test_missing_system_packages_are_named_in_one_exact_line(
    may_install: bool, root: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "root_prefix", lambda: root)
    monkeypatch.setattr(bootstrap, "run", lambda *args, **options: pytest.fail("installed without permission"))
    with pytest.raises(BootstrapError) as error:
        bootstrap.install_system_packages(["g++", "libegl1"], may_install)
    assert str(error.value).endswith("sudo apt-get update && sudo apt-get install --no-install-recommends g++ libegl1")


def test_system_packages_are_installed_when_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "root_prefix", lambda: ["sudo", "-n"])
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(bootstrap, "run", lambda command, what, **options: commands.append(command))
    bootstrap.install_system_packages(["g++"], may_install=True)
    assert [command[:2] for command in commands] == [["sudo", "-n"]] * 2
    assert commands[-1][-1] == "g++"


@pytest.mark.usefixtures("project")
def test_a_failing_command_shows_the_end_of_its_output() -> None:
    with pytest.raises(BootstrapError, match=r"could not try \(exit status 3\)(.|\n)*the reason"):
        bootstrap.run([sys.executable, "-c", "import sys; print('the reason'); sys.exit(3)"], "try")


def test_a_machine_without_wheels_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    with pytest.raises(BootstrapError, match="build this as a ROS 2 package"):
        bootstrap.check_platform()
