"""Requests win at once and are remembered; everything else comes gradually, without swinging."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.messages import (
    ForgetRequest,
    Forgotten,
    HeardProsody,
    People,
    Person,
    Preference,
    Preferences,
    SpeechMeasured,
    SpeechRequest,
    SpeechState,
    SpeechStyle,
    Utterance,
)
from robot_runtime.social.social import Social, SocialConfig
from robot_runtime.world.config import WorldConfig
from robot_runtime.world.proof import needles, search
from robot_runtime.world.recollection import Recollection, without
from robot_runtime.world.store import DiskStore
from robot_runtime.world.world import World
from tests.unit.mind_rig import a_person
from tests.unit.world_rig import Clock

ANNA, LEO, ROSE = a_person("anna", "adult", 2, 0), a_person("leo", "child", 3, 0), a_person("rose", "elderly", 4, 0)
NAN = math.nan


class Talk:
    """The policy and who is there, five steps a second."""

    def __init__(self, *people: Person, social: Social | None = None, now_s: float = 0.0) -> None:
        self.social = social or Social(SocialConfig())
        self.people, self.now_s = people, now_s
        self.sent: list[tuple[str, Any]] = []
        self.turns = 0

    def run(self, seconds: float) -> Talk:
        for _ in range(round(seconds / 0.2)):
            self.step({"people": [People(self.now_s, "test", self.people)]})
        return self

    def step(self, inbox: dict[str, list[Any]]) -> Talk:
        self.sent += self.social.step(inbox, self.now_s)
        self.now_s = round(self.now_s + 0.2, 6)
        return self

    def hears(self, who: str, intent: str, text: str = "", **fields: Any) -> Talk:
        self.turns += 1
        now_s = self.now_s
        utterance = Utterance(now_s, f"u{self.turns}", text or intent, intent, (), 0.9, now_s - 1, now_s, who, "en", "test", **fields)
        return self.step({"speech/heard": [utterance]})

    def voice(self, phase: str, request_id: str = "say-1") -> Talk:
        return self.step({"speech/state": [SpeechState(self.now_s, request_id, phase, "", 0.0, NAN)]})

    def sentence(self) -> Talk:
        return self.step({"speech/measured": [measured(self.now_s)]})

    @property
    def styles(self) -> list[SpeechStyle]:
        return [message for topic, message in self.sent if topic == "speech/style"]

    @property
    def style(self) -> SpeechStyle:
        return self.styles[-1]


@pytest.mark.parametrize("asked", [False, True])
def test_to_repeat_a_wish_is_a_sign_unless_the_robot_had_asked(asked: bool) -> None:
    talk = Talk(ANNA).run(2).hears("anna", "fetch")
    if asked:
        talk.step({"speech/say": [SpeechRequest(talk.now_s, "say-1", "Did you say: come here?", "anna", "question", "", False)]})
        talk.voice("started").voice("finished")
    talk.hears("anna", "fetch")
    assert (talk.social._estimates["anna"].hearing.trouble(talk.now_s) == 0) is asked


def measured(now_s: float) -> SpeechMeasured:
    return SpeechMeasured(now_s, "say-1", 0, "", "", "", "", *(NAN,) * 16, "")


@pytest.mark.parametrize(
    ("request_", "changes"),
    [
        ("slower", lambda new, old: new.rate_wpm < 0.9 * old.rate_wpm and new.pause_s > old.pause_s),
        ("faster", lambda new, old: new.rate_wpm > 1.1 * old.rate_wpm),
        ("louder", lambda new, old: new.volume_ratio > 1.2 * old.volume_ratio),
        ("softer", lambda new, old: new.volume_ratio < 0.85 * old.volume_ratio),
        ("shorter", lambda new, old: new.verbosity == "short" and new.words_per_turn < old.words_per_turn),
    ],
)
def test_a_request_wins_at_once_even_while_the_robot_speaks(request_: str, changes: Any) -> None:
    talk = Talk(ANNA).run(2).hears("anna", "where_is").voice("started")
    before = talk.style
    talk.hears("anna", request_)
    assert changes(talk.style, before)
    assert talk.style.reasons[0] == f"request:{request_}" and talk.style.confidence == 1


def test_speak_normally_ends_adaptation_for_that_person_only_and_can_be_taken_back() -> None:
    talk = Talk(ROSE, LEO).run(2).hears("rose", "speak_normally")
    assert talk.style.name == "adult" and talk.style.rate_wpm == 160
    assert (talk.style.distance_m, talk.style.approach_speed_mps) == (1.2, 0.3)  # what is safe is no matter of taste
    for _ in range(3):
        talk.hears("rose", "pardon")
    assert talk.style.rate_wpm == 160
    assert talk.hears("leo", "where_is").style.name == "child"
    assert talk.hears("rose", "adapt_again").style.name == "elderly"
    assert talk.style.rate_wpm < 120  # and now the pardons count


def test_a_request_in_plain_text_counts_too() -> None:
    talk = Talk(ANNA).run(2).hears("anna", "", "Parlez plus lentement, s'il vous plaît.")
    assert talk.style.reasons[0] == "request:slower"


def test_a_request_of_a_voice_that_nobody_knows_holds_for_a_while_and_is_not_kept() -> None:
    talk = Talk(ANNA).run(2).hears("", "slower")
    assert talk.style.rate_wpm < 130 and not [topic for topic, _ in talk.sent if topic == "social/preference"]
    assert talk.run(40).style.rate_wpm == 130


def test_once_it_is_known_whose_the_request_was_it_is_theirs() -> None:
    talk = Talk(ANNA, LEO).run(2)
    said = Utterance(2.0, "u1", "slower", "slower", (), 0.9, 1.0, 2.0, "", "en", "test")
    talk.step({"speech/heard": [said]}).step({"speech/heard": [replace(said, speaker_id="leo")]})
    assert talk.social.wishes("leo").rate_steps == -1
    talk.step({"speech/heard": [replace(said, speaker_id="leo")]})  # the ear says it again
    assert talk.social.wishes("leo").rate_steps == -1
    assert talk.hears("anna", "where_is").style.rate_wpm == 160


@pytest.mark.parametrize("role", ["own_voice", "several", "cut", "backchannel"])
def test_what_is_no_turn_asks_for_nothing(role: str) -> None:
    talk = Talk(ANNA).run(2).hears("anna", "slower", role=role)
    assert talk.social.wishes("anna").rate_steps == 0


# ---------------------------------------------------------------- gradual


def test_in_speech_a_style_changes_one_step_a_sentence() -> None:
    talk = Talk(replace(ROSE, age_group="adult")).run(2).hears("rose", "where_is").voice("started")
    talk.people = (ROSE,)
    first = talk.run(4).style  # what the sentence after this one will have
    assert first.name == "elderly" and 120 < first.rate_wpm < 135 and first.distance_m == 1.2
    assert talk.run(4).style.rate_wpm == first.rate_wpm
    assert talk.sentence().style.rate_wpm == 120


def test_distance_and_speed_narrow_at_once() -> None:
    talk = Talk(replace(ROSE, age_group="adult")).run(2).hears("rose", "where_is").voice("started")
    assert talk.style.approach_speed_mps == 0.5
    talk.people = (ROSE,)
    assert talk.run(4).style.approach_speed_mps == 0.3


def test_in_silence_nobody_hears_a_step() -> None:
    talk = Talk(replace(ROSE, age_group="adult")).run(2).hears("rose", "where_is").voice("started").voice("finished")
    talk.people = (ROSE,)
    assert 120 < talk.run(3).style.rate_wpm < 135
    assert talk.run(4).style.rate_wpm == 120


def test_eyes_that_flicker_around_the_threshold_make_no_swing() -> None:
    talk = Talk(ROSE).run(2).hears("rose", "where_is")
    for step in range(150):
        talk.people = (replace(ROSE, age_group_confidence=0.66 if step % 2 else 0.54),)
        talk.run(0.2)
    assert {style.name for style in talk.styles[-1:]} == {"elderly"}
    assert len({style.rate_wpm for style in talk.styles if style.person_id == "rose"}) == 1


def test_a_voice_that_varies_a_little_makes_no_swing() -> None:
    talk = Talk(ANNA).run(2)
    for turn in range(20):
        talk.hears("anna", f"intent_{turn}")
        rate_syllables_ps = 4.4 + 0.2 * (turn % 2)
        sound = HeardProsody(talk.now_s, f"u{turn}", "anna", talk.now_s, 200, 4, -30, -60, rate_syllables_ps, 0.15, 0.01, 2, 0.9)
        talk.step({"speech/prosody": [sound]})
        talk.run(6)
    assert len({style.rate_wpm for style in talk.styles if style.person_id == "anna"}) == 1


# ---------------------------------------------------------------- company


def facing(person: Person) -> Person:
    return replace(person, facing_robot=True)


def test_a_mixed_group_is_served_as_its_neediest() -> None:
    talk = Talk(facing(LEO), facing(ROSE), ANNA).run(4).hears("leo", "where_is").run(6)
    assert talk.style.name == "group" and talk.style.person_id == "leo"
    assert talk.style.rate_wpm == 120 and talk.style.pause_s == 0.7 and talk.style.distance_m == 1.2
    assert talk.style.volume_ratio == pytest.approx(1.1) and talk.style.pitch_ratio == 1.0
    assert {"group", "age:child", "age:elderly"} <= set(talk.style.reasons)


def test_who_passes_by_is_no_group() -> None:
    talk = Talk(facing(LEO)).run(4).hears("leo", "where_is")
    talk.people = (facing(LEO), facing(ROSE))
    assert talk.run(1).style.name == "child"


def test_a_stranger_is_kept_more_distance() -> None:
    stranger = replace(ANNA, id="person-3", name="")
    assert Talk(stranger).run(2).hears("person-3", "where_is").style.distance_m == 1.2
    assert Talk(ANNA).run(2).hears("anna", "where_is").style.distance_m == 1.0


def test_who_leaves_questions_unanswered_gets_fewer_words() -> None:
    busy = replace(ANNA, position_m=(9.0, 0.0, 0.0))
    talk = Talk(busy).run(10).hears("anna", "where_is")
    for number in range(4):
        talk.step({"speech/say": [SpeechRequest(talk.now_s, f"q{number}", "x?", "anna", "question", "", False)]})
        talk.voice("started", f"q{number}").voice("finished", f"q{number}").run(9)
        talk.hears("anna", "where_is")
    assert talk.style.verbosity == "short" and "busy" in talk.style.reasons


# ---------------------------------------------------------------- across restarts


def step_world(world: World, social: Talk, now_s: float, **inbox: list[Any]) -> list[tuple[str, Any]]:
    """One step of both, what each says going to the other."""
    out = world.step({"people": [People(now_s, "test", social.people)], **inbox}, now_s)
    for topic, message in out:
        if topic in ("world/preferences", "world/forgotten"):
            social.step({topic: [message]})
    return out


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.sqlite"


def test_what_somebody_asked_for_outlives_a_restart_until_they_are_forgotten(path: Path) -> None:
    world, talk = World(WorldConfig(), DiskStore(path, Clock())), Talk(ROSE)
    step_world(world, talk, 0.0)
    talk.run(2).hears("rose", "slower").hears("rose", "louder")
    wishes = [message for topic, message in talk.sent if topic == "social/preference"]
    step_world(world, talk, 2.0, **{"social/preference": wishes})
    world.close()

    store = DiskStore(path, Clock())
    world, talk = World(WorldConfig(), store), Talk(ROSE)
    step_world(world, talk, 0.0)
    talk.run(2).hears("rose", "where_is")
    assert {"request:slower", "request:louder"} <= set(talk.style.reasons) and talk.style.rate_wpm < 105

    step_world(world, talk, 3.0, **{"world/forget": [ForgetRequest(3.0, "rose")]})
    assert store.flush() and search(path, needles("rose", "Rose")).count == 0
    gone = step_world(world, talk, 3.1)  # in which she is met anew, since she still stands there
    assert [message.left for topic, message in gone if topic == "world/forgotten"] == [0]
    assert talk.social.wishes("rose").rate_steps == 0
    world.close()
    world, talk = World(WorldConfig(), DiskStore(path, Clock())), Talk(ROSE)
    step_world(world, talk, 0.0)
    assert talk.run(2).hears("rose", "where_is").style.rate_wpm == 120


def test_wishes_of_a_stranger_are_not_written() -> None:
    stranger = replace(ANNA, id="person-3", name="")
    world, talk = World(WorldConfig()), Talk(stranger)
    step_world(world, talk, 0.0, **{"social/preference": [Preference(0.0, "person-3", -1)]})
    assert world.recollection().preferences == ()


def test_without_a_person_their_wishes_are_gone() -> None:
    kept = Recollection(preferences=(Preference(0.0, "rose", -1), Preference(0.0, "leo", 1)))
    assert without(kept, "rose").preferences == (Preference(0.0, "leo", 1),)


def test_what_was_asked_in_this_run_counts_more_than_what_was_kept() -> None:
    talk = Talk(ROSE).run(1).hears("rose", "louder")
    talk.step({"world/preferences": [Preferences(0.0, (Preference(0.0, "rose", -2, -3),))]})
    assert talk.social.wishes("rose").volume_steps == 1


def test_the_forgotten_are_forgotten_here_too() -> None:
    talk = Talk(ROSE).run(2).hears("rose", "slower")
    talk.people = ()
    talk.step({"world/forgotten": [Forgotten(talk.now_s, "rose", 0, "")]})
    assert talk.run(0.2).style.person_id == "" and talk.social.wishes("rose").rate_steps == 0


@pytest.mark.parametrize("request_", ["slower", "softer"])
def test_in_a_group_the_request_of_who_speaks_wins_too(request_: str) -> None:
    talk = Talk(facing(LEO), facing(ROSE)).run(4).hears("leo", "where_is")
    before = talk.style
    after = talk.hears("leo", request_).style
    assert after.name == "group" and after.reasons[:2] == (f"request:{request_}", "group")
    assert after.rate_wpm < before.rate_wpm if request_ == "slower" else after.volume_ratio < before.volume_ratio
    assert "request:" not in str(talk.hears("rose", "where_is").style.reasons)
