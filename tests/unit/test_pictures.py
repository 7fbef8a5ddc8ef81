"""A picture is kept only by the gate's leave, of people who were asked and are known, and goes with whoever it concerns."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.hear.vocabulary import robot_grammar
from robot_runtime.messages import ActionVerdict, EncodedImage, People, Person, PictureKept, PictureRequest, ProposedAction
from robot_runtime.sense.shutter import WAIT_S, Shutter
from robot_runtime.world.album import Album, Somebody
from robot_runtime.world.proof import search
from safety.ontology import Ontology
from tests.unit.mind_rig import Rig, a_person, write_site

JPEG = b"\xff\xd8 not really \xff\xd9"
ANNA, LEO = a_person("anna", "adult", 3.5, 2.0), a_person("leo", "child", 4.5, 3.0)


class Eyes:
    """The shutter amid what it listens to: the gate allows at 1 s, the request comes at 2 s, picture and people at 2.1 s."""

    def __init__(self, memory_file: Path | str) -> None:
        self.shutter = Shutter(Shutter.Config(memory_file=str(memory_file)))

    def see(self, now_s: float, *people: Person, **more: list[Any]) -> list[PictureKept]:
        seen = tuple(replace(who, last_seen_s=now_s) for who in people)
        inbox: dict[str, list[Any]] = {
            "people": [People(now_s, "test", seen)],
            "camera/image/compressed": [EncodedImage(now_s, "camera", "jpeg", JPEG)],
        }
        outbox = self.shutter.step(inbox | {topic.replace("_", "/"): messages for topic, messages in more.items()}, now_s)
        return [message for _, message in outbox]

    def allow(self, *people: Person, skill: str = "take_picture", verdict: str = "allow", judged_s: float = 1.0) -> Eyes:
        proposed = ProposedAction(1.0, "a1", "p1", skill, (), "u1", "take a picture", "anna")
        self.see(1.0, *people, action_proposed=[proposed], action_verdict=[self.verdict(verdict, judged_s)])
        return self

    def verdict(self, verdict: str, stamp_s: float) -> ActionVerdict:
        rules = ("confirmed-by-anna", "picture-of-people")
        return ActionVerdict(stamp_s, "a1", verdict, rules, "", "", "", math.inf, 0.1)

    def take(self, *people: Person, **more: list[Any]) -> PictureKept:
        assert self.shutter.step({"camera/keep": [PictureRequest(2.0, "a1")]}, 2.0) == []
        (kept,) = self.see(2.1, *people, **more)
        return kept


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "world.sqlite"


def pictures(memory: Path) -> list[Path]:
    return sorted(Album(memory).folder.glob("*.jpg"))


def test_what_is_told_is_what_lies_there(memory: Path) -> None:
    kept = Eyes(memory).allow(ANNA, LEO).take(ANNA, LEO)
    (picture,) = pictures(memory)
    assert (kept.problem, kept.file, kept.sha256) == ("", picture.name, hashlib.sha256(picture.read_bytes()).hexdigest())
    assert picture.read_bytes() == JPEG and picture.stat().st_mode & 0o077 == 0
    assert (kept.asked_by, kept.consented_by, kept.in_view) == ("anna", ("anna",), ("anna", "leo"))


@pytest.mark.parametrize(
    ("allowed", "problem"),
    [({"verdict": "confirm"}, "not_allowed"), ({"skill": "say"}, "not_allowed"), ({"judged_s": 0.9}, "not_allowed"), ({}, "")],
)
def test_only_the_gate_lets_a_picture_be_kept(memory: Path, allowed: dict[str, Any], problem: str) -> None:
    """A verdict counts for what it was given: this skill, and the newest proposal under that id."""
    assert Eyes(memory).allow(ANNA, **allowed).take(ANNA).problem == problem
    assert len(pictures(memory)) == (not problem)


def test_what_the_gate_takes_back_meanwhile_is_not_done(memory: Path) -> None:
    eyes = Eyes(memory).allow(ANNA)
    assert eyes.take(ANNA, action_verdict=[eyes.verdict("deny", 2.05)]).problem == "not_allowed"


def test_a_leave_is_for_one_picture(memory: Path) -> None:
    eyes = Eyes(memory).allow(ANNA)
    assert [eyes.take(ANNA).problem, eyes.take(ANNA).problem] == ["", "not_allowed"]


def test_who_came_after_the_question_is_on_no_picture(memory: Path) -> None:
    eyes = Eyes(memory).allow(ANNA)
    assert eyes.take(ANNA, LEO).problem == "newcomer"
    eyes.see(3.0, ANNA, LEO, action_verdict=[eyes.verdict("confirm", 3.0)])  # the gate asks again, now both
    eyes.see(4.0, ANNA, LEO, action_verdict=[eyes.verdict("allow", 4.0)])
    eyes.shutter.step({"camera/keep": [PictureRequest(4.1, "a1")]}, 4.1)
    assert eyes.see(4.2, ANNA, LEO)[0].problem == ""


def test_who_is_met_on_the_way_was_not_asked(memory: Path) -> None:
    """The yes was said to the goal of the plan, before the robot went and looked for the thing."""
    eyes = Eyes(memory)
    eyes.see(0.5, ANNA, action_verdict=[replace(eyes.verdict("allow", 0.5), action_id="p1")])
    assert eyes.allow(LEO).take(LEO).problem == "newcomer"


def test_who_could_not_be_forgotten_again_is_on_no_picture(memory: Path) -> None:
    nobody = replace(ANNA, id="p7", name="")
    assert Eyes(memory).allow(nobody).take(nobody).problem == "stranger"
    assert pictures(memory) == []


def test_without_a_place_nothing_is_kept(tmp_path: Path) -> None:
    assert Eyes("").allow(ANNA).take(ANNA).problem == "disk"
    (tmp_path / "file").write_text("no folder")
    assert Eyes(tmp_path / "file" / "world.sqlite").allow(ANNA).take(ANNA).problem == "disk"


def test_what_is_not_read_back_as_it_was_is_not_kept(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("robot_runtime.world.album._write", lambda path, content: path.write_bytes(content[:-1]))
    assert Eyes(memory).allow(ANNA).take(ANNA).problem == "disk"
    assert list(Album(memory).folder.iterdir()) == []


@pytest.mark.parametrize("blind", ["camera/image/compressed", "people"])
def test_an_old_picture_is_never_taken_for_a_new_one(memory: Path, blind: str) -> None:
    """Nor one of which the eyes have not said whom it shows."""
    eyes = Eyes(memory).allow(ANNA)
    eyes.shutter.step({"camera/keep": [PictureRequest(2.0, "a1")]}, 2.0)
    news: dict[str, list[Any]] = {
        "people": [People(2.5, "t", (ANNA,))],
        "camera/image/compressed": [EncodedImage(2.5, "camera", "jpeg", JPEG)],
    }
    old: dict[str, list[Any]] = {
        "people": [People(1.9, "t", (ANNA,))],
        "camera/image/compressed": [EncodedImage(1.9, "camera", "jpeg", JPEG)],
    }
    assert eyes.shutter.step(news | {blind: old[blind]}, 2.5) == []
    (_, kept), *more = eyes.shutter.step({}, 2.0 + WAIT_S)
    assert kept.problem == "stale" and not more and pictures(memory) == []


# ------------------------------------------------------------ forgetting


def keep(memory: Path, name: str, asked_by: str = "rose", consented_by: tuple[str, ...] = (), in_view: str = "") -> None:
    shown = (Somebody(in_view, in_view.capitalize()),) if in_view else ()
    Album(memory).keep(name.encode(), stamp_s=1.0, action_id="a", asked_by=asked_by, consented_by=consented_by, in_view=shown)


def test_pictures_go_with_whom_they_concern(memory: Path) -> None:
    keep(memory, "shows", in_view="ada")
    keep(memory, "asked", asked_by="ada")
    keep(memory, "agreed", consented_by=("ada",))
    keep(memory, "another", in_view="adam")  # nor do the letters of a hash or of another name count
    assert search(memory, ("ada", "Ada")).left >= 3
    assert Album(memory).forget(("ada", "Ada")) == 3
    assert [picture.read_bytes() for picture in pictures(memory)] == [b"another"]
    assert search(memory, ("ada", "Ada")).left == 0


def test_who_is_forgotten_while_their_picture_is_written_is_on_none(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The eyes write, the world forgets: two processes and one folder."""

    def slow_write(path: Path, content: bytes) -> None:
        if path.suffix == ".jpg" and content == JPEG:
            assert Album(memory).forget(("ada", "Ada")) == 1
        path.write_bytes(content)

    monkeypatch.setattr("robot_runtime.world.album._write", slow_write)
    with pytest.raises(OSError, match="forgotten"):
        Album(memory).keep(JPEG, stamp_s=1.0, action_id="a", asked_by="ada", consented_by=(), in_view=(Somebody("ada", "Ada"),))
    assert list(Album(memory).folder.iterdir()) == []


def test_a_record_that_cannot_be_read_may_name_anybody(memory: Path) -> None:
    keep(memory, "x", in_view="leo")
    min(Album(memory).entries()).write_text("{")
    assert search(memory, ("anna",)).left == 1
    assert Album(memory).forget(("anna",)) == 1 and pictures(memory) == []


# ------------------------------------------------------------ the skill


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(write_site(tmp_path)).run(0.5)


def answered(rig: Rig, problem: str = "", in_view: tuple[str, ...] = ("anna",), **asked: str) -> list[str]:
    """Ask, let the robot announce it, and answer for the eyes."""
    rig.hear("take_picture", "anna", "", 0.9, **asked)
    assert rig.run_until(lambda: bool(rig.sent("camera/keep")), 10.0)
    assert rig.said[-1].startswith("I take the picture now.")
    (request,) = rig.sent("camera/keep")
    sha256 = "" if problem else "0" * 64
    rig.send("camera/kept", PictureKept(rig.now_s, request.action_id, problem, "", sha256, "anna", (), in_view)).run(2.0)
    return rig.said[1:]


def test_the_picture_is_announced_and_claimed_once_it_is_there(rig: Rig) -> None:
    assert answered(rig) == ["I have taken the picture."]
    assert rig.statuses()[-1] == "take_picture succeeded"


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ({}, "anna"),
        ({"person": "me"}, "anna"),
        ({"person": "rose"}, "rose"),
        ({"object": "knife"}, "knife"),
        ({"surface": "table"}, "table"),
    ],
)
def test_the_head_is_turned_to_what_is_wanted(rig: Rig, asked: dict[str, str], target: str) -> None:
    assert answered(rig, in_view=("anna", "rose"), **asked) == ["I have taken the picture."]
    assert rig.proposed[-1] == f"take_picture({target.replace('table', 'coffee table')})"
    x_m, y_m = {"anna": (3.5, 2.0), "rose": (1.2, 3.0), "knife": (2.0, 6.3), "table": (1.0, 1.0)}[target]
    pan_rad = math.atan2(y_m - rig.pose[1], x_m - rig.pose[0])
    turned = rig.sent("joints/proposed")[0]
    assert turned.positions[turned.names.index("head_pan")] == pytest.approx(math.copysign(min(abs(pan_rad), 2.7), pan_rad), abs=1e-6)


def test_a_picture_without_who_was_wanted_is_told_as_such(rig: Rig) -> None:
    assert answered(rig, person="rose") == ["I have kept a picture, but I do not see Rose in it."]


@pytest.mark.parametrize("words", ["take a picture", "of me", "of us", "of rose", "of the coffee table", "of the table", "of the red cup"])
def test_a_picture_can_be_asked_for_in_many_words(words: str) -> None:
    grammar = robot_grammar(load_catalogue(), Ontology.load(), ["kitchen"], ["Rose"], surfaces=["coffee table"])
    meaning = grammar.interpret(f"take a photo {words}" if words.startswith("of") else words)
    assert meaning is not None and meaning.intent == "take_picture"


@pytest.mark.parametrize("problem", ["not_allowed", "stale", "newcomer", "stranger", "disk"])
def test_what_kept_it_from_a_picture_is_told(rig: Rig, problem: str) -> None:
    assert answered(rig, problem) == [rig.mind._services.wording.sentence(f"picture_{problem}")]
    assert rig.statuses()[-1] == "take_picture failed"


def test_eyes_that_do_not_answer_have_taken_none(rig: Rig) -> None:
    rig.hear("take_picture", person="me").run(10.0)
    assert rig.said[-1] == "My camera gives me no picture now, so I took none."


def test_a_withdrawn_leave_ends_it_before_the_shutter(rig: Rig) -> None:
    rig.voice_speaks = False
    rig.hear("take_picture", person="me").run(1.0)
    rig.hear("no").run(1.0)
    assert rig.sent("camera/keep") == [] and rig.statuses()[-1] == "take_picture cancelled"
