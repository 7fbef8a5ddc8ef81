"""``python -m sim.social_figures [NAME…]``: eight people before the robot in the simulated home, as a table and pictures.

Each is a scenario in ``sim/scenarios/social``, played in virtual time with every stage: they are heard through the robot's ears, seen by
the oracle's eyes (with the mistakes that the scenario gives them) or by others, answered by its mind, and what is measured is the sound
that leaves its voice.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robot_runtime.flow import Flow
from robot_runtime.messages import People, SpeechMeasured, SpeechState, SpeechStyle, Utterance
from robot_runtime.observe.social_picture import draw
from robot_runtime.paths import ROOT
from robot_runtime.social.age import GROUPS
from robot_runtime.social.evidence import Event, Evidence, Words
from robot_runtime.social.simulate import Replay, Sample, recovery_s, settled_by, turns_back
from sim.play import build, run
from sim.scenario import load_scenario

FOLDER = ROOT / "sim" / "scenarios" / "social"


@dataclass(frozen=True)
class Case:
    """One scenario: to whom the robot should speak how, and after which of their turns it could know that."""

    name: str
    person: str
    style: str
    turn: int = 1

    @property
    def scenario(self) -> Path:
        return FOLDER / f"{self.name}.yaml"

    @property
    def any_eyes(self) -> bool:
        """Whether nobody has to be mistaken for somebody else on purpose, as the oracle alone can."""
        return not load_scenario(self.scenario).mistaken


CASES = (
    Case("adult", "anna", "adult"),
    Case("child", "leo", "child"),
    Case("elderly", "rose", "elderly"),
    Case("fast_talker", "anna", "adult", turn=4),
    Case("hard_of_hearing", "anna", "adult", turn=4),
    Case("mixed_group", "leo", "group"),
    Case("uncertain_age", "anna", "careful"),
    Case("wrong_first_guess", "rose", "elderly", turn=2),
)


@dataclass
class Watch:
    """Takes down a run, as the listener of its flow."""

    flow: Flow
    samples: list[Sample] = field(default_factory=list)
    styles: list[SpeechStyle] = field(default_factory=list)
    sentences: list[SpeechMeasured] = field(default_factory=list)
    begun_s: list[float] = field(default_factory=list)  # of the sentences
    turns: list[Utterance] = field(default_factory=list)
    looks: list[tuple[float, str, str]] = field(default_factory=list)  # when, who, and what age group the eyes told
    _next_s: float = math.nan

    @property
    def names(self) -> set[str]:
        """Of all who were seen or heard."""
        return {who for _, who, _ in self.looks} | {turn.speaker_id for turn in self.turns}

    def __call__(self, now_s: float, topic: str, message: Any) -> None:
        if isinstance(message, SpeechStyle):
            self.styles.append(message)
        elif topic == "people" and isinstance(message, People):
            self.looks += [(now_s, person.id, person.age_group) for person in message.people if person.seen]
            if self.styles:
                style = self.styles[-1]
                self.samples.append(Sample(now_s, style, self.flow.stage("social").traits(style.person_id, now_s)))
        elif isinstance(message, SpeechState) and message.phase == "started":
            self._next_s = now_s
        elif isinstance(message, SpeechMeasured):
            self.sentences.append(message)
            self.begun_s.append(self._next_s)
            self._next_s = now_s
        elif topic == "speech/heard" and isinstance(message, Utterance) and message.role == "turn":
            self.turns = [turn for turn in self.turns if turn.id != message.id] + [message]  # the ear may tell one again


@dataclass(frozen=True)
class Shown:
    """What one scenario has shown."""

    result: Replay
    begun_s: tuple[float, ...]  # of its sentences
    erred_s: float  # how long the eyes told the person's age group wrong
    passed: bool  # whether all that the scenario expects came true

    @property
    def later(self) -> list[tuple[SpeechMeasured, SpeechStyle]]:
        """The sentences that began after it could be known what is right, and what the policy aimed at with each."""
        told = zip(self.result.sentences, self.begun_s, strict=True)
        return [(sentence, self._aim(begun_s)) for sentence, begun_s in told if begun_s >= self.result.evidence.from_s]

    def _aim(self, begun_s: float) -> SpeechStyle:
        """What the style came to before the person spoke again, since every turn of theirs may change it."""
        until_s = min((turn.at_s for turn in self.result.evidence.events if turn.at_s > begun_s), default=math.inf)
        return [sample.style for sample in self.result.samples if sample.stamp_s < until_s][-1]


def show(case: Case, perception: str = "oracle") -> Shown:
    """Play it.

    :param perception: backend of the eyes

    :raises FileError: its scenario cannot be used
    :raises RuntimeError: too few turns were heard to tell anything
    """
    scenario = load_scenario(case.scenario)
    flow = build(case.scenario, scenario, perception=perception)
    watch = Watch(flow)
    flow.listeners.append(watch)
    played = run(flow, scenario.limit_s)
    if len(watch.turns) < case.turn:
        raise RuntimeError(f"{case.scenario}: {len(watch.turns)} turns were heard, it takes {case.turn}")
    evidence = Evidence(
        name=case.name, about=scenario.title, people=dict.fromkeys(watch.names, ""), until_s=flow.now_s, true_person=case.person,
        true_style=case.style, from_s=watch.turns[case.turn - 1].end_s, events=tuple(_turn(turn) for turn in watch.turns),
    )  # fmt: skip
    result = Replay(evidence, tuple(watch.samples), tuple(watch.styles), tuple(watch.sentences))
    return Shown(result, tuple(watch.begun_s), _erred_s(watch.looks, case), played.passed)


def _erred_s(looks: Sequence[tuple[float, str, str]], case: Case) -> float:
    """How long they told another age group than the right one; nan where none is right."""
    if case.style not in GROUPS:
        return math.nan
    wrong_s = [now_s for now_s, who, group in looks if who == case.person and group != case.style]
    return wrong_s[-1] - wrong_s[0] if wrong_s else 0.0


def _turn(turn: Utterance) -> Event:
    """For the picture."""
    return Event(at_s=turn.end_s, person=turn.speaker_id, hear=Words(text=turn.text, intent=turn.intent))


@dataclass(frozen=True)
class Row:
    """Of one person."""

    name: str
    style: SpeechStyle  # at the end
    measured_wpm: float  # mean of the sentences with that aim, from right_from on
    measured_pause_s: float  # likewise
    right_from: int  # the sentence from which on rate and pauses stay within 5 % of the aim, counted from when it could be known
    counted: int  # sentences since then
    recovery_s: float
    turns_back: int


def row(shown: Shown) -> Row:
    """What the table tells of a run."""
    result, aim = shown.result, shown.later[-1][1]
    right_from = settled_by([1 + _off(*pair) for pair in shown.later], 1.0)
    counted = [sentence for sentence, aimed in shown.later[max(right_from, 1) - 1 :] if aimed == shown.later[-1][1]]
    return Row(
        result.evidence.name, aim, _mean([sentence.rate_wpm for sentence in counted]), _mean([sentence.pause_s for sentence in counted]),
        right_from, len(shown.later), recovery_s(result), turns_back(result),
    )  # fmt: skip


def _off(sentence: SpeechMeasured, aim: SpeechStyle) -> float:
    """By which share rate or pauses, whichever is worse, miss the aim."""
    pairs = ((sentence.rate_wpm, aim.rate_wpm), (sentence.pause_s, aim.pause_s))
    return max(abs(measured / wanted - 1) for measured, wanted in pairs if math.isfinite(measured))


def _mean(values: Sequence[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else math.nan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="whom to play, as sim/scenarios/social has them; by default all that can be"
    )
    parser.add_argument("--out", default="docs/pictures", metavar="DIR", help="where the pictures go")
    parser.add_argument("--perception", default="oracle", metavar="BACKEND", help="of the eyes")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - {case.name for case in CASES}
    if unknown:
        parser.error(f"nobody is called {', '.join(sorted(unknown))}")
    cases = [case for case in CASES if not arguments.names or case.name in arguments.names]
    oracles = [case.name for case in cases if arguments.perception != "oracle" and not case.any_eyes]
    if oracles and arguments.names:
        parser.error(f"the oracle alone can mistake people as these scenarios say: {', '.join(oracles)}")
    out = Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)  # before minutes of play that would be lost
    print("| person | style | target wpm | measured | pause s | measured | right from sentence | recovery s | eyes erred s | turns back |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for case in cases:
        if case.name not in oracles:
            shown = show(case, arguments.perception)
            print(_line(shown), flush=True)
            draw(shown.result, out / f"social_{case.name}.png")


def _line(shown: Shown) -> str:
    told = row(shown)
    right = f"{told.right_from or 'never'} of {told.counted}"
    erred = "-" if math.isnan(shown.erred_s) else f"{shown.erred_s:.1f}"
    return (
        f"| {told.name.replace('_', ' ')} | {told.style.name} | {told.style.rate_wpm:.0f} | {told.measured_wpm:.1f} "
        f"| {told.style.pause_s:.2f} | {told.measured_pause_s:.2f} | {right} | {told.recovery_s:.1f} | {erred} | {told.turns_back} |"
    )


if __name__ == "__main__":
    main()
