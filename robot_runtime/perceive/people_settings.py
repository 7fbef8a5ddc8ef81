"""Parameters of who is who, and whose a voice is."""

from __future__ import annotations

from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import AgeGroup
from robot_runtime.perceive.ages import AgeSettings
from robot_runtime.perceive.recall import RecallSettings


class KnownPerson(StageConfig):
    """Somebody who lives here.  Known by the age group alone, which everybody else of that group has too: see :class:`PeopleSettings`."""

    id: str = Field(min_length=1, description="such as anna")
    name: str = Field(min_length=1, description="what the robot calls them; the gate lets people with a name permit things")
    age_group: AgeGroup = Field(description="child, adult or elderly")


class PeopleSettings(StageConfig):
    memory_s: float = Field(10.0, ge=0, le=600, description="how long somebody out of sight is told of")
    most: int = Field(24, ge=1, le=64, description="so many people are remembered, those whom it has not seen for longest are forgotten")
    facing_s: float = Field(0.4, gt=0, le=10, description="time constant over which looking at the robot is averaged")
    facing_on: float = Field(0.6, gt=0, lt=1, description="probability from which on somebody faces the robot")
    facing_off: float = Field(0.4, gt=0, lt=1, description="and below which they do not any more")
    voice_s: float = Field(0.4, gt=0, le=5, description="who was heard this lately is speaking")
    voice_late_s: float = Field(3.0, ge=0, le=10, description="who comes into view within this where a voice was of nobody is its speaker")
    voice_cone_rad: float = Field(0.35, gt=0, le=3.2, description="how far beside the direction of a voice its speaker may be")
    voice_memory_s: float = Field(120.0, ge=0, le=900, description="who was seen so lately may be who speaks out of sight, from there")
    voice_std_rad: float = Field(0.1, gt=0, le=1.6, description="standard deviation of the directions of voices")
    ages: AgeSettings = Field(default_factory=AgeSettings, description="age groups over time")
    recall: RecallSettings = Field(default_factory=RecallSettings, description="who is known again")
    known_people: tuple[KnownPerson, ...] = Field(
        (),
        description="who lives here: the only one of an age group gives id and name to whoever is of that group. "
        "For homes without visitors, and simulations: an unknown adult would be taken for the adult who lives here",
    )
