"""Social policy files: styles of speech and approach, and what selects and shapes them.

A file may say ``extends: other.yaml``, of its own folder, and then holds only what differs.  ``sources`` says where every number
comes from: a study, or that it was chosen and why.  ``robot-runtime social check`` names the numbers of which it does not.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from safety.files import FileError, load_yaml, parse, read_yaml, suggestion
from safety.types import AgeGroup

POLICIES = Path(__file__).parent / "policies"
HOME_POLICY = POLICIES / "home.yaml"
_MOST_EXTENDED = 8


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Style(_Model):
    rate_wpm: float = Field(ge=60, le=260, description="words a minute, pauses within sentences counted, those between them not")
    pitch_ratio: float = Field(ge=0.7, le=1.5, description="1 is the voice's own pitch")
    volume_ratio: float = Field(ge=0.3, le=2.0, description="1 is the voice's own loudness")
    pause_s: float = Field(ge=0, le=3, description="between sentences")
    clause_pause_s: float = Field(0.12, ge=0, le=2, description="within sentences, where a comma or the like stands")
    pitch_range_ratio: float = Field(1.0, ge=0, le=2, description="liveliness: 0 is a monotone, 1 the voice's own")
    words_per_turn: int = Field(40, ge=5, le=200, description="at most, before the person gets a chance to speak")
    verbosity: Literal["normal", "short"] = Field("normal", description="of the wording, never of what is offered")
    wording_register: Literal["plain", "lively", "formal"] = Field("plain", description="likewise")
    response_delay_s: float = Field(0.0, ge=0, le=2, description="silence after the person's turn, before the robot takes its own")
    backchannel: Literal["none", "nod"] = Field("none", description="what shows that the robot listens")
    nod_interval_s: float = Field(0.0, ge=0, le=60, description="at least, between two nods")
    distance_m: float = Field(ge=0.5, le=3, description="where to halt in front of the person, centre to centre")
    approach_speed_mps: float = Field(gt=0, le=0.8, description="at most, on the way to the person")
    approach_angle_rad: float = Field(
        0.0, ge=-1.6, le=1.6, description="side to come from: 0 from where the person faces, positive from their left"
    )
    gaze_listening_ratio: float = Field(0.75, ge=0, le=1, description="share of the time that the head is turned to who speaks")
    gaze_speaking_ratio: float = Field(0.4, ge=0, le=1, description="likewise while the robot speaks")
    gaze_hold_s: float = Field(3.0, gt=0, le=30, description="how long one look lasts")


def load_style(path: str | Path) -> Style:
    """
    Read one style from a file of its own.

    :raises FileError: it is missing or does not fit; the message names the field
    """
    return load_yaml(path, Style)


class Bounds(_Model):
    """Beyond which no evidence and no request moves a style."""

    rate_wpm: tuple[float, float] = (90, 200)
    volume_ratio: tuple[float, float] = (0.6, 1.8)
    pause_s: tuple[float, float] = (0.15, 1.5)
    clause_pause_s: tuple[float, float] = (0.05, 0.8)

    @model_validator(mode="after")
    def _in_order(self) -> Bounds:
        for name in type(self).model_fields:
            low, high = getattr(self, name)
            if not 0 <= low < high:
                raise ValueError(f"{name}: the first must be below the second")
        return self


class AgeEvidence(_Model):
    """How eyes and voice together say an age group."""

    eyes_s: float = Field(1.0, gt=0, le=60, description="time over which what the eyes say is averaged")
    change_half_life_s: float = Field(
        60.0, gt=0, le=3600, description="in which a change of the eyes' mind is half forgotten; each doubles settle_s"
    )
    voice_weight: float = Field(0.5, ge=0, le=1, description="of the voice against the eyes; it alone never decides")
    child_pitch_hz: float = Field(260, ge=150, le=500, description="mean of children")
    woman_pitch_hz: float = Field(210, ge=120, le=350, description="mean of women")
    man_pitch_hz: float = Field(120, ge=60, le=200, description="mean of men")
    pitch_spread_st: float = Field(3.5, gt=0.5, le=12, description="standard deviation between people, in semitones")
    child_tract_m: float = Field(0.125, ge=0.08, le=0.16, description="mean length of children's vocal tracts")
    grown_tract_m: float = Field(0.155, ge=0.12, le=0.2, description="of grown-ups, women and men together")
    tract_spread_m: float = Field(0.012, gt=0.002, le=0.05, description="standard deviation between people; the measurement's is added")
    least_voiced_s: float = Field(0.5, gt=0, le=30, description="a shorter utterance says nothing")


class Hearing(_Model):
    """What counts as trouble with hearing, and what follows from all of it."""

    pardon: float = Field(1.0, ge=0, le=5, description='weight of a "pardon?"')
    repeat: float = Field(0.4, ge=0, le=5, description="of the same words once more, soon after")
    repeat_within_s: float = Field(20, gt=0, le=300, description="how soon that is")
    loud: float = Field(0.2, ge=0, le=5, description="of an utterance that is much louder than most")
    loud_db: float = Field(8, gt=0, le=40, description="how much louder that is")
    clear_turn: float = Field(0.85, gt=0, le=1, description="what an ordinary turn leaves of the sum")
    half_life_s: float = Field(600, gt=0, le=1e6, description="in which the sum halves by itself")
    scale: float = Field(2.5, gt=0, le=20, description="sum at which trouble is 0.63 of all")
    rate_ratio: float = Field(0.75, ge=0.4, le=1, description="of the style's rate, at full trouble")
    volume_ratio: float = Field(1.4, ge=1, le=2, description="of the style's loudness, at full trouble")
    pause_ratio: float = Field(1.8, ge=1, le=4, description="of the style's pauses, at full trouble")


class OwnRate(_Model):
    """Meeting somebody who speaks faster or slower than most, some of the way."""

    typical_syllables_ps: float = Field(4.5, gt=1, le=10, description="of most people's speech")
    share: float = Field(0.5, ge=0, le=1, description="of the way, as a power: 0.5 is half-way")
    most_ratio: float = Field(1.15, ge=1, le=1.5, description="of the style's rate, at most; its inverse at least")
    trust_s: float = Field(3.0, gt=0, le=60, description="voiced time that weighs as much as the typical rate")
    least_confidence: float = Field(0.5, ge=0, le=1, description="below it the style's own rate stays")


class Company(_Model):
    """Several people, and people whom nobody has named."""

    near_m: float = Field(3.6, gt=0, le=10, description="who faces the robot within it belongs to the group")
    settle_s: float = Field(2.0, ge=0, le=30, description="how long they must have")
    group_volume_ratio: float = Field(1.1, ge=1, le=2, description="more loudness for several listeners")
    stranger_distance_m: float = Field(1.2, ge=0.5, le=3, description="at least, to who has no name")


class Engagement(_Model):
    """Distance, facing and answering, smoothed."""

    average_s: float = Field(4.0, gt=0, le=60, description="time over which facing and nearness are averaged")
    answer_s: float = Field(8.0, gt=0, le=60, description="who speaks so soon after the robot has answered it")
    little: float = Field(0.3, ge=0, le=1, description="below it the robot makes few words")
    enough: float = Field(0.45, ge=0, le=1, description="above it no longer")
    words_ratio: float = Field(0.6, gt=0, le=1, description="of the words per turn, for little engagement")


class Arousal(_Model):
    """Against the person's own voice; of valence nothing is claimed."""

    least_utterances: int = Field(4, ge=2, le=50, description="before anything is said of it")
    high: float = Field(0.5, ge=0, le=1, description="from which the robot's own voice becomes calmer")
    pitch_range_ratio: float = Field(0.85, gt=0, le=1, description="of the style's, at full arousal")


class Requests(_Model):
    """What one request changes."""

    rate_ratio: float = Field(0.85, gt=0.5, lt=1, description='of "slower, please"; its inverse of "faster"')
    volume_ratio: float = Field(1.25, gt=1, le=2, description='of "speak up"; its inverse of "softer"')
    most_steps: int = Field(3, ge=1, le=6, description="of one kind that add up")
    short_words_ratio: float = Field(0.5, gt=0, le=1, description='of the words per turn, after "shorter"')


class Gradual(_Model):
    """How a style comes into force."""

    share: float = Field(0.8, gt=0.3, le=1, description="of the way that is gone at each border between sentences")
    enough_ratio: float = Field(0.03, ge=0, le=0.2, description="a smaller rest is gone at once, a smaller change not begun")
    silence_s: float = Field(5.0, ge=0, le=60, description="after so long without a word from the robot nobody hears a step")


class Policy(_Model):
    """One policy, whole."""

    name: str
    careful: str = Field(description="the style for nobody in particular, and for anybody about whom there is doubt")
    normal: str = Field(description="the style of speech for who wants no adaptation")
    minimum_confidence: float = Field(0.6, ge=0.5, le=1, description="of an age group, before its style is used")
    keep_confidence: float = Field(0.5, ge=0.34, le=1, description="of the group in use, below which it is given up")
    settle_s: float = Field(0.5, ge=0, le=10, description="how long an age group must have held")
    attention_s: float = Field(30.0, gt=0, le=600, description="how long the last speaker stays the addressed person")
    select: dict[AgeGroup, str] = Field(description="age group → name of its style")
    styles: dict[str, Style]
    bounds: Bounds = Bounds()
    age: AgeEvidence = AgeEvidence()
    hearing: Hearing = Hearing()
    own_rate: OwnRate = OwnRate()
    company: Company = Company()
    engagement: Engagement = Engagement()
    arousal: Arousal = Arousal()
    requests: Requests = Requests()
    gradual: Gradual = Gradual()
    sources: dict[str, str] = Field({}, description="path of a number, in which * stands for any name → where it comes from")

    @model_validator(mode="after")
    def _names_exist(self) -> Policy:
        for name in (self.careful, self.normal, *self.select.values()):
            if name not in self.styles:
                raise ValueError(f"no style '{name}'{suggestion(name, list(self.styles))}")
        if AgeGroup.UNKNOWN in self.select:
            raise ValueError("select: 'unknown' always gets the careful style; remove it")
        if self.keep_confidence > self.minimum_confidence:
            raise ValueError("keep_confidence: must not be above minimum_confidence")
        return self


def load_policy(path: str | Path) -> Policy:
    """
    Read one policy file, and those that it extends.

    :raises FileError: it is missing or does not fit; the message names the field
    """
    return parse(_extended(Path(path), _MOST_EXTENDED), Policy, str(path))


def numbers(policy: Policy) -> Iterator[str]:
    """The path of every number of a policy, as ``styles.child.rate_wpm``."""
    yield from _numbers(policy.model_dump(exclude={"sources"}), "")


def without_source(policy: Policy) -> list[str]:
    """Numbers of which ``sources`` says nothing."""
    return [path for path in numbers(policy) if source_of(policy, path) is None]


def source_of(policy: Policy, path: str) -> str | None:
    """What is said of one number: the longest pattern that fits counts."""
    fitting = [pattern for pattern in policy.sources if fnmatch.fnmatchcase(path, pattern)]
    return policy.sources[max(fitting, key=len)] if fitting else None


def _numbers(part: Any, path: str) -> Iterator[str]:
    if isinstance(part, Mapping):
        for key, value in part.items():
            yield from _numbers(value, f"{path}.{getattr(key, 'value', key)}".lstrip("."))
    elif isinstance(part, (int, float)) or (isinstance(part, tuple) and part):
        yield path


def _extended(path: Path, deep: int) -> Any:
    """The plain content of a file over that of the one that it extends."""
    content = read_yaml(path)
    if not isinstance(content, dict) or "extends" not in content:
        return content
    name = content.pop("extends")
    if not isinstance(name, str) or not deep:
        raise FileError(f"{path}: extends: expected the name of another policy file, {_MOST_EXTENDED} deep at most (got {name!r})")
    return _over(_extended(path.parent / name, deep - 1), content)


def _over(base: Any, own: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(own, dict):
        return own
    return {**base, **{key: _over(base.get(key), value) for key, value in own.items()}}
