"""Parameters of the node ``base``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

ROS = "ros"
SERIAL = "serial:"


def port_of(driver: str) -> str:
    """The port of a driver named ``serial:PORT``, "" for any other.

    >>> port_of("serial:/dev/ttyACM0"), port_of("ros")
    ('/dev/ttyACM0', '')
    """
    return driver[len(SERIAL) :] if driver.startswith(SERIAL) else ""


def checked_driver(driver: str) -> str:
    """The name of a driver as it is.

    :raises ValueError: there is no such driver
    """
    if driver != ROS and not port_of(driver):
        raise ValueError(f"expected '{ROS}' or '{SERIAL}PORT', such as '{SERIAL}/dev/ttyACM0'")
    return driver


class BaseConfig(BaseModel):
    """How the base is reached, and when its link counts as broken."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    driver: str = Field(ROS, description="ros: another node drives the base by cmd_vel; serial:PORT: this one does")
    baud: int = Field(115_200, ge=9_600, le=4_000_000, description="of the serial line; USB ports ignore it")
    command_life_s: float = Field(0.06, ge=0.03, le=0.2, description="the controller brakes when a velocity is older than this")
    greeting_s: float = Field(1.0, ge=0.2, le=10, description="a controller that has not answered the greeting by then is not there")
    telemetry_max_age_s: float = Field(0.1, ge=0.03, le=0.5, description="a controller that is silent for longer is frozen")
    round_trip_max_s: float = Field(0.12, ge=0.05, le=0.5, description="a frame unacknowledged for longer: the port is slow")
    damaged_per_s: int = Field(3, ge=0, le=50, description="more damaged frames than this within a second break the link")
    robot_clock: bool = Field(False, description="time the link by the robot's clock: for a controller that lives in simulated time")
    retry_s: float = Field(0.2, ge=0.05, le=5, description="wait before the second attempt to connect; doubles with each further one")
    retry_max_s: float = Field(2.0, ge=0.05, le=60, description="at most")

    @field_validator("driver")
    @classmethod
    def _is_a_driver(cls, driver: str) -> str:
        return checked_driver(driver)
