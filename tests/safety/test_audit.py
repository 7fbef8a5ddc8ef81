"""The record: every kind of tampering shows, and no failure of the disk is hidden."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robot_runtime.cli import main
from safety.audit import Audit
from safety.chain import dump, parse_line, plain, seal
from safety.disk import BackgroundSync, sync_path
from safety.files import PROJECT
from safety.marks import Mark, Tail, head_path, parse_mark, read_mark, tail_path, write_head
from safety.record_file import parse_first
from safety.segments import files, first_record, older, read
from safety.types import EStop, Verdict
from safety.verdicts import Limits
from safety.verify import verify


def written(folder: Path, count: int = 6) -> Path:
    audit = Audit(folder)
    for number in range(count):
        audit.record("note", {"number": number, "text": "größer"}, number * 0.5)
    audit.close()
    assert audit.error == ""
    return folder / "gate.jsonl"


def test_an_untouched_record_is_intact(tmp_path: Path) -> None:
    report = verify(written(tmp_path))
    assert (report.records, report.problems, report.notes) == (6, [], [])
    assert [record.data["number"] for record in read(tmp_path / "gate.jsonl")] == list(range(6))


def _lines(edit: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], object]:
    return lambda path: path.with_name(path.name).write_bytes(b"".join(edit(path.read_bytes().splitlines(keepends=True))))


def _reseal_last(lines: list[bytes]) -> list[bytes]:
    """What a forger does who knows the format: a new last line with a right seal."""
    last = parse_line(lines[-1].decode())
    return [*lines[:-1], seal(last.sequence, last.time_s, "note", {"number": 99}, last.prev)[0].encode() + b"\n"]


TAMPERING: dict[str, Callable[[Path], object]] = {
    "edit": _lines(lambda ls: [*ls[:2], ls[2].replace(b'"number":2', b'"number":7'), *ls[3:]]),
    "edit the time": _lines(lambda ls: [*ls[:2], ls[2].replace(b'"t":1.0', b'"t":1.5'), *ls[3:]]),
    "delete first": _lines(lambda ls: ls[1:]),
    "delete in the middle": _lines(lambda ls: [*ls[:3], *ls[4:]]),
    "delete last": _lines(lambda ls: ls[:-1]),
    "cut off half": _lines(lambda ls: ls[:3]),
    "delete all": _lines(lambda ls: []),
    "reorder": _lines(lambda ls: [ls[0], ls[2], ls[1], *ls[3:]]),
    "repeat": _lines(lambda ls: [*ls[:3], ls[2], *ls[3:]]),
    "insert": _lines(lambda ls: [*ls[:3], b'{"seq":3}\n', *ls[3:]]),
    "not JSON": _lines(lambda ls: [*ls[:3], b"nonsense\n", *ls[3:]]),
    "not text": _lines(lambda ls: [*ls[:3], b"\xff\xfe\n", *ls[3:]]),
    "torn": _lines(lambda ls: [*ls, b'{"seq":6,"t"']),
    "forge the last": _lines(_reseal_last),
    "remove the head": lambda path: head_path(path).unlink(),
    "damage the head": lambda path: head_path(path).write_text("{"),
    "damage the tail": lambda path: tail_path(path).write_text('{"seq": 5}'),
    "remove the tail": lambda path: tail_path(path).unlink(),
    "a head of another record": lambda path: head_path(path).write_text(Mark(5, "0" * 64).line),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_tampering_shows(tmp_path: Path, how: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path)
    TAMPERING[how](path)
    assert not verify(path).intact
    assert main(["audit", "verify", str(tmp_path)]) == 1
    assert "problems" in capsys.readouterr().out


def test_a_record_goes_on_after_a_restart(tmp_path: Path) -> None:
    written(tmp_path, 3)
    written(tmp_path, 2)
    assert (verify(tmp_path / "gate.jsonl").records, verify(tmp_path / "gate.jsonl").problems) == (5, [])


def rotated(folder: Path, count: int = 40, keep: int = 0, file_bytes: int = 1500) -> Path:
    """A record in several files, each of some six records."""
    audit = Audit(folder, lambda: {"rules": "…"}, file_bytes, keep)
    for number in range(count):
        audit.record("note", {"number": number, "text": "größer"}, number * 0.5)
        audit.sync(number * 0.5)
    audit.close()
    assert audit.error == ""
    return folder / "gate.jsonl"


def test_files_have_a_bounded_size_and_one_chain(tmp_path: Path) -> None:
    path = rotated(tmp_path)
    report = verify(path)
    assert report.intact and report.files == len(files(path)) > 4 and report.first == 0
    assert all(file.stat().st_size < 1500 + 400 for file in files(path))
    assert [r.data["number"] for r in read(path) if r.kind == "note"] == list(range(40))
    for file in files(path)[1:]:
        first = first_record(file)
        assert first.kind == "file" and first.data["rules"] == "…"
        assert file == path or file.name == f"gate.{first.sequence:012d}.jsonl"


@pytest.mark.parametrize("which", [0, 2, -2])
def test_a_file_that_is_missing_or_swapped_shows(tmp_path: Path, which: int) -> None:
    path = rotated(tmp_path)
    chosen, other = files(path)[which], files(path)[1]
    kept = chosen.read_bytes()
    chosen.unlink()
    assert not verify(path).intact
    chosen.write_bytes(kept)
    assert verify(path).intact
    other_content = other.read_bytes()
    other.write_bytes(kept)
    chosen.write_bytes(other_content)
    assert not verify(path).intact


def test_the_newest_file_that_is_missing_shows(tmp_path: Path) -> None:
    path = rotated(tmp_path)
    path.unlink()
    assert any("cut off" in problem for problem in verify(path).problems)


def test_every_single_record_is_guarded(tmp_path: Path) -> None:
    """Each record of every file deleted, edited, repeated, and moved to the front of its file."""
    path = rotated(tmp_path, 14)
    for file in files(path):
        whole = file.read_bytes()
        lines = whole.splitlines(keepends=True)
        for n, line in enumerate(lines):
            edited = line.replace(b'"kind":"', b'"kind":"x', 1)
            variants = [lines[:n] + lines[n + 1 :], [*lines[:n], edited, *lines[n + 1 :]], [*lines[:n], line, *lines[n:]]]
            if n:
                variants.append([line, *lines[:n], *lines[n + 1 :]])
            for variant in variants:
                file.write_bytes(b"".join(variant))
                assert not verify(path).intact, (file.name, n)
        file.write_bytes(whole)
    assert verify(path).intact


def test_a_record_goes_on_in_a_new_process_across_files(tmp_path: Path) -> None:
    rotated(tmp_path, 10)
    rotated(tmp_path, 10)
    report = verify(tmp_path / "gate.jsonl")
    assert report.intact and report.records == len(list(read(tmp_path / "gate.jsonl")))


def test_a_death_between_two_files_loses_nothing(tmp_path: Path) -> None:
    path = rotated(tmp_path, 10)
    path.rename(path.with_name("gate.000000009999.jsonl"))  # the next one was not begun
    before = len(list(read(path)))
    rotated(tmp_path, 2)
    assert verify(path).intact and verify(path).records == before + 2


def test_old_files_go_and_the_chain_tells_it(tmp_path: Path) -> None:
    path = rotated(tmp_path, keep=2)
    rotated(tmp_path, 2, keep=2)
    report = verify(path)
    assert report.intact and len(older(path)) == 2 and report.first > 0
    assert "removed what came before" in report.notes[-1]
    older(path)[0].unlink()
    assert "no record tells" in verify(path).problems[0]


def test_a_file_that_cannot_be_read_keeps_the_old_ones(tmp_path: Path) -> None:
    path = rotated(tmp_path, 30)
    before = len(older(path))
    damaged = older(path)[-1]
    damaged.write_bytes(b"nonsense\n" + damaged.read_bytes())
    audit = Audit(tmp_path, file_bytes=1500, keep_files=2)
    while len(older(path)) == before:
        audit.record("note", {}, 0.0)
    audit.close()
    assert len(older(path)) == before + 1 and audit.error == ""
    assert b'"not-pruned"' in path.read_bytes()


def test_a_full_disk_at_the_change_of_files_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audit = Audit(tmp_path, file_bytes=300)
    audit.record("note", {"text": "x" * 300}, 0.0)
    really_open = os.open

    def refuse(path: object, flags: int, mode: int = 0o777) -> int:
        if str(path).endswith("gate.jsonl"):
            raise OSError(28, "No space left on device")
        return really_open(str(path), flags, mode)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        audit.record("note", {"lost": True}, 0.1)
        assert audit.error == "No space left on device"
    audit.record("note", {"lost": False}, 0.2)
    audit.close()
    assert audit.error == "" and verify(tmp_path / "gate.jsonl").intact
    assert [r.kind for r in read(tmp_path / "gate.jsonl")] == ["note", "file", "gap", "note"]


# ---------------------------------------------------------------- the end


def test_an_end_that_was_cut_off_before_a_restart_shows(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:3]))
    written(tmp_path, 2)
    (problem,) = verify(path).problems
    assert "cut_off" in problem


def test_marks_that_were_taken_away_before_a_restart_show(tmp_path: Path) -> None:
    for number, mark in enumerate((head_path, tail_path)):
        path = written(tmp_path / str(number))
        mark(path).unlink()
        written(tmp_path / str(number), 2)
        assert "missing" in verify(path).problems[0]


def test_a_damaged_mark_is_told_at_the_restart(tmp_path: Path) -> None:
    path = written(tmp_path)
    head_path(path).write_text("{")
    written(tmp_path, 2)
    assert "damaged" in verify(path).problems[0]


def test_what_a_power_failure_lost_is_noted_and_no_tampering(tmp_path: Path) -> None:
    """Only the tail, which the disk had not confirmed either, knows of the last records."""
    path = written(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:4]))
    last = parse_line(lines[3].decode())
    head_path(path).write_text(Mark(last.sequence, last.hash).line)
    assert not verify(path).intact
    written(tmp_path, 1)
    report = verify(path)
    assert report.intact and '"lost": 5' in report.notes[0]


def test_every_problem_is_told_with_its_place(tmp_path: Path) -> None:
    path = written(tmp_path)
    head_path(path).write_text("{")
    tail_path(path).unlink()
    TAMPERING["not JSON"](path)
    head, tail, line = verify(path).problems
    assert "gate.head.json is damaged" in head and "gate.tail.json is missing" in tail
    assert line.startswith("gate.jsonl: line 4: ")


def test_a_record_that_was_deleted_whole_shows(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.unlink()
    assert not verify(path).intact
    written(tmp_path, 1)
    assert "cut_off" in verify(path).problems[0]


def test_a_mark_that_was_noted_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path)
    noted = verify(path).newest
    assert noted is not None
    for file in tmp_path.iterdir():
        file.unlink()
    rotated(tmp_path, 9, file_bytes=400)  # record and marks forged together
    assert verify(path).intact and not verify(path, [noted]).intact
    assert main(["audit", "verify", str(tmp_path), "--mark", str(noted)]) == 1
    assert "the mark given" in capsys.readouterr().out
    assert main(["audit", "verify", str(tmp_path), "--mark", "5"]) == 2
    assert parse_mark(str(noted)) == noted


def test_a_head_that_the_disk_does_not_take_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record, before = tmp_path / "gate.jsonl", Mark(1, "ab" * 32)
    write_head(record, before)

    def refuse(path: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("safety.marks.sync_path", refuse)
    with pytest.raises(OSError, match="Input/output"):
        write_head(record, Mark(2, "cd" * 32))
    assert read_mark(head_path(record)) == before


@pytest.mark.parametrize("digest", ["0123456789abcdef" * 4, "a" * 64])
def test_a_mark_is_a_number_and_a_whole_hash(digest: str) -> None:
    assert parse_mark(f"0:{digest}") == Mark(0, digest)
    for wrong in (
        f"-1:{digest}",
        f":{digest}",
        f"x:{digest}",
        digest,
        f"1:{digest[1:]}",
        f"1:{digest}0",
        f"1:{digest[1:]}g",
        f"1:{digest[1:]}A",
    ):
        with pytest.raises(ValueError, match="a mark is NUMBER:HASH"):
            parse_mark(wrong)


def test_the_tail_is_overwritten_in_place(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "gate.jsonl")
    for sequence in (10**9, 3):
        tail.write(Mark(sequence, "ab" * 32))
        assert tail_path(tmp_path / "gate.jsonl").stat().st_size == 128
        assert read_mark(tail_path(tmp_path / "gate.jsonl")) == Mark(sequence, "ab" * 32)
    assert tail_path(tmp_path / "gate.jsonl").stat().st_mode & 0o133 == 0, "nobody else writes it"
    handle = tail._handle
    assert handle is not None
    tail.close()
    assert is_closed(handle)
    tail.close()


def is_closed(handle: int) -> bool:
    try:
        os.fstat(handle)
    except OSError:
        return True
    return False


def noted_opens(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The handles that are opened from now on."""
    handles: list[int] = []
    really_open = os.open

    def note(*given: Any) -> int:
        handles.append(really_open(*given))
        return handles[-1]

    monkeypatch.setattr(os, "open", note)
    return handles


@pytest.mark.parametrize("fails", [False, True])
def test_the_disk_is_asked_for_this_file_and_the_file_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool) -> None:
    path, asked = tmp_path / "file", []
    path.write_text("x")

    def fsync(handle: int) -> None:
        asked.append((handle, os.fstat(handle).st_ino))
        if fails:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="Input/output") if fails else contextlib.nullcontext():
        sync_path(path)
    ((handle, inode),) = asked
    assert inode == path.stat().st_ino and is_closed(handle)


def test_the_disk_is_asked_for_all_of_a_record_and_every_file_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are full too, and the folder, which has their names."""
    handles, synced, really_sync = noted_opens(monkeypatch), set(), os.fsync

    def note_sync(handle: int) -> None:
        synced.add(os.fstat(handle).st_ino)
        really_sync(handle)

    monkeypatch.setattr(os, "fsync", note_sync)
    audit = Audit(tmp_path / "a" / "new place", file_bytes=600)
    for number in range(10):
        audit.record("note", {"number": number}, 0.0)
    audit.close()
    path = tmp_path / "a" / "new place" / "gate.jsonl"
    assert len(files(path)) > 2 and {file.stat().st_ino for file in (*files(path), path.parent)} <= synced
    monkeypatch.undo()
    assert len(handles) > 4 and all(is_closed(handle) for handle in handles)


def test_a_disk_that_fails_at_the_change_of_files_has_no_file_closed_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int) -> None:
        raise OSError(5, "Input/output error")

    audit = Audit(tmp_path, file_bytes=300)
    for number in range(3):
        audit.record("note", {"number": number}, 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        audit.close()
        assert audit.error == "Input/output error"
    audit.record("note", {}, 0.0)
    audit.close()
    assert audit.error == "" and verify(tmp_path / "gate.jsonl").intact
    audit.sync(1.0)
    audit.close()
    assert audit.error == "", "what is closed has nothing to wait for"


def test_a_file_whose_first_line_is_damaged_is_named_by_its_last() -> None:
    assert parse_first(b"nonsense\n", 7) == 7


def test_a_torn_line_is_recovered_and_told(tmp_path: Path) -> None:
    path = written(tmp_path, 3)
    with path.open("ab") as file:
        file.write(b'{"seq":3,"t":')
    written(tmp_path, 1)
    report = verify(path)
    assert report.intact and report.records == 5
    assert "recovered" in report.notes[0] and "seq" in report.notes[0]


def test_a_record_with_a_broken_end_is_set_aside_not_lost(tmp_path: Path) -> None:
    path = written(tmp_path, 3)
    before = path.read_bytes().replace(b'"number":2', b'"number":3')
    path.write_bytes(before)
    written(tmp_path, 1)
    (problem,) = verify(path).problems
    assert "set_aside" in problem and verify(path).records == 2
    (aside,) = tmp_path.glob("gate.damaged-*.jsonl")
    assert aside.read_bytes() == before


def test_a_full_disk_is_told_and_the_gap_recorded(tmp_path: Path) -> None:
    path = tmp_path / "gate.jsonl"
    path.symlink_to("/dev/full")
    audit = Audit(tmp_path)
    for number in range(3):
        audit.record("note", {"number": number}, 0.0)
    assert audit.error == "No space left on device"
    audit.close()
    path.unlink()
    audit.record("note", {"number": 3}, 1.0)
    audit.record("note", {"number": 4}, 1.1)
    audit.close()
    assert audit.error == ""
    kinds = [(record.kind, record.data) for record in read(path)]
    assert kinds == [("gap", {"records": 3, "cause": "No space left on device"}), ("note", {"number": 3}), ("note", {"number": 4})]
    assert verify(path).intact and verify(path).notes


def test_half_a_line_from_a_full_disk_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audit = Audit(tmp_path)
    audit.record("note", {}, 0.0)
    really_write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda handle, data: really_write(handle, data[:10]))
        audit.record("note", {"lost": True}, 0.1)
        assert "only 10 of" in audit.error
    audit.record("note", {"lost": False}, 0.2)
    audit.close()
    assert [record.kind for record in read(tmp_path / "gate.jsonl")] == ["note", "gap", "note"]
    assert verify(tmp_path / "gate.jsonl").intact


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("a file")
    audit = Audit(tmp_path / "audit")
    audit.record("note", {}, 0.0)
    audit.sync(0.0)
    audit.close()
    assert audit.error


def test_a_record_that_cannot_be_read_back_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, 1)

    def refuse(self: Path) -> bytes:
        raise OSError(5, "Input/output error")

    handles = noted_opens(monkeypatch)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    audit = Audit(tmp_path)
    audit.record("note", {}, 0.0)
    assert audit.error == "Input/output error"
    assert handles and all(is_closed(handle) for handle in handles), "it is tried again with every record"


def test_without_a_folder_the_record_is_kept_in_memory() -> None:
    audit = Audit(None)
    audit.clock_went_back()
    audit.record("note", {"a": 1}, 0.0)
    audit.sync(0.0)
    audit.close()
    assert audit.in_memory and parse_line(audit.kept[0]).data == {"a": 1}


def test_nothing_written_is_lost_when_the_gate_is_killed(tmp_path: Path) -> None:
    """Kill -9 in the middle of writing: what was handed over is there, and at most the last line is torn."""
    script = (
        "import sys; from pathlib import Path; from safety.audit import Audit\n"
        "audit, n = Audit(Path(sys.argv[1])), 0\n"
        "while True:\n"
        "    audit.record('note', {'number': n, 'text': 'x' * 3000}, n * 0.02); audit.sync(n * 0.02)\n"
        "    print(n, flush=True); n += 1\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, cwd=PROJECT)
    assert child.stdout is not None
    told = [int(child.stdout.readline()) for _ in range(200)][-1]
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    written(tmp_path, 1)
    report = verify(tmp_path / "gate.jsonl")
    assert report.intact, report.problems
    assert report.records > told + 1


def test_a_sync_that_is_asked_for_twice_runs_again() -> None:
    runs, first, go_on = [], threading.Event(), threading.Event()

    def sync() -> None:
        runs.append(1)
        first.set()
        go_on.wait(60)

    background = BackgroundSync(sync)
    background.start()
    first.wait(60)
    background.start()
    background.start()
    go_on.set()
    background.wait()
    assert len(runs) == 2
    background.start()
    background.wait()
    assert len(runs) == 3
    assert background._thread is not None and background._thread.daemon, "a disk that hangs keeps no process from ending"


@pytest.mark.parametrize(("error", "told"), [(OSError(5, "Input/output error"), "Input/output error"), (OSError("odd"), "odd")])
def test_why_a_sync_failed_is_told_until_one_goes_well(error: OSError, told: str) -> None:
    failures = [error]

    def sync() -> None:
        if failures:
            raise failures.pop()

    background = BackgroundSync(sync)
    for expected in (told, ""):
        background.start()
        background.wait()
        assert background.error == expected


def test_plain_values() -> None:
    assert plain({"b": float("inf"), 1: {3, 2}, "n": None}) == {"b": "inf", "1": ["2", "3"], "n": None}
    assert plain(np.float32(0.5)) == 0.5
    assert plain("x" * 5000).endswith("(5000 characters)")
    assert plain(object()) == "<object>"
    assert plain((Verdict.DENY, Limits(max_speed_mps=0.2), EStop(1.0, True))) == [
        "deny", {"max_speed_mps": 0.2}, {"stamp_s": 1.0, "pressed": True}
    ]  # fmt: skip


def test_equal_values_are_written_alike_and_legibly() -> None:
    assert dump({"b": "größer", "a": [1]}) == dump({"a": [1], "b": "größer"}) == '{"a":[1],"b":"größer"}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        dump(float("nan"))


def test_the_first_record_follows_sixty_four_zeros() -> None:
    audit = Audit(None)
    audit.record("note", {}, 0.0)
    first = parse_line(audit.kept[0])
    assert (first.sequence, first.prev) == (0, "0" * 64)


def test_the_verb_shows_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "audit", 2)
    assert main(["audit", "show", str(tmp_path), "--kind", "note"]) == 0
    assert '"number": 1' in capsys.readouterr().out
    assert main(["audit", "verify", "--json", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["records"] == 2
    path.write_bytes(path.read_bytes() + b"torn")
    assert main(["audit", "show", "--json", str(path)]) == 1
    assert "error" in capsys.readouterr().out
    assert main(["audit", "verify", str(tmp_path / "nothing")]) == 2
    assert "no gate.jsonl there" in capsys.readouterr().err


# ---------------------------------------------------------------- to the second, to the byte


def test_the_disk_is_asked_once_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    audit = Audit(tmp_path)
    for tick in range(17):
        monkeypatch.setattr(audit._disk, "start", lambda at_s=tick / 8: asked.append(at_s))
        audit.sync(tick / 8)
    assert asked == [0.0, 1.0, 2.0]


def test_a_file_is_full_at_its_size_and_not_before(tmp_path: Path) -> None:
    sizes = Audit(tmp_path / "whole")
    for number in range(3):
        sizes.record("note", {"number": number}, 0.0)
    sizes.close()
    three = (tmp_path / "whole" / "gate.jsonl").stat().st_size
    for file_bytes, kinds in ((three, ["note"] * 3 + ["file", "note"]), (three + 1, ["note"] * 4)):
        folder = tmp_path / str(file_bytes)
        audit = Audit(folder, file_bytes=file_bytes)
        for number in range(4):
            audit.record("note", {"number": number}, 0.0)
        audit.close()
        assert [record.kind for record in read(folder / "gate.jsonl")] == kinds


def test_each_file_is_named_by_its_own_first_record_in_a_new_process_too(tmp_path: Path) -> None:
    written(tmp_path, 3)
    audit = Audit(tmp_path, file_bytes=1)
    audit.record("note", {}, 0.0)
    audit.close()
    assert [path.name for path in files(tmp_path / "gate.jsonl")] == ["gate.000000000000.jsonl", "gate.jsonl"]
    assert first_record(tmp_path / "gate.jsonl").data["follows"] == "gate.000000000000.jsonl"


def test_what_was_removed_is_told_with_its_end(tmp_path: Path) -> None:
    path = rotated(tmp_path, keep=2)
    told = [record for record in read(path) if record.kind == "pruned"][-1]
    kept = first_record(files(path)[0])
    assert (told.data["seq"], told.data["hash"]) == (kept.sequence - 1, kept.prev) and told.data["files"]


def test_a_file_of_another_is_never_closed_twice(tmp_path: Path) -> None:
    """A handle that is closed may already be somebody else's: a second close must not reach it."""
    path = rotated(tmp_path, 20)
    audit = Audit(tmp_path)
    audit.record("note", {}, 0.0)
    audit.close()
    with path.open("rb") as mine:
        audit.close()
        assert mine.readline()


def test_a_restart_after_a_tear_tells_what_was_torn_and_where_the_record_ended(tmp_path: Path) -> None:
    path = written(tmp_path, 3)
    with path.open("ab") as file:
        file.write(b"half")
    written(tmp_path, 1)
    recovered = next(record for record in read(path) if record.kind == "recovered")
    assert recovered.sequence == 3 and recovered.data == {"torn_bytes": 4, "text": "half"}


def test_a_restart_tells_which_record_it_found_last(tmp_path: Path) -> None:
    path = written(tmp_path, 6)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:3]))
    written(tmp_path, 1)
    recovered = [record.data for record in read(path) if record.kind == "recovered"]
    assert [(data["cut_off"], data["found"]) for data in recovered] == [(5, 2)]
    path.unlink()
    written(tmp_path, 1)
    assert next(record.data["found"] for record in read(path) if record.kind == "recovered") == -1
    assert next(read(path)).sequence == 0


@pytest.mark.parametrize(("length", "cut"), [(4000, False), (4001, True)])
def test_long_texts_are_cut(length: int, cut: bool) -> None:
    assert (plain("x" * length) != "x" * length) is cut
    assert len(plain([0] * 10_001)) == 10_000 == len(plain([0] * 10_000))
    assert plain("x" * 4001).startswith("x" * 4000 + "…")


def test_a_head_that_was_never_written_is_written_at_once(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    audit.record("note", {}, 0.0)
    first = read_mark(head_path(tmp_path / "gate.jsonl"))
    audit.record("note", {}, 0.0)
    assert first is not None and first.sequence == 0
    assert read_mark(head_path(tmp_path / "gate.jsonl")) == first, "the disk confirms the others"
    tail = read_mark(tail_path(tmp_path / "gate.jsonl"))
    assert tail is not None and tail.sequence == 1
    audit.close()
    assert read_mark(head_path(tmp_path / "gate.jsonl")) == tail
