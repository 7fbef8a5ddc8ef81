"""The settings of the base: what a site may set, and that what nobody sets is what the page says."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from robot_runtime.paths import ROOT
from safety.motors.config import BaseConfig, port_of

PAGE = (ROOT / "docs" / "motor_protocol.md").read_text(encoding="utf-8")
RANGES: dict[str, tuple[float, float]] = {
    "baud": (9_600, 4_000_000), "command_life_s": (0.03, 0.2), "greeting_s": (0.2, 10), "telemetry_max_age_s": (0.03, 0.5),
    "round_trip_max_s": (0.05, 0.5), "damaged_per_s": (0, 50), "retry_s": (0.05, 5), "retry_max_s": (0.05, 60),
}  # fmt: skip


@pytest.mark.parametrize("name", RANGES)
def test_a_setting_has_its_range(name: str) -> None:
    least, most = RANGES[name]
    step = 1 if isinstance(getattr(BaseConfig(), name), int) else 1e-6
    for sound in (least, most):
        assert getattr(BaseConfig(**{name: sound}), name) == sound
    for wrong in (least - step, most + step):
        with pytest.raises(ValidationError, match=name):
            BaseConfig(**{name: wrong})


def test_what_nobody_sets_is_what_the_page_says() -> None:
    config = BaseConfig()
    stated = {name: int(ms) / 1000 for name, ms in re.findall(r"^\|.*`(\w+_s)`.*\| (\d+) ms \| driver \|$", PAGE, re.MULTILINE)}
    assert stated == {name: getattr(config, name) for name in ("telemetry_max_age_s", "round_trip_max_s")}
    assert f"The driver gives it {config.command_life_s * 1000:.0f} ms after the gate made it (`command_life_s`)" in PAGE
    assert f"comes after {config.retry_s} s, then {2 * config.retry_s} s, up to {config.retry_max_s:.0f} s" in PAGE
    assert (config.driver, config.baud, config.robot_clock) == ("ros", 115_200, False)
    assert (config.greeting_s, config.damaged_per_s) == (1.0, 3)


def test_settings_do_not_change_while_the_base_runs() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        BaseConfig().baud = 9_600  # type: ignore[misc]  # that is the test


def test_only_a_serial_driver_has_a_port() -> None:
    assert (port_of("serial:/dev/ttyACM0"), port_of("ros"), port_of("serial:")) == ("/dev/ttyACM0", "", "")
