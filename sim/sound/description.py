"""What a home description or a scenario says about sound.  All effects are off until a file asks for them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

SourceKind = Literal["television", "dishes", "babble", "door"]
LEVELS_DB: dict[SourceKind, float] = {"television": -4.0, "dishes": 0.0, "babble": -3.0, "door": 12.0}
"""Usual level of each kind at 1 m, relative to a person who speaks normally (60 dB SPL, ISO 9921)."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SoundSource(_Model):
    """Something in the home that sounds: at a point, or where a piece of furniture stands."""

    kind: SourceKind
    at_m: tuple[float, float] | None = Field(None, description="where, in the map frame")
    stands_on: str = Field("", description="piece of furniture where it is, instead of at_m")
    height_m: float = Field(0.9, ge=0, le=3)
    level_db: float | None = Field(None, ge=-40, le=20, description="at 1 m, relative to a person who speaks normally; empty: usual")
    playing: bool = Field(False, description="whether it sounds from the start")

    @model_validator(mode="after")
    def _one_place(self) -> SoundSource:
        if (self.at_m is None) == (not self.stands_on):
            raise ValueError("say where it is: exactly one of at_m, stands_on")
        return self

    @property
    def usual_db(self) -> float:
        """Its level at 1 m, relative to a person who speaks normally."""
        return LEVELS_DB[self.kind] if self.level_db is None else self.level_db


class OwnVoice(_Model):
    """How the robot's loudspeaker reaches its microphone."""

    latency_s: float = Field(0.06, ge=0, le=0.5, description="from audio/out to the loudspeaker's membrane")
    level_db: float = Field(10.0, ge=-20, le=30, description="at the microphone, of its usual speech, relative to a person at 1 m")
    body_db: float = Field(-6.0, ge=-60, le=10, description="of the path through the body, relative to the one through the air")
    distortion: float = Field(0.02, ge=0, le=0.2, description="harmonic distortion of a loud tone (-6 dBFS), as a share of its amplitude")


class Motors(_Model):
    """How loud the robot's own machinery is at its microphone, in dB SPL."""

    fan_db: float = Field(34.0, ge=0, le=80, description="fans, always")
    drive_db: float = Field(50.0, ge=0, le=90, description="wheel motors at 0.5 m/s")


class SoundDescription(_Model):
    """The ``sound:`` section of ``home.yaml``, and of a scenario, which goes before it."""

    reverberation: bool = Field(False, description="rooms with echoes, walls that keep sound out (needs pyroomacoustics)")
    rt60_s: dict[str, float] = Field(default_factory=dict, description="reverberation time of rooms, instead of that of their materials")
    own_voice: OwnVoice | None = Field(None, description="the microphone hears the loudspeaker; {} for usual values")
    motors: Motors | None = Field(None, description="the microphone hears motors and fans; {} for usual values")
    noise_dbfs: float = Field(-65.0, ge=-96, le=-20, description="constant noise floor; 39 dB below nominal speech is a quiet living room")
    microphones: Literal[1, 4] = Field(1, description="one, or an array of four whose signals also give the direction of voices")
    sources: dict[str, SoundSource] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _possible(self) -> SoundDescription:
        for room, rt60_s in self.rt60_s.items():
            if not 0.1 <= rt60_s <= 3.0:
                raise ValueError(f"rt60_s.{room}: {rt60_s:g}; give a time from 0.1 to 3 s")
        return self

    def under(self, scenario: SoundDescription | None) -> SoundDescription:
        """The description with what a scenario sets of its own; sources and rooms that it does not name stay."""
        if scenario is None:
            return self
        own = {name: getattr(scenario, name) for name in scenario.model_fields_set}
        own["sources"] = {**self.sources, **scenario.sources}
        own["rt60_s"] = {**self.rt60_s, **scenario.rt60_s}
        return self.model_copy(update=own)
