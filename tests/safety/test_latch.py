"""The latched stop: every state with every event, who may lift it, and that it outlives its process."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safety.config import GateConfig
from safety.latch import Latch, LatchFile
from safety.ontology import Ontology
from safety.rules import Rules
from safety.stops import Stops
from safety.types import EStop, Heartbeat, People, RearmRequest, StopRequest
from tests.safety.rig import person

PARAMETERS = Rules.load("safety/rules/home.yaml", Ontology.load()).parameters
SEEN = People(
    2.0, "test", tuple(person(*who, last_seen_s=2.0) for who in (("anna", "adult", 3), ("leo", "child", 3), ("rose", "elderly", 3)))
)
SERVICE = RearmRequest(2.0, "service", "", "")


def seen(**changes: Any) -> People:
    """Only anna, who differs in this."""
    return People(2.0, "test", (person("anna", **{"group": "adult", "x_m": 3.0, "last_seen_s": 2.0, **changes}),))


def stops(folder: Path | None = None, **config: Any) -> Stops:
    made = Stops(GateConfig(**config), PARAMETERS, folder)
    made.begin(0.0)
    return made


def stopped(made: Stops, now_s: float = 1.0) -> Stops:
    list(made.take({"safety/stop_request": [StopRequest(now_s, "word", "stop", 0.9)]}, now_s))
    return made


def pressed(made: Stops, now_s: float = 1.0) -> Stops:
    list(made.take({"e_stop": [EStop(now_s, True)]}, now_s))
    return made


def state(made: Stops) -> str:
    return "free" if not made.latch.latched else "cause present" if made.latch.present else "cause gone"


def rearmed(made: Stops, request: Any, now_s: float = 2.0, people: People | None = SEEN) -> str:
    """The answer to a request: to a call of the service by the path that only the process itself can take."""
    path = "service/rearm" if getattr(request, "source", "") == "service" else "safety/rearm_request"
    (event,) = made.requests({path: [request]}, people, now_s)
    assert event[0] == "rearm" and event[1]["accepted"] == (not event[1]["reason"])
    return str(event[1]["reason"])


STATES: dict[str, Callable[[], Stops]] = {
    "free": stops,
    "cause gone": lambda: stopped(stops()),
    "cause present": lambda: pressed(stops()),
}
EVENTS: dict[str, Callable[[Stops], object]] = {
    "word": lambda s: stopped(s, 2.0),
    "press": lambda s: pressed(s, 2.0),
    "release": lambda s: list(s.take({"e_stop": [EStop(2.0, False)]}, 2.0)),
    "nothing": lambda s: list(s.take({}, 1e9)),
    "malformed stop": lambda s: list(s.take({"safety/stop_request": [None]}, 2.0)),
    "malformed button": lambda s: list(s.take({"e_stop": ["no"]}, 2.0)),
    "button 0": lambda s: list(s.take({"e_stop": [EStop(2.0, 0)]}, 2.0)),  # type: ignore[arg-type]  # only False is "not pressed"
    "adult": lambda s: rearmed(s, RearmRequest(2.0, "voice", "anna", "u")),
    "child": lambda s: rearmed(s, RearmRequest(2.0, "voice", "leo", "u")),
    "service": lambda s: rearmed(s, RearmRequest(2.0, "service", "", "")),
}
TABLE = {
    "free": {
        "word": "cause gone", "press": "cause present", "release": "free", "nothing": "free", "malformed stop": "cause gone",
        "malformed button": "cause present", "button 0": "cause present", "adult": "free", "child": "free", "service": "free",
    },
    "cause gone": {
        "word": "cause gone", "press": "cause present", "release": "cause gone", "nothing": "cause gone", "malformed stop": "cause gone",
        "malformed button": "cause present", "button 0": "cause present", "adult": "free", "child": "cause gone", "service": "free",
    },
    "cause present": {
        "word": "cause present", "press": "cause present", "release": "cause gone", "nothing": "cause present",
        "malformed stop": "cause present", "malformed button": "cause present", "button 0": "cause present", "adult": "cause present",
        "child": "cause present", "service": "cause present",
    },
}  # fmt: skip


@pytest.mark.parametrize(("before", "event"), [(s, e) for s in STATES for e in EVENTS])
def test_every_state_with_every_event(before: str, event: str) -> None:
    made = STATES[before]()
    assert state(made) == before
    EVENTS[event](made)
    assert state(made) == TABLE[before][event]


@pytest.mark.parametrize(
    ("request_", "people", "reason"),
    [
        (RearmRequest(2.0, "voice", "rose", ""), SEEN, ""),
        (RearmRequest(2.0, "voice", "leo", ""), SEEN, "age group 'child' may not"),
        (RearmRequest(2.0, "voice", "", ""), SEEN, "is not seen"),
        (RearmRequest(2.0, "voice", "burglar", ""), SEEN, "is not seen"),
        (RearmRequest(2.0, "voice", "anna", ""), None, "not known who is here"),
        (RearmRequest(2.0, "voice", "anna", ""), seen(age_group_confidence=0.69), "not sure"),
        (RearmRequest(2.0, "voice", "anna", ""), seen(group="unknown"), "'unknown' may not"),
        (RearmRequest(2.0, "voice", "anna", ""), seen(seen=False), "not seen now"),
        (RearmRequest(2.0, "voice", "anna", ""), seen(last_seen_s=0.9), "not seen now"),
        (RearmRequest(2.0, "voice", "anna", ""), seen(last_seen_s=1.0, age_group_confidence=0.7), ""),
        (RearmRequest(2.0, "voice", "anna", ""), seen(last_seen_s=float("nan")), "not seen now"),
        (RearmRequest(2.0, "voice", "Anna", ""), SEEN, "is not seen"),
        (RearmRequest(2.0, "voice", "anna", ""), People(2.0, "t", (*SEEN.people, *seen(group="child").people)), "'child' may not"),
        (RearmRequest(2.0, "timer", "anna", ""), SEEN, ""),
        (RearmRequest(0.9, "service", "", ""), SEEN, "before the stop"),
        (RearmRequest(-1.0, "service", "", ""), SEEN, "too old"),
        (RearmRequest(9.0, "service", "", ""), SEEN, "too old"),
        (RearmRequest(float("nan"), "service", "", ""), SEEN, "malformed"),
        ("please", SEEN, "malformed"),
    ],
)
def test_who_may_lift_it(request_: Any, people: People | None, reason: str) -> None:
    made = stopped(stops())
    told = rearmed(made, request_, people=people)
    assert (reason in told) if reason else not told
    assert made.latch.latched == bool(reason)


def test_a_second_stop_asks_for_a_new_request() -> None:
    made = stopped(stopped(stops(), 1.0), 2.0)
    assert "before the stop" in rearmed(made, RearmRequest(1.5, "service", "", ""))


def test_a_topic_cannot_pass_itself_off_as_the_service() -> None:
    made = stopped(stops())
    (event,) = made.requests({"safety/rearm_request": [SERVICE]}, SEEN, 2.0)
    assert "not seen" in event[1]["reason"] and made.latch.latched
    (event,) = made.requests({"service/rearm": [SERVICE]}, None, 2.0)
    assert event[1]["accepted"] and not made.latch.latched


def test_a_call_of_the_stop_service_latches() -> None:
    made = stops()
    assert [kind for kind, _ in made.take({"service/stop": [StopRequest(1.0, "service", "called", 1.0)]}, 1.0)] == ["stop"]
    assert [str(cause) for cause in made.latch.causes] == ["service: called"]


def test_a_release_of_another_source_does_not_release_the_button() -> None:
    made = pressed(stops(), 1.0)
    for now_s in (1.1, 1.3, 1.49):
        list(made.take({"e_stop": [EStop(now_s, False)]}, now_s))
        assert state(made) == "cause present"
    list(made.take({"e_stop": [EStop(1.5, False)]}, 1.5))
    assert state(made) == "cause gone"


def test_a_clock_that_went_back_latches_and_supervision_goes_on() -> None:
    made = stops(e_stop_max_age_s=0.5)
    list(made.take({"e_stop": [EStop(100.0, True)]}, 100.0))
    assert [kind for kind, _ in made.clock_went_back(90.0, 10.0)] == ["stop"]
    list(made.take({"e_stop": [EStop(10.2, False)]}, 10.2))
    assert made.latch.present == {"button"}
    list(made.take({"e_stop": [EStop(10.5, False)]}, 10.5))
    assert made.latch.present == frozenset()
    list(made.take({}, 11.1))
    assert made.latch.present == {"heartbeat"}
    list(made.take({"e_stop": [EStop(11.2, False)]}, 11.2))
    assert rearmed(made, RearmRequest(11.3, "service", "", ""), 11.3) == ""


def test_a_flood_of_causes_is_bounded() -> None:
    latch = Latch()
    for number in range(1000):
        latch.trip("topic", str(number), 0.0)
    assert len(latch.causes) == 16 and latch.latched


def test_a_silent_heartbeat_stops_and_its_return_does_not_lift_it() -> None:
    made = stops(e_stop_max_age_s=0.5)
    assert not list(made.take({"e_stop": [EStop(0.4, False)]}, 0.4))
    assert not list(made.take({}, 0.9))
    assert [kind for kind, _ in made.take({}, 0.91)] == ["stop"]
    assert state(made) == "cause present"
    list(made.take({"e_stop": [EStop(1.0, False)]}, 1.0))
    assert state(made) == "cause gone"


def beat(made: Stops, now_s: float, stamp_s: float, source: Any = "pendant") -> list[str]:
    return [kind for kind, _ in made.take({"safety/heartbeat": [Heartbeat(stamp_s, source)]}, now_s)]


def test_a_supervised_source_that_falls_silent_latches_and_its_return_lifts_nothing() -> None:
    made = stops(heartbeats={"pendant": 0.5, "fleet": 9.0})
    assert beat(made, 0.4, 0.4) == [] and beat(made, 0.8, 0.8) == []
    assert list(made.take({}, 1.31)) == [("stop", {"source": "heartbeat of pendant", "detail": "pendant is silent"})]
    assert state(made) == "cause present"
    assert rearmed(made, RearmRequest(1.4, "service", "", ""), 1.4) == "its cause is still there: heartbeat of pendant"
    assert beat(made, 1.5, 1.5) == [] and state(made) == "cause gone"
    assert rearmed(made, RearmRequest(1.6, "service", "", ""), 1.6) == ""


def test_who_was_never_heard_latches_too() -> None:
    made = stops(heartbeats={"pendant": 0.5})
    assert not list(made.take({}, 0.5)) and [kind for kind, _ in made.take({}, 0.52)] == ["stop"]


@pytest.mark.parametrize(
    ("stamp_s", "source"), [(0.1, "pendant"), (0.05, "pendant"), (0.6, "somebody"), (5.0, "pendant"), (float("nan"), "pendant")]
)
def test_a_message_that_is_repeated_old_or_of_somebody_else_is_no_sign_of_life(stamp_s: float, source: str) -> None:
    made = stops(heartbeats={"pendant": 0.5})
    assert beat(made, 0.1, 0.1) == []
    assert beat(made, 0.59, stamp_s, source) == [] and beat(made, 0.61, stamp_s, source) == ["stop"]
    assert list(made.take({"safety/heartbeat": ["alive"]}, 0.7)) == []


def test_signs_of_life_that_are_regular_and_late_are_none() -> None:
    made = stops(heartbeats={"pendant": 0.5})
    told = [made.take({"safety/heartbeat": [Heartbeat(tick / 10 - 0.6, "pendant")]}, tick / 10) for tick in range(1, 30)]
    assert [event["detail"] for events in told for _, event in events] == [
        "pendant is silent (its messages come late, or its clock is behind)"
    ]
    assert made.latch.present == {"heartbeat of pendant"}, "they go on, and it cannot be lifted"
    assert beat(made, 3.0, 2.6) == [] and made.latch.present == frozenset()


def test_a_clock_that_is_ahead_makes_nobody_live_longer() -> None:
    made = stops(heartbeats={"pendant": 0.5})
    assert beat(made, 0.4, 0.6) == [] and beat(made, 0.5, 0.6) == []
    assert not list(made.take({}, 0.9)) and [kind for kind, _ in made.take({}, 0.91)] == ["stop"]
    (event,) = made.take({"safety/heartbeat": [Heartbeat(1.3, "pendant")]}, 1.0)
    assert event[1]["detail"] == "pendant is silent (its messages are stamped in the future)"


def test_supervision_goes_on_after_a_clock_that_went_back() -> None:
    made = stops(heartbeats={"pendant": 0.5})
    assert beat(made, 100.0, 100.0) == []
    list(made.clock_went_back(90.0, 10.0))
    assert beat(made, 10.4, 10.4) == [] and beat(made, 10.9, 10.4) == []
    assert [kind for kind, _ in made.take({}, 11.0)] == ["stop"]


# ---------------------------------------------------------------- on disk


def test_a_stop_outlives_its_process(tmp_path: Path) -> None:
    stopped(stops(tmp_path))
    again = stops(tmp_path)
    assert [str(cause) for cause in again.latch.causes] == ["word: stop"]
    assert rearmed(again, RearmRequest(2.0, "voice", "anna", "u")) == ""
    assert not stops(tmp_path).latch.latched


def test_a_button_that_was_pressed_is_until_it_says_otherwise(tmp_path: Path) -> None:
    pressed(stops(tmp_path))
    again = stops(tmp_path)
    assert [str(cause) for cause in again.latch.causes] == ["button: e_stop is pressed"]
    assert rearmed(again, SERVICE) == "its cause is still there: button"
    list(again.take({"e_stop": [EStop(2.1, True)]}, 2.1))
    assert rearmed(again, RearmRequest(2.5, "service", "", ""), 2.5) == "its cause is still there: button"
    list(again.take({"e_stop": [EStop(2.6, False)]}, 2.6))
    assert rearmed(again, RearmRequest(2.7, "service", "", ""), 2.7) == ""


def test_a_supervised_button_that_was_not_heard_yet_may_be_pressed(tmp_path: Path) -> None:
    stopped(stops(tmp_path))
    again = stops(tmp_path, e_stop_max_age_s=5.0)
    assert again.unknown == ("no e_stop: whether it is pressed is not known",)
    assert rearmed(again, SERVICE) == "its cause is still there: button"
    list(again.take({"e_stop": [EStop(2.1, False)]}, 2.1))
    assert not again.unknown and rearmed(again, RearmRequest(2.2, "service", "", ""), 2.2) == ""


def test_a_stop_from_before_a_crash_is_not_lifted_by_an_older_request(tmp_path: Path) -> None:
    stopped(stops(tmp_path))
    again = Stops(GateConfig(), PARAMETERS, tmp_path)
    again.begin(100.0)
    assert "before the stop" in rearmed(again, RearmRequest(99.9, "service", "", ""), now_s=100.1)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"latched": true}',
        '{"latched": false, "causes": [["a", "b"]]}',
        '{"latched": true, "causes": []}',
        "\x00\xff",
    ],
)
def test_a_damaged_file_is_a_stop(tmp_path: Path, content: str) -> None:
    (tmp_path / "latch.json").write_bytes(content.encode("latin-1"))
    assert "damaged" in str(stops(tmp_path).latch.causes[0])


def test_a_sync_before_anything_was_saved_is_nothing(tmp_path: Path) -> None:
    LatchFile(tmp_path / "none" / "latch.json").sync()
    assert not (tmp_path / "none").exists()


def test_the_disk_is_asked_for_the_latch_and_for_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    file = LatchFile(tmp_path / "a" / "new place" / "latch.json")
    file.save(Latch())
    monkeypatch.setattr(os, "fsync", lambda handle: asked.append(os.fstat(handle).st_ino))
    file.sync()
    assert asked == [file.path.stat().st_ino, file.path.parent.stat().st_ino]


def test_no_file_is_no_stop(tmp_path: Path) -> None:
    assert not stops(tmp_path / "new").latch.latched


def test_a_disk_that_does_not_take_the_latch_is_told_and_tried_again(tmp_path: Path) -> None:
    blocked = tmp_path / "audit"
    blocked.write_text("a file where the folder should be")
    made = stopped(stops(blocked))
    assert made.error == "latch.json cannot be written"
    made.retry()
    assert made.error
    blocked.unlink()
    made.retry()
    assert made.error == ""
    assert json.loads((blocked / "latch.json").read_text())["latched"] is True


def test_a_failing_sync_is_told_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = stops(tmp_path)
    broken = True

    def sync(self: LatchFile) -> None:
        if broken:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(LatchFile, "sync", sync)
    made = stops(tmp_path)
    stopped(made)
    assert made._disk is not None
    made._disk.wait()
    assert made.error == "Input/output error"
    broken = False
    made.retry()
    made._disk.wait()
    assert made.error == ""


def test_the_newest_causes_are_kept() -> None:
    latch = Latch()
    for number in range(17):
        assert latch.trip("topic", str(number), float(number))
    assert [cause.detail for cause in latch.causes] == [str(number) for number in range(1, 17)]
    assert not latch.trip("topic", "16", 99.0) and latch.since_s == 99.0, "no news, but it was asked for again"


@pytest.mark.parametrize(("age_s", "lifted"), [(2.0, True), (2.01, False), (-2.0, True), (-2.01, False), (0.0, True)])
def test_a_request_counts_for_two_seconds(age_s: float, lifted: bool) -> None:
    made = stopped(stops(), 1.0)
    assert (rearmed(made, RearmRequest(10.0 - age_s, "service", "", ""), now_s=10.0) == "") is lifted


def test_a_request_of_the_very_time_of_the_stop_lifts_it() -> None:
    assert rearmed(stopped(stops(), 1.0), RearmRequest(1.0, "service", "", "")) == ""


def test_a_long_story_is_cut() -> None:
    made = stops()
    (event,) = made.take({"safety/stop_request": [StopRequest(1.0, "s" * 99, "d" * 999, 0.9)]}, 1.0)
    assert event[1] == {"source": "s" * 40, "detail": "d" * 200}
    (event,) = made.take({"safety/stop_request": [StopRequest(1.0, "", "no source", 0.9)]}, 1.0)
    assert event[1]["source"] == "topic"


def test_what_was_refused_is_told_only_of_a_stop(tmp_path: Path) -> None:
    made = stops()
    assert rearmed(made, SERVICE) == "nothing is stopped" and made.refused == "" and made.refused_s < 0.0
    rearmed(stopped(made), RearmRequest(2.0, "voice", "leo", "u"))
    assert "may not" in made.refused and made.refused_s == 2.0
    list(made.clock_went_back(1.0, 1.0))
    assert made.refused_s < 0.0


def test_a_stop_that_is_lifted_is_lifted_on_disk_and_only_then(tmp_path: Path) -> None:
    made = stopped(stops(tmp_path))
    rearmed(made, RearmRequest(2.0, "voice", "leo", "u"))
    assert json.loads((tmp_path / "latch.json").read_text()) == {"latched": True, "causes": [["word", "stop"]]}
    rearmed(made, SERVICE)
    assert json.loads((tmp_path / "latch.json").read_text()) == {"latched": False, "causes": []}
    assert not (tmp_path / "latch.tmp").exists()


def test_a_press_of_another_clock_holds_the_release_from_now_on() -> None:
    made = pressed(stops(), 100.0)
    list(made.clock_went_back(90.0, 10.0))
    for now_s, present in ((10.49, {"button"}), (10.5, set())):
        list(made.take({"e_stop": [EStop(now_s, False)]}, now_s))
        assert made.latch.present == present


@pytest.mark.parametrize(("ahead_s", "beats"), [(0.25, True), (0.26, False)])
def test_how_far_the_clock_of_a_supervised_source_may_be_ahead(ahead_s: float, beats: bool) -> None:
    made = stops(heartbeats={"pendant": 0.5})
    told = [
        event for tick in range(1, 11) for event in made.take({"safety/heartbeat": [Heartbeat(tick / 8 + ahead_s, "pendant")]}, tick / 8)
    ]
    assert (told == []) is beats


@pytest.mark.parametrize(
    ("late_s", "fault"), [(0.5, "pendant is silent"), (0.51, "pendant is silent (its messages come late, or its clock is behind)")]
)
def test_a_late_sign_of_life_is_called_late(late_s: float, fault: str) -> None:
    made = stops(heartbeats={"pendant": 0.5})
    assert beat(made, 2.0, 2.0 - late_s) == ([] if late_s == 0.5 else ["stop"])
    (event,) = [*made.take({}, 2.2)] or [("stop", {"detail": fault})]
    assert event[1]["detail"] == fault


def test_in_memory_nothing_is_unsaved_and_somebody_is_told(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    made = stopped(stops())
    made.retry()
    assert made.error == "" and "end with this process" in caplog.text
    caplog.clear()
    assert stops(tmp_path).error == "" and caplog.text == ""


def test_nothing_is_saved_or_synced_again_that_went_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = stopped(stops(tmp_path))
    assert made._disk is not None
    made._disk.wait()
    monkeypatch.setattr(LatchFile, "save", None)
    monkeypatch.setattr(made._disk, "start", None)
    made.retry()
    assert made.error == ""
