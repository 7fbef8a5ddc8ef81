"""Generated conversations: as many as asked, always the same, and their truth is what is heard."""

from __future__ import annotations

import json
import wave
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.paths import ROOT
from safety.files import FileError
from sim.conversation import Conversation, Said, as_yaml, load_conversation
from sim.conversation_sound import Recording, record
from sim.conversations import FAMILIES, conversations, write
from sim.description import PersonDescription, Voice, load_home
from sim.people_voices import AgeGroup, a_voice
from sim.sound.units import FRAME, RATE_HZ
from sim.voices import render
from tests.sim.sound_rig import level_dbfs

SHIPPED = sorted((ROOT / "sim" / "scenarios" / "conversations").glob("*.yaml"))
PEOPLE = load_home("sim/homes/family_home").people
_AGES: tuple[AgeGroup, AgeGroup] = ("child", "elderly")


def small(**changes: Any) -> Conversation:
    content = {
        "title": "small", "family": "plain", "length_s": 4.0, "robot": {"at_m": [4.2, 2.5]}, "people": {"anna": [3.2, 2.5]},
        "said": [{"at_s": 0.5, "who": "anna", "parts": ["bring me", 0.6, "the red cup"], "intent": "fetch"}],
        "sound": {"noise_dbfs": -96},
    }  # fmt: skip
    return Conversation.model_validate({**content, **changes})


def test_two_hundred_are_made_of_all_families_and_always_the_same() -> None:
    made = list(conversations(7, 200))
    assert Counter(conversation.family for conversation in made) == dict.fromkeys(FAMILIES, 20)
    assert len({conversation.title for conversation in made}) == 200
    assert made == list(conversations(7, 200))
    assert made != list(conversations(8, 200))
    assert list(conversations(7, 3)) == made[:3]


def test_what_they_ask_for_is_in_the_catalogue() -> None:
    known = {"stop", ""} | {skill.intent for skill in load_catalogue().skills.values()}
    assert {said.intent for conversation in conversations(2, 100) for said in conversation.said} <= known


def test_families_hold_what_their_names_say() -> None:
    by_family = {family: [c for c in conversations(3, 60) if c.family == family] for family in FAMILIES}
    assert all(any(not isinstance(part, str) for said in c.said for part in said.parts) for c in by_family["hesitating"])
    assert all({said.role for said in c.said} == {"backchannel", "turn"} and c.robot_says for c in by_family["backchannel"])
    assert all(c.robot_says[0].until_s is not None for c in by_family["barge_in"])
    assert all(c.switched and c.switched[0].at_s == 0 for c in by_family["television"])
    assert all(len({said.who for said in c.said}) == 2 for c in by_family["two_at_once"])
    assert all(c.drives for c in by_family["driving"])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_ones_are_sound_and_are_what_the_generator_makes(path: Path) -> None:
    made: dict[str, Conversation] = {conversation.family: conversation for conversation in conversations(1, 10)}
    assert load_conversation(path) == made[path.stem]


def test_every_family_ships_an_example() -> None:
    assert {path.stem for path in SHIPPED} == set(FAMILIES)


def test_truth_is_what_is_heard() -> None:
    recording = record(small())
    (turn,) = recording.turns
    assert turn.words == "bring me the red cup" and turn.wants_answer and not turn.over_robot
    heard = recording.microphone.astype(float)
    loud = np.flatnonzero(np.abs(heard) > 0.012 * np.abs(heard).max())
    assert loud[0] / RATE_HZ == pytest.approx(turn.start_s, abs=0.01)
    assert (loud[-1] + 1) / RATE_HZ == pytest.approx(turn.end_s, abs=0.01)
    ((quiet_s, again_s),) = turn.pauses_s
    assert again_s - quiet_s == pytest.approx(0.6)
    assert level_dbfs(heard[round(quiet_s * RATE_HZ) + 80 : round(again_s * RATE_HZ) - 80]) < -80


def test_the_reference_is_what_the_loudspeaker_plays_until_it_is_cut() -> None:
    robot = [{"at_s": 1.0, "text": "I am on my way to the bedroom now.", "until_s": 2.0}]
    recording = record(small(robot_says=robot, said=[], sound={"noise_dbfs": -96, "own_voice": {}}))
    played = np.flatnonzero(recording.reference)
    assert played[0] >= RATE_HZ and played[-1] < 2 * RATE_HZ
    heard = np.flatnonzero(np.abs(recording.microphone.astype(int)) > 50)
    assert heard[0] / RATE_HZ == pytest.approx(played[0] / RATE_HZ + 0.06, abs=0.03)


def test_overlaps_are_told() -> None:
    said = [
        {"at_s": 1.5, "who": "anna", "parts": ["yes"], "role": "backchannel"},
        {"at_s": 1.6, "who": "leo", "parts": ["come here"], "role": "aside"},
        {"at_s": 6.5, "who": "anna", "parts": ["*cough*"], "role": "noise"},
    ]
    robot = [{"at_s": 1.0, "text": "I am on my way to the bedroom now, and I shall wait there.", "until_s": 4.0}]
    recording = record(small(said=said, robot_says=robot, length_s=8.0, people={"anna": [3.2, 2.5], "leo": [4.2, 1.5]}))
    assert [(turn.who, turn.over_robot, turn.over_others, turn.wants_answer) for turn in recording.turns] == [
        ("anna", True, True, False),
        ("leo", True, True, False),
        ("anna", False, False, False),
    ]


def test_people_walk_and_the_robot_drives() -> None:
    moving = small(walks=[{"at_s": 0.5, "who": "anna", "to_m": [0.8, 2.5], "speed_mps": 1.0}], drives=[{"at_s": 1.0, "linear_mps": 0.5}])
    recording = record(moving)
    assert recording.poses[50, 0] == pytest.approx(4.2) and recording.poses[150, 0] == pytest.approx(5.2)
    assert level_dbfs(recording.microphone) < level_dbfs(record(small()).microphone) - 1


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_can_be_recorded_again_to_the_bit(family: Any) -> None:
    conversation = next(conversations(11, 1, (family,)))
    first = record(conversation)
    assert first.microphone.shape == first.reference.shape == (len(first.poses) * FRAME,)
    assert all(turn.start_s < turn.end_s <= conversation.length_s for turn in first.turns)
    assert len(first.turns) == len(conversation.said)
    if family in ("barge_in", "two_at_once"):
        assert _equal(first, record(conversation))


def _equal(a: Recording, b: Recording) -> bool:
    return np.array_equal(a.microphones, b.microphones) and np.array_equal(a.reference, b.reference) and a.turns == b.turns


def test_files_hold_sound_and_truth(tmp_path: Path) -> None:
    write(tmp_path, small())
    assert load_conversation(tmp_path / "small.yaml") == small()
    with wave.open(str(tmp_path / "small.microphone.wav")) as file:
        assert (file.getframerate(), file.getnframes()) == (RATE_HZ, 4 * RATE_HZ)
    truth = json.loads((tmp_path / "small.truth.json").read_text())
    assert truth["turns"][0]["words"] == "bring me the red cup"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"people": {"anna": [1, 1], "bob": [1, 1]}}, "unknown person 'bob'"),
        ({"switched": [{"at_s": 1, "source": "radio"}]}, "unknown source of sound 'radio'"),
        ({"people": {}}, "say where anna stands"),
        ({"length_s": 0.3}, "something begins later"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    content = {**yaml.safe_load(as_yaml(small())), **changes}
    (tmp_path / "wrong.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(FileError, match=says):
        load_conversation(tmp_path / "wrong.yaml")


def test_fillers_are_no_words() -> None:
    said = Said(at_s=0, who="anna", parts=["go to", 0.5, "um", 0.2, "the hall"])
    assert said.words == "go to the hall"
    assert Said(at_s=0, who="anna", parts=["mm hm"], role="backchannel").words == "mm hm"


def test_voices_sound_like_their_age() -> None:
    rng = np.random.default_rng(1)
    child, old = ([a_voice(group, rng) for _ in range(30)] for group in _AGES)
    assert min(voice.pitch for voice in child) > max(voice.pitch for voice in old)
    assert max(voice.rate_wpm for voice in old) <= min(voice.rate_wpm for voice in child) + 15
    assert 5 < sum(voice.tremor > 0 for voice in old) < 28


def test_a_tremor_wavers_and_keeps_the_length() -> None:
    steady, trembling = (render("come here please", _with(Voice(tremor=tremor))) for tremor in (0.0, 1.0))
    assert len(trembling) == pytest.approx(len(steady), rel=0.02)
    assert not np.array_equal(steady[:2000], trembling[:2000])


def _with(voice: Voice) -> PersonDescription:
    return PEOPLE["rose"].model_copy(update={"voice": voice})
