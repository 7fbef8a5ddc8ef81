"""Who gets which style, and when it changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from robot_runtime.messages import People, Person, SpeechStyle, Utterance, WorldFacts
from robot_runtime.social.policy import HOME_POLICY, POLICIES, load_policy
from robot_runtime.social.social import Social, SocialConfig
from safety.files import FileError
from tests.unit.mind_rig import a_person

ANNA, LEO, ROSE = a_person("anna", "adult", 2, 0), a_person("leo", "child", 3, 0), a_person("rose", "elderly", 4, 0)


class Talk:
    """Steps the policy at 5 Hz with the people who are there."""

    def __init__(self, *people: Person) -> None:
        self.social = Social(SocialConfig())
        self.people = people
        self.now_s = 0.0
        self.styles: list[SpeechStyle] = []

    def run(self, seconds: float) -> Talk:
        for _ in range(round(seconds / 0.2)):
            self._step({"people": [People(self.now_s, "test", self.people)]})
        return self

    def hears(self, speaker: str) -> Talk:
        utterance = Utterance(self.now_s, "u", "hello", "say", (), 0.9, self.now_s, self.now_s, speaker, "en", "test")
        return self._step({"speech/heard": [utterance]})

    def _step(self, inbox: dict[str, list[Any]]) -> Talk:
        self.styles += [style for _, style in self.social.step(inbox, self.now_s)]
        self.now_s = round(self.now_s + 0.2, 6)
        return self

    @property
    def now(self) -> tuple[str, str]:
        return self.styles[-1].person_id, self.styles[-1].name


def test_careful_style_is_published_at_once() -> None:
    talk = Talk().run(0.2)
    assert talk.now == ("", "careful")


def test_style_is_published_only_when_it_changes() -> None:
    assert len(Talk(ANNA).run(60).styles) == 1
    assert len(Talk(ANNA).run(2).hears("anna").run(10).styles) == 2


@pytest.mark.parametrize(("person", "style"), [(ANNA, "adult"), (LEO, "child"), (ROSE, "elderly")])
def test_speaker_gets_the_style_of_their_age_group(person: Person, style: str) -> None:
    talk = Talk(ANNA, LEO, ROSE).run(2).hears(person.id)
    assert talk.now == (person.id, style)


def test_elderly_style_is_slower_calmer_and_farther_than_the_childs() -> None:
    elderly, child = (Talk(ANNA, LEO, ROSE).run(2).hears(who).styles[-1] for who in ("rose", "leo"))
    assert elderly.rate_wpm == 120 and elderly.distance_m == 1.2 and elderly.approach_speed_mps == 0.3
    assert child.rate_wpm > elderly.rate_wpm and child.pitch_ratio > 1 and child.distance_m < elderly.distance_m
    assert elderly.pause_s > child.pause_s


@pytest.mark.parametrize(
    "person",
    [
        replace(ROSE, age_group="unknown"),
        replace(LEO, age_group_confidence=0.5),
        replace(LEO, age_group_confidence=float("nan")),
    ],
)
def test_doubt_means_careful(person: Person) -> None:
    assert Talk(person).run(2).hears(person.id).now[1] == "careful"


def test_speaker_who_was_never_seen_gets_the_careful_style() -> None:
    assert Talk().run(1).hears("ghost").now == ("ghost", "careful")


def test_one_frame_decides_nothing() -> None:
    talk = Talk(replace(ROSE, age_group_confidence=0.2)).run(2).hears("rose")
    talk.people = (replace(ROSE, age_group="child"),)
    talk.run(0.2)
    talk.people = (replace(ROSE, age_group_confidence=0.2),)
    talk.run(2)
    assert {style.name for style in talk.styles} == {"careful"}


def test_group_that_holds_is_taken() -> None:
    assert Talk(ROSE).hears("rose").run(1).now == ("rose", "elderly")


def test_last_speaker_stays_addressed_for_a_while_only() -> None:
    talk = Talk(ANNA, LEO).run(1).hears("leo").run(20)
    assert talk.now == ("leo", "child")
    assert talk.run(12).now == ("", "careful")


def test_who_speaks_now_is_addressed_before_they_have_finished() -> None:
    talk = Talk(ANNA, LEO).run(1)
    talk.people = (ANNA, replace(LEO, speaking=True))
    assert talk.run(0.2).now == ("leo", "child")


def test_two_who_speak_at_once_change_nothing() -> None:
    talk = Talk(ANNA, ROSE, LEO).run(1).hears("anna")
    talk.people = (ANNA, replace(ROSE, speaking=True), replace(LEO, speaking=True))
    assert talk.run(1).now == ("anna", "adult")


def test_only_person_who_faces_the_robot_is_addressed() -> None:
    facing = replace(ROSE, facing_robot=True)
    assert Talk(ANNA, facing).run(2).now == ("rose", "elderly")
    assert Talk(replace(ANNA, facing_robot=True), facing).run(2).now == ("", "careful")


def test_facts_of_people_out_of_view_count_too() -> None:
    talk = Talk().run(0.4)
    for _ in range(5):
        talk._step({"world/facts": [WorldFacts(talk.now_s, "", (), (ROSE,))]})
    assert talk.hears("rose").now == ("rose", "elderly")


def test_reset_forgets() -> None:
    talk = Talk(ROSE).run(1).hears("rose")
    talk.social.reset()
    talk.people = ()
    assert talk.run(0.2).now == ("", "careful")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"careful": "timid"}, "no style 'timid'"),
        ({"select": {"child": "kid"}}, "no style 'kid'"),
        ({"select": {"teenager": "child"}}, "select.teenager"),
        ({"select": {"unknown": "child"}}, "always gets the careful style"),
        ({"minimum_confidence": 0.2}, "minimum_confidence"),
        ({"minimum_confidense": 0.7}, "did you mean 'minimum_confidence'"),
        ({"styles": {"careful": {"rate_wpm": 500}}}, "styles.careful.rate_wpm"),
    ],
)
def test_wrong_policy_names_the_field(tmp_path: Path, change: dict[str, Any], problem: str) -> None:
    content = {**yaml.safe_load(HOME_POLICY.read_text(encoding="utf-8")), **change}
    path = tmp_path / "policy.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(FileError) as error:
        load_policy(path)
    assert problem in str(error.value)


def test_no_style_comes_faster_or_nearer_than_the_careful_one_without_a_known_age_group() -> None:
    policy = load_policy(HOME_POLICY)
    careful = policy.styles[policy.careful]
    assert all(style.distance_m <= careful.distance_m for style in policy.styles.values())
    assert all(style.approach_speed_mps >= careful.approach_speed_mps for style in policy.styles.values())


@pytest.mark.parametrize("path", sorted(POLICIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_shipped_style_makes_answers_later_than_their_budget(path: Path) -> None:
    assert all(style.response_delay_s <= 0.25 for style in load_policy(path).styles.values())
