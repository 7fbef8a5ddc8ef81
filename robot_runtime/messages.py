"""The values that stages exchange: frozen dataclasses that know no ROS.

What the gate reads and writes is defined beside the gate, in :mod:`safety.types`, and handed on here, so that stages
import every message from one place.  Each dataclass has a ROS twin (see ``topics.py``); ``robot_runtime/ros/convert.py``
maps between the two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from safety.types import (
    ActionVerdict,
    AgeGroup,
    Argument,
    BaseCommand,
    BaseStatus,
    Battery,
    Confirmation,
    DoorState,
    EStop,
    GripperState,
    Heartbeat,
    JointPositions,
    Listening,
    Odometry,
    People,
    Person,
    PointSet,
    ProposedAction,
    ProposedJoints,
    ProposedVelocity,
    RangeReading,
    RearmRequest,
    ReloadRequest,
    RobotPose,
    RulesState,
    SafetyMode,
    SafetyState,
    Scan,
    Stopped,
    StopRequest,
    Velocity,
    Verdict,
    WorldObject,
)

__all__ = [
    "ActionStatus",
    "ActionVerdict",
    "AgeGroup",
    "Argument",
    "AudioFrame",
    "BaseCommand",
    "BaseStatus",
    "Battery",
    "CameraInfo",
    "Confirmation",
    "Deed",
    "Detection",
    "Detections",
    "DoorFact",
    "DoorState",
    "EStop",
    "EncodedImage",
    "FloorDecision",
    "ForgetRequest",
    "Forgotten",
    "GripperState",
    "Guess",
    "HeardProsody",
    "Heartbeat",
    "Image",
    "JointPositions",
    "Listening",
    "MuteRequest",
    "Muted",
    "NavGoal",
    "NavStatus",
    "Note",
    "NoteRequest",
    "Odometry",
    "People",
    "Person",
    "PersonCommand",
    "PictureKept",
    "PictureRequest",
    "Plan",
    "PlanStep",
    "PointSet",
    "Preference",
    "Preferences",
    "ProposedAction",
    "ProposedJoints",
    "ProposedVelocity",
    "RangeReading",
    "RawImage",
    "RawSound",
    "RearmRequest",
    "ReloadRequest",
    "RobotPose",
    "RulesState",
    "SafetyMode",
    "SafetyState",
    "Scan",
    "ScenarioEvent",
    "SimState",
    "SoundCommand",
    "SoundDirection",
    "SoundKept",
    "SoundState",
    "SpeechMeasured",
    "SpeechRequest",
    "SpeechState",
    "SpeechStyle",
    "StopRequest",
    "Stopped",
    "TimelineEvent",
    "Utterance",
    "Velocity",
    "Verdict",
    "VoiceDirection",
    "VoiceHeard",
    "Whereabouts",
    "WorldEvent",
    "WorldFacts",
    "WorldMemory",
    "WorldObject",
]  # fmt: skip


# ---------------------------------------------------------------- sound


@dataclass(frozen=True, slots=True, eq=False)
class AudioFrame:
    """20 ms of mono sound; ``stamp_s`` is the time of the first sample."""

    stamp_s: float
    source: str
    sequence: int  # counts up by one a frame, so that a consumer can count losses
    sample_rate_hz: int
    samples: NDArray[np.int16]  # shape (sample_rate_hz // 50,)


@dataclass(frozen=True, slots=True, eq=False)
class RawSound:
    """Sound as another's microphone driver gives it: any rate, length and number of channels.  It stays within the process."""

    stamp_s: float
    sample_rate_hz: int
    channels: int
    samples: NDArray[np.float32]  # -1 … 1, the channels of an instant beside each other


@dataclass(frozen=True, slots=True)
class MuteRequest:
    """Somebody wants the microphone muted, or not muted any more."""

    stamp_s: float
    muted: bool


@dataclass(frozen=True, slots=True)
class Muted:
    """Whether the microphone is muted, and gives nothing to anybody."""

    stamp_s: float
    muted: bool


@dataclass(frozen=True, slots=True)
class SoundKept:
    """Whether what the microphone hears may be kept: recording is on, and people here have been told."""

    stamp_s: float
    kept: bool


@dataclass(frozen=True, slots=True)
class SoundDirection:
    """Where the loudest sound comes from, as the ROS driver of a microphone array tells it: whole degrees in a frame of its own."""

    stamp_s: float
    direction_deg: int


@dataclass(frozen=True, slots=True)
class SoundState:
    """What the front end knows of one frame of ``audio/clean``, with the same number.  It stays within the process."""

    stamp_s: float
    sequence: int
    echo: str  # of the robot's own voice: "quiet", "inaudible", "cancelled" or "uncancelled"; robot_runtime/hear/echo_watch.py
    own_voice: float  # likelihood that what is left of the frame is the robot's own voice
    delay_s: float  # from ``audio/out`` to ``audio/in``; nan until it is known
    erle_db: float  # echo return loss enhancement of what a person's voice passes too
    drift_ppm: float  # of the microphone's clock against the speaker's, as far as it is known
    gain_db: float  # that was applied to the frame
    moving: bool  # the robot drives, and hears its own motors


@dataclass(frozen=True, slots=True)
class VoiceHeard:
    """Somebody is speaking, and not the robot itself.  It stays within the process."""

    stamp_s: float
    level_dbfs: float  # of the loudest 20 ms since the last of these


@dataclass(frozen=True, slots=True)
class VoiceDirection:
    """Somebody is speaking, or makes another sound that an array takes for it, and where from.

    Without a microphone array the direction is not known, and the bearing is nan.
    """

    stamp_s: float
    frame_id: str  # "base_link"
    bearing_rad: float  # counter-clockwise from straight ahead (REP-103)
    std_rad: float
    level_dbfs: float


@dataclass(frozen=True, slots=True)
class Guess:
    """What somebody may have said; never more than a reason to ask."""

    text: str
    intent: str
    slots: tuple[Argument, ...]
    confidence: float  # 0 … 1


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a person said, once their turn is over."""

    stamp_s: float
    id: str
    text: str  # "" when there was speech that no grammar covers; of what was cut the words so far
    intent: str
    slots: tuple[Argument, ...]
    confidence: float  # 0 … 1
    start_s: float
    end_s: float  # end of the sound, not of the decision
    speaker_id: str
    language: str
    engine: str  # recogniser, model and grammar hash
    role: str = "turn"  # not to be acted on: "backchannel", "several" at once, "cut" before it was over, "own_voice", "overheard"
    free_text: str = ""  # what was written down without the grammar, not to be trusted to the letter; "" unless it was a turn
    guesses: tuple[Guess, ...] = ()  # what else it may have been, the likeliest first; of a turn
    why: str = ""  # it is no turn, in a few words


@dataclass(frozen=True, slots=True)
class HeardProsody:
    """How a person said it: what can be told from the sound of one turn without knowing its words.  nan where that is not known."""

    stamp_s: float
    utterance_id: str
    speaker_id: str  # as the utterance told it; the same turn is told again once its speaker is known
    end_s: float  # of the sound; with the id it names the turn
    pitch_hz: float  # median over what is voiced
    pitch_range_st: float  # from the 10th to the 90th percentile, in semitones
    level_dbfs: float  # active level at the microphone, before any gain
    noise_dbfs: float  # of what lasts around it, likewise
    rate_syllables_ps: float  # syllables a second of speech, its pauses left out
    vocal_tract_m: float  # rough length of the speaker's vocal tract, from formants
    vocal_tract_std_m: float
    voiced_s: float  # how much of the turn the pitch rests on
    confidence: float  # 0 … 1, that the pitch is right and is that of one voice


@dataclass(frozen=True, slots=True)
class FloorDecision:
    """Somebody began to speak while the robot did: whose turn it is, and why."""

    stamp_s: float
    decision: str  # perhaps "dip": it hesitates; until it is clear "hold": silent, or "duck": softer; then "yield": done, "keep": speaks on
    why: str
    onset_s: float  # when they began
    text: str  # of what they said so far, "" if nothing was understood


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """Something to say.  With ``interrupt`` it replaces what is being said; with an empty text it only silences.

    Text that is still being made comes in several requests of one id: each but the last has ``more``.
    """

    stamp_s: float
    id: str
    text: str
    addressee_id: str
    purpose: str  # "answer", "refusal", "question", "report" or "notice"
    action_id: str  # the action it speaks about, "" if none
    interrupt: bool
    more: bool = False  # further text of the same id follows
    language: str = ""  # of the text, as "en" or "fr"; "" if it is the voice's own


@dataclass(frozen=True, slots=True)
class SpeechState:
    stamp_s: float
    request_id: str
    phase: str  # "started", "finished" or "cancelled"
    text: str
    duration_s: float  # of the sound that left, so far
    rate_wpm: float  # measured on that sound, pauses between sentences left out; nan until finished
    said: str = ""  # the words that have left whole, so that who was interrupted knows what was heard
    pause_s: float = math.nan  # between sentences, on average; nan if there was none, and until finished like all below
    clause_pause_s: float = math.nan  # within sentences, likewise
    level_dbfs: float = math.nan  # of the speech without its pauses
    pitch_hz: float = math.nan  # median
    pitch_range_st: float = math.nan  # from the 10th to the 90th percentile, in semitones


@dataclass(frozen=True, slots=True)
class SpeechStyle:
    """How to speak to, and approach, the person who is attended now."""

    stamp_s: float
    person_id: str
    name: str
    rate_wpm: float
    pitch_ratio: float  # 1 is the voice's own pitch
    volume_ratio: float
    pause_s: float  # between sentences
    distance_m: float  # where to halt in front of the person, centre to centre
    approach_speed_mps: float
    evidence: str
    confidence: float
    clause_pause_s: float = 0.12  # within sentences, where a comma or the like stands
    pitch_range_ratio: float = 1.0  # 0 is a monotone, 1 the voice's own liveliness
    words_per_turn: int = 40  # at most, before the person gets a chance to speak
    verbosity: str = "normal"  # or "short": of the wording, never of what is offered
    wording_register: str = "plain"  # or "lively" or "formal": of the wording, likewise
    response_delay_s: float = 0.0  # of silence after the person's turn, before the robot takes its own
    backchannel: str = "none"  # or "nod": what shows that the robot listens
    nod_interval_s: float = 0.0  # at least, between two nods
    approach_angle_rad: float = 0.0  # of the side to come from: 0 from where the person faces, positive from their left
    gaze_listening_ratio: float = 0.75  # share of the time that the head is turned to the person while they speak
    gaze_speaking_ratio: float = 0.4  # likewise while the robot speaks
    gaze_hold_s: float = 3.0  # how long one look lasts
    reasons: tuple[str, ...] = ()  # codes of what the choice rests on, as "request:slower" or "age:elderly", the weightiest first


@dataclass(frozen=True, slots=True)
class SpeechMeasured:
    """One sentence as it left the speaker, beside what was wanted.  nan where nothing was wanted, or could be measured."""

    stamp_s: float
    request_id: str
    sentence: int  # counted within the request, from 0
    text: str
    person_id: str  # whom the style is for
    style: str  # its name
    voice: str  # engine and language, whose correction is told
    target_rate_wpm: float
    rate_wpm: float  # pauses between sentences left out; a sentence of few words counts by its letters
    target_clause_pause_s: float
    clause_pause_s: float  # on average
    target_pause_s: float
    pause_s: float  # between this sentence and the next
    target_pitch_range_st: float
    pitch_range_st: float  # from the 10th to the 90th percentile, in semitones
    pitch_hz: float  # median
    target_level_dbfs: float
    level_dbfs: float  # active level of the speech without its pauses
    rate_correction: float  # what the engine was asked for is this many times what was wanted
    clause_pause_correction_s: float  # and these were added
    pause_correction_s: float
    pitch_range_correction: float  # many times, again
    level_correction_db: float
    disturbed: str  # why nothing was learnt from it: "cut", "ducked", "waited" or "short"; "" if it was


# ---------------------------------------------------------------- sight


Matrix3 = tuple[float, float, float, float, float, float, float, float, float]
"""Row by row."""


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A camera's calibration, with the numbers of sensor_msgs/CameraInfo.  It holds for pictures of this shape in any size."""

    stamp_s: float
    frame_id: str
    width_px: int
    height_px: int
    distortion_model: str
    d: tuple[float, ...]
    k: Matrix3


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """A raw camera picture.  It stays within the process that took it."""

    stamp_s: float
    frame_id: str
    bgr: NDArray[np.uint8]  # shape (height, width, 3)
    depth_m: NDArray[np.float32] | None  # shape (height, width)
    info: CameraInfo | None = None  # of the camera at its own size, not at that of ``bgr``; None: not calibrated


@dataclass(frozen=True, slots=True, eq=False)
class RawImage:
    """A picture or depths as sensor_msgs/Image carries them from another's camera driver.  Nothing about it is certain yet."""

    stamp_s: float
    frame_id: str
    height_px: int
    width_px: int
    encoding: str  # such as "rgb8" or "16UC1"
    is_bigendian: int
    step_bytes: int  # of a row, with its padding
    data: NDArray[np.uint8]  # flat


@dataclass(frozen=True, slots=True)
class EncodedImage:
    stamp_s: float
    frame_id: str
    format: str  # "jpeg"; from another's camera driver also "png", and more words of image_transport
    data: bytes


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """Keep the next picture of the camera.  Nothing is kept unless the gate has allowed the action."""

    stamp_s: float
    action_id: str  # of the skill take_picture


@dataclass(frozen=True, slots=True)
class PictureKept:
    """What came of a :class:`PictureRequest`, with what its record holds."""

    stamp_s: float
    action_id: str
    problem: str  # why none was kept: "not_allowed", "stale", "newcomer", "stranger" or "disk"; "" when one was
    file: str  # its name; "" if none was kept
    sha256: str  # of the file, as read back from the disk
    asked_by: str  # ids of people, as are the next two
    consented_by: tuple[str, ...]  # who said yes to the gate's question
    in_view: tuple[str, ...]  # who may be seen in it


@dataclass(frozen=True, slots=True)
class Detection:
    track_id: str
    class_name: str
    colour: str
    score: float
    box_px: tuple[float, float, float, float]  # left, top, width, height
    position_m: tuple[float, float, float]  # map frame
    position_std_m: float
    support: str
    held_by: str


@dataclass(frozen=True, slots=True)
class Detections:
    stamp_s: float
    source: str  # perception backend and model hash
    width_px: int
    height_px: int
    detections: tuple[Detection, ...]


# ---------------------------------------------------------------- world and mind


@dataclass(frozen=True, slots=True)
class WorldFacts:
    """What the robot holds true now, with the age and origin of each fact."""

    stamp_s: float
    robot_place: str
    objects: tuple[WorldObject, ...]
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a thing is, in the words of the home; "" where nothing is known or nothing applies."""

    place: str = ""
    support: str = ""
    container: str = ""  # id of the object it lies in
    held_by: str = ""


@dataclass(frozen=True, slots=True)
class WorldEvent:
    """Something that changed.  ``number`` counts up over all runs."""

    number: int
    stamp_s: float
    kind: str  # of things "appeared", "moved", "missing" or "found"; of people "came" or "gone"
    subject: str  # id of the object or person
    name: str
    before: Whereabouts
    after: Whereabouts  # of "missing": where it is not; of "gone": where they were seen last
    confidence: float
    provenance: str  # "seen", "told" or "inferred"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person told the robot to keep in mind."""

    id: str
    kind: str  # "likes", "belongs", or "reminder"
    teller_id: str  # who told it
    person_id: str  # whom it is about, or whom a reminder is for
    value: str  # what is liked, what belongs where, or what to remind of
    told_s: float
    due_s: float  # of a reminder; nan of anything else


@dataclass(frozen=True, slots=True)
class NoteRequest:
    """Keep a note in the memory from now on, or no longer.  It stays within the process."""

    stamp_s: float
    note: Note
    keep: bool


@dataclass(frozen=True, slots=True)
class Deed:
    """One task of the robot: who wanted it, in which words, how it went, and what the gate said of it.  It stays within the process."""

    id: str  # of the task, which is its own within one run; "" for one of an earlier run
    stamp_s: float
    requester_id: str
    words: str
    skill: str
    phase: str = "proposed"  # of the last ActionStatus; "interrupted" when the robot ended before the task did
    detail: str = ""  # the sentence about how it ended
    rule_ids: tuple[str, ...] = ()
    judged: str = ""  # the gate's sentence: which danger its rule sees
    number: int = 0  # counts up over all runs; 0 until the memory has it


@dataclass(frozen=True, slots=True)
class DoorFact:
    """A door of the home as the robot last found it.  It stays within the process."""

    name: str  # as the site's map calls it
    is_open: bool
    last_seen_s: float
    confidence: float  # 0 … 1, now
    provenance: str  # "seen", or "inferred" of a door in which the robot stood


@dataclass(frozen=True, slots=True)
class WorldMemory:
    """What has changed so far, as long as it is remembered.  It stays within the process."""

    stamp_s: float
    events: tuple[WorldEvent, ...]  # oldest first
    notes: tuple[Note, ...] = ()  # what people told it to keep in mind
    deeds: tuple[Deed, ...] = ()  # what the robot did, oldest first
    doors: tuple[DoorFact, ...] = ()  # those of which anything is known


@dataclass(frozen=True, slots=True)
class ForgetRequest:
    """A person wants somebody, mostly themselves, to be forgotten, and has confirmed it.  It stays within the process."""

    stamp_s: float
    person_id: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What came of a :class:`ForgetRequest`.  It stays within the process."""

    stamp_s: float
    person_id: str
    left: int  # how often the bytes of their id or name were found on disk afterwards
    problem: str  # why that cannot be said, "" if it can


@dataclass(frozen=True, slots=True)
class Preference:
    """How somebody wants to be spoken to, as they have said.  It stays within the process."""

    stamp_s: float
    person_id: str
    rate_steps: int = 0  # so often faster; negative: slower
    volume_steps: int = 0  # so often louder
    brief: bool = False
    normal: bool = False  # not adapted to what they seem to be


@dataclass(frozen=True, slots=True)
class Preferences:
    """All that is remembered of that.  It stays within the process."""

    stamp_s: float
    preferences: tuple[Preference, ...]


@dataclass(frozen=True, slots=True)
class PlanStep:
    skill: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The planner's answer to one utterance: steps to do, or a sentence to say instead."""

    stamp_s: float
    id: str
    utterance_id: str
    requester_id: str
    planner: str  # backend and model or prompt hash
    goal: PlanStep  # the first task as one action, judged before any of its steps starts; skill "" when there is none
    steps: tuple[PlanStep, ...]  # of all tasks, as they come if everything works
    say: str  # question or explanation, "" when the plan speaks by its steps
    document: str = ""  # the whole plan as JSON, with its conditions; "" when there is nothing to do


@dataclass(frozen=True, slots=True)
class ActionStatus:
    stamp_s: float
    action_id: str
    plan_id: str
    skill: str
    phase: str  # "proposed", "running", "paused", "succeeded", "failed", "cancelled" or "refused"
    detail: str


@dataclass(frozen=True, slots=True)
class NavGoal:
    """Go near a point.  ``stand_off_m`` 0 means "stand on it"; a ``nan`` yaw means "face it"."""

    stamp_s: float
    id: str
    action_id: str
    x_m: float
    y_m: float
    yaw_rad: float
    stand_off_m: float
    max_speed_mps: float
    cancel: bool


@dataclass(frozen=True, slots=True)
class NavStatus:
    stamp_s: float
    goal_id: str
    phase: str  # "running", "blocked", "reached", "failed" or "cancelled"
    remaining_m: float
    detail: str


# ---------------------------------------------------------------- simulation and evidence


@dataclass(frozen=True, slots=True)
class SimState:
    """Everything needed to redraw the simulated home at one instant.  Truth: only sim/ and reports may read it."""

    stamp_s: float
    qpos: tuple[float, ...]
    mocap_pos: tuple[float, ...]  # flattened (n, 3)
    mocap_quat: tuple[float, ...]  # flattened (n, 4)
    speaking: tuple[str, ...]  # ids of people who speak now
    holders: tuple[Argument, ...]  # object id → "robot" or a person's id; absent when it stands somewhere


@dataclass(frozen=True, slots=True)
class PersonCommand:
    """The scenario's direction to a simulated person."""

    stamp_s: float
    person_id: str
    say: str  # text, or the path of a WAV file when it ends in .wav; "" for nothing
    path_m: tuple[float, ...]  # flattened (n, 2) way-points to walk; empty to stand
    speed_mps: float


@dataclass(frozen=True, slots=True)
class SoundCommand:
    """The scenario switches a thing that sounds in the simulated home.  It stays within the process."""

    stamp_s: float
    source: str
    on: bool
    louder_db: float  # than the home describes it


@dataclass(frozen=True, slots=True)
class ScenarioEvent:
    stamp_s: float
    phase: str  # "ready", "event", "passed", "failed" or "finished"
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One line of the story of a run, for terminal, report and picture."""

    stamp_s: float
    kind: str  # "heard", "understood", "planned", "verdict", "action", "moving", "said", "manner", "safety", "scenario" or "process"
    text: str
    detail: str
    latency_ms: float  # nan when there is none to tell
