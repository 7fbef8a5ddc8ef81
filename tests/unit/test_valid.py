"""Messages that no stage may see, and those that every stage must see."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from robot_runtime import messages as m
from robot_runtime.sense.sound_source import FRAME_S
from robot_runtime.sense.wav import RATE_HZ
from robot_runtime.valid import FRAME_SAMPLES, MOST_CHARACTERS, MOST_ITEMS, RefusedError, accepted
from sim.home import SAMPLE_RATE_HZ

SCAN = m.Scan(1.0, -3.0, 0.1, 0.05, 12.0, np.ones(60, np.float32))
FRAME = m.AudioFrame(1.0, "device", 1, 16_000, np.zeros(320, np.int16))
STYLE = m.SpeechStyle(1.0, "anna", "adult", 150.0, 1.0, 1.0, 0.2, 1.2, 0.5, "seen", 0.9)
PERSON = m.Person("anna", "Anna", "adult", 0.9, (0.0, 0.0, 1.0), (0.0, 0.0, 0.0), 0.1, True, False, True, 1.0)
STATUS = m.ActionStatus(1.0, "a", "p", "go_to", "running", "")
PEOPLE = m.People(1.0, "oracle", (PERSON,))
COMMAND = m.PersonCommand(1.0, "anna", "", (1.0, 2.0), 0.5)

GOOD = [
    SCAN, FRAME, STYLE, PEOPLE, STATUS, COMMAND,
    replace(SCAN, ranges_m=np.full(3, math.nan, np.float32)),  # broken rays are the consumer's to judge
    replace(STYLE, pause_s=0.0),
    replace(STATUS, detail="x" * MOST_CHARACTERS),
    replace(PEOPLE, people=()),
    m.ProposedVelocity(1.0, "a", math.nan, math.inf),  # the gate takes it for a stop
    m.EStop(1.0, True),
    m.SoundDirection(1.0, -180),
    m.VoiceDirection(1.0, "base_link", math.nan, math.nan, math.nan),  # a voice from nowhere
]  # fmt: skip

BAD: list[tuple[Any, str]] = [
    (replace(SCAN, ranges_m=np.zeros(0, np.float32)), "Scan: 0 rays"),
    (replace(SCAN, angle_increment_rad=0.0), "Scan: angles"),
    (replace(SCAN, angle_min_rad=math.nan), "Scan: angles"),
    (m.JointPositions(1.0, ("lift",), ()), "JointPositions: 1 names for 0 positions"),
    (m.ProposedJoints(1.0, "a", (), (0.1,)), "ProposedJoints: 0 names for 1 positions"),
    (replace(FRAME, samples=np.zeros(0, np.int16)), "AudioFrame: 0 samples at 16000 Hz"),
    (replace(FRAME, samples=np.zeros(16_000, np.int16)), "AudioFrame: 16000 samples"),
    (replace(FRAME, sample_rate_hz=0), "AudioFrame: 320 samples at 0 Hz"),
    *((replace(STYLE, rate_wpm=value), "SpeechStyle: rate_wpm is") for value in (0.0, -1.0, math.nan, math.inf)),
    (replace(STYLE, pitch_ratio=0.0), "SpeechStyle: pitch_ratio is 0"),
    (replace(STYLE, pause_s=math.nan), "SpeechStyle: pause_s is nan"),
    (replace(PEOPLE, people=(PERSON, replace(PERSON, age_group="giant"))), "People: age_group: unknown value 'giant'"),
    (replace(STATUS, phase="flying"), "ActionStatus: phase: unknown value 'flying'"),
    (replace(STATUS, detail="x" * (MOST_CHARACTERS + 1)), "ActionStatus: detail: 65537 characters"),
    (replace(PEOPLE, people=(replace(PERSON, name="x" * 70_000),)), "People: people: name: 70000 characters"),
    (m.JointPositions(1.0, ("lift",) * 20_001, (0.0,) * 20_001), f"names: 20001 items, at most {MOST_ITEMS}"),
    (replace(COMMAND, path_m=(1.0,)), "PersonCommand: path_m: 1 numbers"),
    (replace(COMMAND, speed_mps=math.nan), "PersonCommand: speed_mps is nan"),
    (m.SoundDirection(1.0, 65_535), "SoundDirection: 65535 degrees"),
    (m.VoiceDirection(1.0, "respeaker_base", 0.0, 0.1, -40.0), "VoiceDirection: frame_id: unknown value 'respeaker_base'"),
    (m.SafetyState(1.0, "asleep", (), 0.0, 1.0, 1.0, 0.0, 0.0), "SafetyState: mode: unknown value 'asleep'"),
]


@pytest.mark.parametrize("message", GOOD)
def test_what_makes_sense_passes_untouched(message: Any) -> None:
    assert accepted(message) is message


@pytest.mark.parametrize(("message", "says"), BAD, ids=[says for _, says in BAD])
def test_what_nobody_can_use_is_refused(message: Any, says: str) -> None:
    with pytest.raises(RefusedError) as error:
        accepted(message)
    assert says in str(error.value)
    assert len(str(error.value)) < 200


def test_a_request_to_stop_is_never_refused() -> None:
    stop = accepted(m.StopRequest(1.0, "x" * 100_000, "y" * 100_000, math.nan))
    assert isinstance(stop, m.StopRequest)
    assert len(stop.source) == len(stop.detail) == 200


def test_our_own_sound_passes() -> None:
    assert RATE_HZ == SAMPLE_RATE_HZ
    assert round(FRAME_S * RATE_HZ) == FRAME_SAMPLES
