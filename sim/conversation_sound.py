"""A conversation as the robot hears it: frames of the microphone, what its loudspeaker was given, and the truth about both."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import AudioFrame
from robot_runtime.speak.synthesis import EspeakSynthesiser, Manner
from sim.acoustics import Acoustics
from sim.conversation import Conversation, Drives, Role, Said
from sim.description import Point
from sim.sound.units import FRAME, FRAMES_PER_S, RATE_HZ, SPEED_OF_SOUND_MPS
from sim.spoken import Pauses, audible, spoken

Samples = NDArray[np.int16]


@dataclass(frozen=True)
class Turn:
    """Something that was said, as it reaches the microphone."""

    who: str
    role: Role
    words: str
    intent: str
    slots: dict[str, str]
    start_s: float
    end_s: float
    pauses_s: tuple[tuple[float, float], ...]  # silences inside it
    wants_answer: bool
    over_robot: bool  # the robot speaks at the same time, at least for a while
    over_others: bool  # so does somebody else


@dataclass(frozen=True)
class Recording:
    """What was heard; all begin at the same moment and have whole frames."""

    microphones: NDArray[np.int16]  # shape (microphones, samples)
    reference: Samples  # what was on audio/out, silence where nothing was
    turns: tuple[Turn, ...]  # in the order of their beginnings
    poses: NDArray[np.float64]  # of the robot at each frame: x, y, yaw; shape (frames, 3)

    @property
    def microphone(self) -> Samples:
        """The first one's sound."""
        first: Samples = self.microphones[0]
        return first


def record(conversation: Conversation) -> Recording:
    """Play a conversation; the same gives the same to the bit.

    :raises EspeakError: espeak-ng cannot be had
    """
    frames = math.ceil(conversation.length_s * FRAMES_PER_S)
    home = conversation.in_home()
    sounds = [spoken(said.parts, home.people[said.who], said.louder_db) for said in conversation.said]
    reference = _robot_speech(conversation, frames)
    poses = _poses(conversation, frames)
    acoustics = Acoustics(home, conversation.seed)
    microphones = np.zeros((len(acoustics.microphones), frames * FRAME), np.int16)
    begin = {
        id_: [(said, sound) for said, (sound, _) in zip(conversation.said, sounds, strict=True) if said.who == id_] for id_ in home.people
    }
    switches = sorted(conversation.switched, key=lambda switch: switch.at_s)
    for switch in switches:
        acoustics.sources[switch.source].prepare()
    for frame in range(frames):
        now_s = frame / FRAMES_PER_S
        for id_, waiting in begin.items():
            while waiting and waiting[0][0].at_s <= now_s + 1e-9:
                acoustics.person_says(id_, waiting.pop(0)[1])
        while switches and switches[0].at_s <= now_s + 1e-9:
            switch = switches.pop(0)
            acoustics.sources[switch.source].switch(switch.playing, switch.louder_db)
        played = reference[frame * FRAME : (frame + 1) * FRAME]
        if played.any():
            acoustics.robot_plays(AudioFrame(now_s, "voice", frame, RATE_HZ, played))
        x, y, yaw = poses[frame].tolist()
        drive = drive_at(conversation, now_s)
        acoustics.mix(now_s, (x, y, yaw), _places(conversation, now_s), (drive.linear_mps, drive.angular_radps))
        microphones[:, frame * FRAME : (frame + 1) * FRAME] = acoustics.microphones
    return Recording(microphones, reference, _turns(conversation, sounds, reference, poses), poses)


# ---------------------------------------------------------------- what is said


def _robot_speech(conversation: Conversation, frames: int) -> Samples:
    reference = np.zeros(frames * FRAME, np.int16)
    voice = EspeakSynthesiser("en-us") if conversation.robot_says else None
    for says in conversation.robot_says:
        assert voice is not None
        sound = voice.speak(says.text, Manner())
        start = round(says.at_s * FRAMES_PER_S) * FRAME
        end = len(reference) if says.until_s is None else round(says.until_s * FRAMES_PER_S) * FRAME
        sound = sound[: max(0, min(end, len(reference)) - start)]
        reference[start : start + len(sound)] = sound
    return reference


def _turns(
    conversation: Conversation, sounds: list[tuple[Samples, Pauses]], reference: Samples, poses: NDArray[np.float64]
) -> tuple[Turn, ...]:
    spans = [_span_s(conversation, said, sound, poses) for said, (sound, _) in zip(conversation.said, sounds, strict=True)]
    turns = []
    for k, (said, (_, pauses), (start_s, end_s)) in enumerate(zip(conversation.said, sounds, spans, strict=True)):
        shift_s = math.ceil(said.at_s * FRAMES_PER_S - 1e-9) / FRAMES_PER_S + _way_s(conversation, said, poses)
        silences = tuple((shift_s + a / RATE_HZ, shift_s + b / RATE_HZ) for a, b in pauses)
        over_robot = bool(np.any(reference[int(start_s * RATE_HZ) : int(end_s * RATE_HZ)]))
        over_others = any(j != k and other[0] < end_s and start_s < other[1] for j, other in enumerate(spans))
        turns.append(
            Turn(
                said.who,
                said.role,
                said.words,
                said.intent,
                dict(said.slots),
                start_s,
                end_s,
                silences,
                said.wants_answer,
                over_robot,
                over_others,
            )
        )
    return tuple(sorted(turns, key=lambda turn: turn.start_s))


def _span_s(conversation: Conversation, said: Said, sound: Samples, poses: NDArray[np.float64]) -> tuple[float, float]:
    """When its first and last audible sample reach the microphone."""
    first, after = audible(sound)
    starts_s = math.ceil(said.at_s * FRAMES_PER_S - 1e-9) / FRAMES_PER_S + _way_s(conversation, said, poses)
    return starts_s + first / RATE_HZ, starts_s + after / RATE_HZ


def _way_s(conversation: Conversation, said: Said, poses: NDArray[np.float64]) -> float:
    x, y, _ = poses[min(round(said.at_s * FRAMES_PER_S), len(poses) - 1)].tolist()
    return math.dist((x, y), _places(conversation, said.at_s)[said.who]) / SPEED_OF_SOUND_MPS


# ---------------------------------------------------------------- where everybody is


def _poses(conversation: Conversation, frames: int) -> NDArray[np.float64]:
    pose = np.array([*conversation.robot.at_m, conversation.robot.yaw_rad])
    poses = np.zeros((frames, 3))
    for frame in range(frames):
        poses[frame] = pose
        drive = drive_at(conversation, frame / FRAMES_PER_S)
        pose = (
            pose
            + np.array([drive.linear_mps * math.cos(pose[2]), drive.linear_mps * math.sin(pose[2]), drive.angular_radps]) / FRAMES_PER_S
        )
    return poses


def drive_at(conversation: Conversation, now_s: float) -> Drives:
    """How the base drives now."""
    begun = [drive for drive in conversation.drives if drive.at_s <= now_s + 1e-9]
    return max(begun, key=lambda drive: drive.at_s, default=Drives(at_s=0.0))


def _places(conversation: Conversation, now_s: float) -> dict[str, Point]:
    places = dict(conversation.people)
    for walk in sorted(conversation.walks, key=lambda walk: walk.at_s):
        if walk.at_s <= now_s:
            start = places[walk.who]
            share = min(1.0, (now_s - walk.at_s) * walk.speed_mps / max(math.dist(start, walk.to_m), 1e-6))
            places[walk.who] = start[0] + (walk.to_m[0] - start[0]) * share, start[1] + (walk.to_m[1] - start[1]) * share
    return places
