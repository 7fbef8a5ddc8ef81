"""What stands beside a model: its calibration and its thresholds."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from safety.files import FileError, parse

FOLDER = "models/hazard/shipped"


class Settings(BaseModel):
    """``settings.json`` beside the model: what calibration on requests that it had not seen came to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: str
    scale: float = Field(gt=0, description="logit → probability: sigmoid(scale · logit + shift), Platt 1999")
    shift: float
    kind_scale: float = Field(gt=0, description="the same for the kinds of harm")
    kind_shift: float
    confirm_at: float = Field(gt=0, lt=1, description="probability from which a person has to confirm")
    deny_at: float = Field(gt=0, lt=1, description="probability from which the answer is no")
    max_tokens: int = Field(ge=64, le=512, description="of one input; the facts may take up to 49 of them")

    @model_validator(mode="after")
    def _in_order(self) -> Settings:
        if self.confirm_at > self.deny_at:
            raise ValueError("confirm_at must not be above deny_at")
        return self


def load_settings(path: Path) -> Settings:
    """Read the file.

    :raises FileError: missing, not JSON, or a value that does not fit
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: cannot be read: {error}") from error
    return parse(content, Settings, str(path))
