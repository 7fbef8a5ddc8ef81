"""Replays an evidence file: the social policy as on the robot, and the robot's voice, whose sound is really made and measured."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from robot_runtime.messages import SpeechMeasured, SpeechRequest, SpeechStyle
from robot_runtime.social.estimate import Traits
from robot_runtime.social.evidence import Event, Evidence, people_now, pose, turn
from robot_runtime.social.policy import POLICIES
from robot_runtime.social.social import Social, SocialConfig
from robot_runtime.stage import Inbox, Stage

_FRAME_S = 0.02
_SEES_EVERY = 10  # frames: the eyes report five times a second
_OFF = 0.05  # of the target: what counts as measured right


@dataclass(frozen=True)
class Sample:
    """Style and estimate at one instant."""

    stamp_s: float
    style: SpeechStyle
    traits: Traits  # of the addressed person


@dataclass(frozen=True)
class Replay:
    evidence: Evidence
    samples: tuple[Sample, ...]  # five a second
    styles: tuple[SpeechStyle, ...]  # each as it was published
    sentences: tuple[SpeechMeasured, ...]  # each as it sounded


def policy_file(evidence: Evidence, own: Path) -> str:
    """The path of the policy that a file names: a shipped one by its name, another beside the file."""
    shipped = POLICIES / evidence.policy
    return str(shipped if shipped.exists() else own.parent / evidence.policy)


def replay(evidence: Evidence, policy: str, voice: Stage | None) -> Replay:
    """All of it, in virtual time.

    :param policy: path of the policy file
    :param voice: the robot's voice; without one nothing is said and nothing measured
    """
    social = Social(SocialConfig(policy_file=policy))
    samples: list[Sample] = []
    styles: list[SpeechStyle] = []
    sentences: list[SpeechMeasured] = []
    events = sorted(enumerate(evidence.events), key=lambda pair: pair[1].at_s)
    pending: list[tuple[str, object]] = []
    for frame in range(math.ceil(evidence.until_s / _FRAME_S) + 1):
        now_s = round(frame * _FRAME_S, 6)
        told = [message for index, event in events if _due(event, now_s) for message in _messages(event, index, now_s)]
        if told or pending or frame % _SEES_EVERY == 0:
            seen = [("people", people_now(evidence, now_s)), ("pose", pose(now_s))] if frame % _SEES_EVERY == 0 else []
            styled = [message for _, message in social.step(_inbox([*seen, *pending, *told]), now_s) if isinstance(message, SpeechStyle)]
        else:
            styled = []
        styles += styled
        pending = []
        if voice is not None:
            requests = [(topic, message) for topic, message in told if topic == "speech/say"]
            spoken = voice.step(_inbox([*(("speech/style", style) for style in styled), *requests]), now_s)
            pending = [(topic, message) for topic, message in spoken if topic in ("speech/state", "speech/measured")]
            sentences += [message for _, message in spoken if isinstance(message, SpeechMeasured)]
        if frame % _SEES_EVERY == 0:
            samples.append(Sample(now_s, styles[-1], social.traits(styles[-1].person_id, now_s)))
    return Replay(evidence, tuple(samples), tuple(styles), tuple(sentences))


def settled_by(rates_wpm: Sequence[float], aim_wpm: float) -> int:
    """The sentence, counted from 1, from which on the measured rate stays within 5 % of the aim; 0 if none."""
    rates = list(rates_wpm)
    last_off = max((number for number, rate in enumerate(rates, 1) if not abs(rate / aim_wpm - 1) <= _OFF), default=0)
    return last_off + 1 if last_off < len(rates) else 0


def recovery_s(result: Replay) -> float:
    """How long after a wrong style was first held the right one held for good; 0 if it was never wrong, nan if it stayed so."""
    held = [sample for sample in result.samples if sample.style.person_id == result.evidence.true_person]
    wrong = [sample.stamp_s for sample in held if sample.style.name not in (result.evidence.true_style, "careful")]
    if not wrong:
        return 0.0
    right = [sample.stamp_s for sample in held if sample.stamp_s > wrong[-1] and sample.style.name == result.evidence.true_style]
    return right[0] - wrong[0] if right else math.nan


def turns_back(result: Replay) -> int:
    """How often the target rate towards one person changed its direction: each is a step of an oscillation."""
    found = 0
    for who in result.evidence.people:
        rates = [sample.style.rate_wpm for sample in result.samples if sample.style.person_id == who]
        steps = [later - earlier for earlier, later in itertools.pairwise(rates) if later != earlier]
        found += sum(1 for one, other in itertools.pairwise(steps) if one * other < 0)
    return found


def _due(event: Event, now_s: float) -> bool:
    return now_s - _FRAME_S + 1e-9 < event.at_s <= now_s + 1e-9


def _messages(event: Event, index: int, now_s: float) -> Iterator[tuple[str, object]]:
    if event.hear is not None:
        utterance, prosody = turn(event, index, now_s)
        yield "speech/heard", utterance
        yield "speech/prosody", prosody
    elif event.say:
        yield "speech/say", SpeechRequest(now_s, f"say-{index}", event.say, event.person, "answer", "", False)


def _inbox(messages: list[tuple[str, object]]) -> Inbox:
    inbox: dict[str, list[object]] = {}
    for topic, message in messages:
        inbox.setdefault(topic, []).append(message)
    return inbox
