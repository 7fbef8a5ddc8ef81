"""Social policy files: styles of speech and approach, and what selects them."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from safety.files import load_yaml, suggestion
from safety.types import AgeGroup

HOME_POLICY = Path(__file__).parent / "policies" / "home.yaml"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Style(_Model):
    rate_wpm: float = Field(ge=60, le=260, description="words a minute")
    pitch_ratio: float = Field(ge=0.7, le=1.5, description="1 is the voice's own pitch")
    volume_ratio: float = Field(ge=0.3, le=2.0, description="1 is the voice's own loudness")
    pause_s: float = Field(ge=0, le=3, description="between sentences")
    clause_pause_s: float = Field(0.12, ge=0, le=2, description="within sentences, where a comma or the like stands")
    pitch_range_ratio: float = Field(1.0, ge=0, le=2, description="liveliness: 0 is a monotone, 1 the voice's own")
    distance_m: float = Field(ge=0.5, le=3, description="where to halt in front of the person, centre to centre")
    approach_speed_mps: float = Field(gt=0, le=0.8, description="at most, on the way to the person")


def load_style(path: str | Path) -> Style:
    """
    Read one style from a file of its own.

    :raises FileError: it is missing or does not fit; the message names the field
    """
    return load_yaml(path, Style)


class Policy(_Model):
    name: str
    careful: str = Field(description="the style for nobody in particular, and for anybody about whom there is doubt")
    minimum_confidence: float = Field(0.6, ge=0.5, le=1, description="of an age group, before its style is used")
    settle_s: float = Field(0.5, ge=0, le=10, description="how long an age group must have held")
    attention_s: float = Field(30.0, gt=0, le=600, description="how long the last speaker stays the addressed person")
    select: dict[AgeGroup, str] = Field(description="age group → name of its style")
    styles: dict[str, Style]

    @model_validator(mode="after")
    def _names_exist(self) -> Policy:
        for name in (self.careful, *self.select.values()):
            if name not in self.styles:
                raise ValueError(f"no style '{name}'{suggestion(name, list(self.styles))}")
        if AgeGroup.UNKNOWN in self.select:
            raise ValueError("select: 'unknown' always gets the careful style; remove it")
        return self


def load_policy(path: str | Path) -> Policy:
    """
    Read one policy file.

    :raises FileError: it is missing or does not fit; the message names the field
    """
    return load_yaml(path, Policy)
