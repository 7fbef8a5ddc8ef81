"""``robot-runtime world show|forget|verify FILE``: what the robot remembers, forgetting a person, and the proof of it."""

from __future__ import annotations

import argparse
import json
import math
import sqlite3
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from robot_runtime.cli import JobError, UsageError
from robot_runtime.messages import WorldFacts
from robot_runtime.world.album import Album, Entry
from robot_runtime.world.database import Database, InUseError, NotOursError, read_only
from robot_runtime.world.proof import Proof, needles, proof
from robot_runtime.world.queries import Answer, Change, what_changed, where_is
from robot_runtime.world.recollection import NOTHING, Recollection, without
from robot_runtime.world.schema import Saved
from robot_runtime.world.semantic_map import SemanticMap, load_semantic_map
from robot_runtime.world.store import on_clock

ABOUT = {
    "show": "print what the robot remembers: things, people, what changed, pictures",
    "forget": "remove everything of a person, their pictures too, and prove that nothing of it is left",
    "verify": "search the memory's files and the records of pictures for a person",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, about in ABOUT.items():
        action = actions.add_parser(name, help=about, description=about)
        action.add_argument("path", metavar="FILE", help="what world.memory_file names")
        action.add_argument("--json", action="store_true", help="machine-readable lines")
        if name == "show":
            action.add_argument("--site", default="", metavar="DIR", help="site folder, to tell the places of people")
        else:
            action.add_argument("person", metavar="PERSON", help="id of the person, as show prints it")
            action.add_argument("--name", default="", help="their name, where the memory does not know it (any more)")


def run(args: argparse.Namespace) -> int:
    """Returns 0 when it was shown, or nothing of the person is left; 1 when something is.

    :raises UsageError: there is no memory in the file
    :raises JobError: the robot has it open, or the disk does not do it
    """
    path = Path(args.path).expanduser()
    try:
        if not path.is_file():
            raise UsageError(f"{path}: there is no such file")
        saved = read_only(path)
        if args.action == "show":
            return _show(saved, Album(path), load_semantic_map(args.site), as_json=args.json)
        memory = saved.memory if saved else NOTHING
        texts = needles(args.person, args.name or _name_of(args.person, memory))
        if args.action == "forget" and saved is not None:
            _forget(path, saved, args.person, texts)
        return _report(proof(path, without(memory, args.person), texts), as_json=args.json)
    except InUseError as error:
        raise JobError(f"{path}: the robot is running and would remember them again; stop it first") from error
    except NotOursError as error:
        raise UsageError(f"{path}: {error}") from error
    except sqlite3.Error as error:
        raise JobError(f"{path}: {error}") from error
    except OSError as error:
        raise JobError(f"{error.filename or path}: {error.strerror or error}") from error


# ---------------------------------------------------------------- forget, verify


def _name_of(person_id: str, memory: Recollection) -> str:
    names = [person.name for person in memory.people if person.id == person_id]
    names += [event.name for event in memory.events if event.subject == person_id]
    return next((name for name in names if name), "")


def _forget(path: Path, saved: Saved, person_id: str, texts: tuple[str, ...]) -> None:
    with closing(Database(path)) as database:
        Album(path).forget(texts)
        database.write(without(saved.memory, person_id), saved.saved_s, saved.wall_s)  # the times stay what they were
        database.scrub()


def _report(result: Proof, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps({**asdict(result), "count": result.count, "left": result.left}, ensure_ascii=False))
        return 1 if result.left else 0
    wanted = " and ".join(f'"{text}"' for text in result.needles)
    for found in result.found:
        print(f'{found.file}: "{found.text}" {found.count} times')
    for value in dict.fromkeys(result.others):
        print(f"of which in another value, that stays: {' '.join(value.split())[:80]}")
    print(f"{len(result.files)} files searched for {wanted}: {result.left} found")
    if result.left:
        print("what is left in a file that was put aside (.aside-N) goes when you delete that file")
    print("recordings of runs and the gate's audit are not part of the memory and were not searched")
    return 1 if result.left else 0


# ---------------------------------------------------------------- show


def _show(saved: Saved | None, album: Album, site: SemanticMap, *, as_json: bool) -> int:
    """Ages are those of now: of the newest write, and the wall time since.  Confidence is that of the last sighting, not faded."""
    memory = on_clock(saved, 0.0, time.time()) if saved else NOTHING
    facts = WorldFacts(0.0, "", memory.objects, memory.people)
    ids = [*(thing.id for thing in memory.objects), *(person.id for person in memory.people)]
    people = {person.id for person in memory.people}
    for answer in (where_is(name, facts, site, memory.events) for name in ids):
        if answer is not None:
            _print("person" if answer.id in people else "object", answer, as_json=as_json)
    for change in reversed(what_changed(-math.inf, 0.0, memory.events)):
        _print("change", change, as_json=as_json)
    for record, entry in album.entries().items():
        _print_picture(record, entry, as_json=as_json)
    return 0


def _print_picture(record: Path, entry: Entry | None, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"fact": "picture", "record": str(record), **(asdict(entry) if entry else {})}, ensure_ascii=False))
    elif entry is None:
        print(f"picture {record}: the record cannot be read")
    else:
        shown = ", ".join(who.name for who in entry.in_view) or "nobody"
        print(f"picture {record.with_name(entry.file)} shows {shown}, asked for by {entry.asked_by or 'nobody known'}")


def _print(kind: str, fact: Answer | Change, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"fact": kind, **_finite(asdict(fact))}, ensure_ascii=False))
    else:
        print(f"{kind:<8}{fact.id:<20}{_words(fact)}")


def _words(fact: Answer | Change) -> str:
    age = f"{fact.age_s:.0f} s ago" if math.isfinite(fact.age_s) else "never seen"
    if isinstance(fact, Change):
        return f"{fact.kind:<10}{_where(asdict(fact.before))} → {_where(asdict(fact.after))}, {age}"
    missing = ", not there when looked for" if fact.missing else ""
    return f"{_where(asdict(fact.where))}, {age}, {fact.provenance} with confidence {fact.confidence:.2f}{missing}"


def _where(parts: dict[str, str]) -> str:
    words = {"held_by": "held by", "container": "in", "support": "on", "place": "at"}
    return ", ".join(f"{word} {parts[part]}" for part, word in words.items() if parts[part]) or "nowhere known"


def _finite(value: Any) -> Any:
    """JSON knows no infinity; null stands for it."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
