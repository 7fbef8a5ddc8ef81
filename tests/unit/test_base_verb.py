"""``robot-runtime base`` against the emulated controller."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from robot_runtime.cli import main
from sim.base_controller import BaseController
from sim.serial_port import Emulator


def test_it_shows_what_the_controller_says_and_leaves_the_motors_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "base"
    powered: list[bool] = []
    controller = BaseController()
    wheels = controller.wheels
    assert wheels is not None
    with Emulator(path, controller, lambda now_s: powered.append(wheels.powered)):
        assert main(["base", "--port", str(path), "--seconds", "0.3", "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert (values["port"], values["firmware"], values["watchdog_ms"]) == (str(path), "1.0.0, power-on 1", "150")
    assert (values["problem"], values["state"], values["voltage_v"], values["linear_mps"]) == ("", "off", 25.2, 0.0)
    assert powered and not any(powered)


def test_text_has_a_line_a_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "base"
    with Emulator(path, BaseController()):
        assert main(["base", "--port", str(path), "--seconds", "0.1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("firmware ") and line.endswith("1.0.0, power-on 1") for line in lines)


def test_no_controller_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("robot_runtime.verbs.base._CONNECT_S", 0.2)
    assert main(["base", "--port", str(tmp_path / "none")]) == 1
    assert f"robot-runtime base: {tmp_path}/none: cannot be opened" in capsys.readouterr().err


def test_a_link_that_breaks_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "base"
    controller = BaseController()

    def restart_once(now_s: float) -> None:
        if controller.chip.uptime_ms > 300 and controller.chip.boot == 1:
            controller.restart()

    with Emulator(path, controller, restart_once):
        assert main(["base", "--port", str(path), "--seconds", "5"]) == 1
    assert capsys.readouterr().err == "robot-runtime base: the controller restarted\n"


@pytest.mark.parametrize("baud", ["0", "99999999"])
def test_a_speed_out_of_range_is_bad_input(baud: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["base", "--port", "x", "--baud", baud]) == 2
    assert "command line: baud" in capsys.readouterr().err
