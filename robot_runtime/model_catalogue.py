"""The catalogue of models: what each is, where it comes from, and the hash by which its files are known."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from robot_runtime.paths import package_folder
from safety.files import FileError, file_hash, load_yaml, resolve, suggestion

CATALOGUE = resolve("models/catalogue.yaml")
FOLDER_VARIABLE = "ROBOT_RUNTIME_MODELS"
"""Environment variable with the folder of pulled models, for robots whose home is read-only."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelFile(_Strict):
    """One file of a model: shipped with the project (``path``) or with a package of its own, or fetched from ``url``."""

    path: str = Field("", description="of a file that ships, below the project or the package")
    package: str = Field("", description="installed Python package that brings the file along")
    url: str = Field("", description="of a file to be fetched")
    sha256: str = Field(description="of its bytes, in hex")
    size_bytes: int = Field(gt=0)

    @field_validator("sha256")
    @classmethod
    def _hex(cls, value: str) -> str:
        if not re.fullmatch(r"[0-9a-f]{64}", value):
            raise ValueError("expected 64 hex digits")
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> ModelFile:
        if bool(self.path) == bool(self.url):
            raise ValueError("expected either path (it ships) or url (it is fetched)")
        if self.url and not self.url.startswith("https://"):
            raise ValueError("url: expected https://")
        return self

    @property
    def name(self) -> str:
        """The file's own name."""
        return (self.path or self.url).rsplit("/", 1)[-1]


class Model(_Strict):
    """One model."""

    about: str
    licence: str
    source: str
    card: str = Field("", description="file below the project")
    settings: str = Field("", description="file below the project that tells how to read the model's output; put beside it when pulled")
    files: tuple[ModelFile, ...] = ()
    by_hand: str = Field(
        "", description="command that fetches what we have no hashes of, with FOLDER for where to; then there are no files"
    )
    wanted: tuple[str, ...] = Field((), description="names of the files that are there once it was fetched by hand")

    @model_validator(mode="after")
    def _some_way(self) -> Model:
        if bool(self.files) == bool(self.by_hand) or bool(self.wanted) != bool(self.by_hand):
            raise ValueError("expected either files, or by_hand and wanted")
        return self

    @property
    def ships(self) -> bool:
        """Whether nothing of it needs to be fetched."""
        return bool(self.files) and all(file.path for file in self.files)


class _Catalogue(_Strict):
    models: dict[str, Model]


@dataclass(frozen=True, slots=True)
class State:
    """How a file stands: "good", "missing", or "damaged" when its bytes are others than the catalogue's."""

    file: Path
    state: str
    sha256: str = ""  # found, where it is damaged


def load(path: Path = CATALOGUE) -> dict[str, Model]:
    """Models by name.

    :raises FileError: the catalogue does not fit
    """
    return load_yaml(path, _Catalogue).models


def find(name: str, models: dict[str, Model]) -> Model:
    """:raises FileError: there is no such model; names the nearest"""
    if name not in models:
        raise FileError(f"no model '{name}' in the catalogue{suggestion(name, list(models))}; `robot-runtime models list` shows all")
    return models[name]


def folder() -> Path:
    """Where pulled models are kept."""
    return Path(os.environ.get(FOLDER_VARIABLE) or "~/.local/share/robot-runtime/models").expanduser()


def place(name: str, file: ModelFile) -> Path:
    """Where a file of the model ``name`` is, or will be once it is pulled."""
    if not file.path:
        return folder() / name / file.name
    return (package_folder(file.package) or Path(file.package)) / file.path if file.package else resolve(file.path)


def state_of(name: str, file: ModelFile) -> State:
    """Compare a file with the catalogue.

    :raises FileError: it is there and cannot be read
    """
    at = place(name, file)
    if not at.is_file():
        return State(at, "missing")
    found = file_hash(at)
    return State(at, "good") if found == file.sha256 else State(at, "damaged", found)
