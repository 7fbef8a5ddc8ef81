"""Copies of the files that records refer to (rules, ontology), by their hash, so that a replay finds them as they were."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from safety.ontology_file import chain_hash

FOLDER = "copies"


class Copies:
    """Kept in a folder beside the record; nowhere when ``folder`` is None.

    Several files that extend one another are kept together, as they lie to one another, since they name each other by relative
    paths.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder / FOLDER if folder else None
        self._waiting: dict[str, tuple[Path, ...]] = {}  # hash → files that are not on disk yet
        self.error = ""  # why not all copies are written, "" when they are

    def keep(self, files: Sequence[Path], digest: str) -> str:
        """Copy files; returns where the last of them, which stands for all, is below the folder of copies.

        Never raises for a disk that does not take them: see ``error``, and ``retry``.
        """
        if self._folder is None or not files:
            return ""
        self._waiting[digest] = tuple(files)
        self.retry()
        return f"{digest}/{_within(files)[-1]}"

    def retry(self) -> None:
        """Copy what could not be copied before."""
        try:
            for digest, files in list(self._waiting.items()):
                self._copy(digest, files)
                del self._waiting[digest]
            self.error = ""
        except OSError as error:
            self.error = error.strerror or str(error)

    def _copy(self, digest: str, files: Sequence[Path]) -> None:
        """First under another name: a folder with this name is whole."""
        assert self._folder is not None
        target, temporary = self._folder / digest, self._folder / f"{digest}.tmp"
        if target.exists():
            return
        shutil.rmtree(temporary, ignore_errors=True)
        for file, name in zip(files, _within(files), strict=True):
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, temporary / name)
        if chain_hash(tuple(temporary / name for name in _within(files))) == digest:
            temporary.rename(target)
        else:  # edited since they were loaded: there is no copy of what was loaded
            shutil.rmtree(temporary)


def copy_path(folder: Path, name: str) -> Path:
    """Where the copy is that ``keep`` called so.

    :raises ValueError: no copy is called so
    """
    if not re.fullmatch(r"[0-9a-f]{64}(/[^/]+)+", name) or ".." in name.split("/"):
        raise ValueError("no copy was kept")
    return folder / FOLDER / name


def _within(files: Sequence[Path]) -> list[str]:
    """Their paths below the deepest folder that holds them all."""
    whole = [file.resolve() for file in files]
    root = os.path.commonpath([file.parent for file in whole])
    return [file.relative_to(root).as_posix() for file in whole]
