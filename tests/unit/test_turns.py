"""Turn taking: how long to wait, whose pace, who has the floor, what was said though nobody finished."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from robot_runtime.hear.backchannel import is_backchannel
from robot_runtime.hear.completeness import completeness, is_all, is_understood
from robot_runtime.hear.fading import Fading
from robot_runtime.hear.floor import Decision, Evidence, Floor, FloorConfig, decide
from robot_runtime.hear.floor_keeper import FloorKeeper
from robot_runtime.hear.grammar import Grammar, Rule
from robot_runtime.hear.listener import Listener, ListenerConfig
from robot_runtime.hear.pace import Pace, PaceConfig, Paces
from robot_runtime.hear.patience import Completeness, Patience
from robot_runtime.hear.recogniser import Hypothesis, Recogniser
from robot_runtime.hear.speakers import Speakers
from robot_runtime.hear.turn import Moment, Turn, TurnTimes
from robot_runtime.messages import FloorDecision, People, Person, SpeechState
from robot_runtime.speak.ducking import Ducking, Manners

FRAME_S = 0.02
ADULT = Pace(0.35, 1.0)

# ---------------------------------------------------------------- when a turn begins


def test_a_click_begins_no_turn() -> None:
    turn = Turn(TurnTimes(0.1, 5.0), 0.5, FRAME_S)
    assert [turn.hear(0.9) for _ in range(3)] == [Moment.QUIET] * 3
    turn.hear(0.0)
    moments = [turn.hear(p) for p in [0.9] * 20 + [0.0] * 40]
    assert moments.index(Moment.BEGAN) == 4
    assert moments.index(Moment.SILENT) == 20
    assert turn.silent_s == pytest.approx(0.8) and turn.speech_s == pytest.approx(0.4)


def test_a_turn_without_end_is_cut() -> None:
    turn = Turn(TurnTimes(0.1, 1.0), 0.5, FRAME_S)
    assert Moment.ENDED in [turn.hear(0.9) for _ in range(60)]


# ---------------------------------------------------------------- how long to wait


def test_the_less_is_said_the_longer_it_is_waited_for() -> None:
    waits = [Patience().wait_s(said, ADULT) for said in (Completeness.WHOLE, Completeness.OPEN, Completeness.NOTHING, Completeness.BEGUN)]
    assert waits == sorted(waits) and len(set(waits)) == 4
    assert waits[0] <= 0.2 and waits[-1] >= 1.2


@pytest.mark.parametrize("said", Completeness)
def test_who_pauses_longer_gets_more_time(said: Completeness) -> None:
    waits = [Patience().wait_s(said, Pace(pause_s, 1.0)) for pause_s in (0.1, 0.3, 0.6, 3.0)]
    assert waits == sorted(waits)
    assert all(Patience().least_s <= wait <= Patience().most_s for wait in waits)


def test_who_speaks_slowly_gets_more_time_after_a_whole_sentence() -> None:
    assert Patience().wait_s(Completeness.WHOLE, Pace(0.3, 1.5)) == pytest.approx(1.5 * Patience().least_s)


def test_the_accepted_risk_is_that_of_the_pause_going_on() -> None:
    """The wait is where, of pauses of this person, the share that is none of the end has fallen to the risk."""
    patience = Patience(least_s=0.04, most_s=5)
    wait_s, odds = patience.wait_s(Completeness.NOTHING, ADULT), patience.nothing_odds
    still = odds * math.exp(-wait_s / ADULT.pause_s)
    assert still / (1 + still) == pytest.approx(patience.risk)


GRAMMAR = Grammar(
    [
        Rule("fetch", "bring me the cup [please]", {}),
        Rule(
            "go",
            "(go | go to the {place} | go into the {place} | go over to the {place} | go back to the {place} | go out to the {place})",
            {},
        ),
        Rule("come", "(come here | come here please | come here now | come here to me | come here to me now | come here to me please)", {}),
        Rule("bring", "come here and bring me the cup", {}),
        Rule("stop", "(halt | halt over there)", {}),
    ],
    {"place": ["kitchen", "hall"]},
)


@pytest.mark.parametrize(
    ("hypothesis", "said"),
    [
        (Hypothesis("bring me the cup", 0.9), Completeness.WHOLE),
        (Hypothesis("bring me the cup please", 0.9), Completeness.WHOLE),
        (Hypothesis("bring me the cup", 0.6), Completeness.OPEN),
        (Hypothesis("go", 0.9), Completeness.OPEN),
        (Hypothesis("come here", 0.9), Completeness.WHOLE),  # it mostly goes on, by words that change nothing
        (Hypothesis("bring me the cup", 0.3), Completeness.NOTHING),
        (Hypothesis("", 0.0), Completeness.NOTHING),
        (Hypothesis("bring me the cup", 0.7, (), "bring me the", 6.0, -0.3), Completeness.BEGUN),
        (Hypothesis("bring me the cup", 0.76, (), "bring", 2.2, -0.7), Completeness.WHOLE),
        (Hypothesis("bring me the cup", 0.6, (), "bring", 2.2, -0.7), Completeness.BEGUN),
        (Hypothesis("bring me the cup", 0.9, (), "bring me the", 6.0, -0.3), Completeness.WHOLE),
        (Hypothesis("bring me the cup", 0.9, (), "bring me the", 0.5, -0.3), Completeness.WHOLE),
        (Hypothesis("bring me the cup", 0.2, (), "bring me the", 6.0, -2.0), Completeness.NOTHING),
        (Hypothesis("bring me the cup", math.nan), Completeness.NOTHING),
        (Hypothesis("halt", 0.55, (), "halt over", 1.5, -0.7), Completeness.WHOLE),
        (Hypothesis("halt", 0.45, (), "halt over", 1.5, -0.7), Completeness.BEGUN),
    ],
)
def test_completeness(hypothesis: Hypothesis, said: Completeness) -> None:
    assert completeness(hypothesis, GRAMMAR, 0.5, 0.65) is said


@pytest.mark.parametrize(
    ("hypothesis", "everything"),
    [
        (Hypothesis("bring me the cup", 0.9), True),
        (Hypothesis("bring me the cup", 0.9, (), "bring me", -4.0, -0.8), True),
        (Hypothesis("bring me the cup", 0.75), False),
        (Hypothesis("bring me the cup", 0.9, (), "bring me the", 0.5, -0.3), False),  # the rest may be a guess
        (Hypothesis("come here", 0.99), False),  # "and bring me the cup"
        (Hypothesis("bring me", 0.99), False),
        (Hypothesis("", 0.0), False),
    ],
)
def test_what_surely_is_all(hypothesis: Hypothesis, everything: bool) -> None:
    assert is_all(hypothesis, GRAMMAR) is everything


@pytest.mark.parametrize(("confidence", "understood"), [(0.85, True), (0.75, False)])
def test_a_sure_sentence_that_may_be_guessed_is_waited_for_and_then_understood(confidence: float, understood: bool) -> None:
    guessed = Hypothesis("bring me the cup", confidence, (), "bring me the", 6.0, -0.3)
    assert completeness(guessed, GRAMMAR, 0.5, 0.65) is Completeness.BEGUN
    assert is_understood(guessed, GRAMMAR, 0.5, 0.65) is understood


# ---------------------------------------------------------------- whose pace


def test_old_people_get_more_time_until_they_were_heard() -> None:
    paces = Paces(PaceConfig())
    old, adult = paces.of("rose", "elderly", 0.0), paces.of("anna", "adult", 0.0)
    assert old.pause_s > adult.pause_s and old.slowness > adult.slowness
    for k in range(20):
        paces.spoke("rose", 28, 2.0, float(k))
    assert paces.of("rose", "elderly", 20.0).slowness == pytest.approx(1.0, abs=0.1)


def test_pauses_are_learnt_for_each_person_and_unlearnt() -> None:
    paces = Paces(PaceConfig())
    for k in range(6):
        paces.paused("leo", 1.0, float(k))
    learnt = paces.of("leo", "child", 6.0)
    assert learnt.pause_s > 0.6
    assert paces.of("anna", "child", 6.0) == PaceConfig().assumed("child")
    assert paces.of("leo", "child", 6.0 + 20 * 900).pause_s == pytest.approx(PaceConfig().child_pause_s, abs=0.01)


def test_nobody_has_no_pace_of_their_own() -> None:
    paces = Paces(PaceConfig())
    assert paces.of("", "", 0.0) == PaceConfig().assumed("")


def test_many_people_do_not_fill_the_memory() -> None:
    paces = Paces(PaceConfig())
    for k in range(1000):
        paces.paused(f"p{k}", 1.0, 0.0)
    assert len(paces._people) <= 64


# ---------------------------------------------------------------- who has the floor


@pytest.mark.parametrize(
    ("evidence", "floor", "why"),
    [
        (Evidence(0.04, 0.0), None, ""),
        (Evidence(0.2, 0.0), Floor.HOLD, "somebody speaks"),
        (Evidence(0.2, 0.0, in_vain=True), Floor.DUCK, "somebody speaks"),
        (Evidence(0.9, 0.0), Floor.YIELD, "speaks for 0.9 s"),
        (Evidence(0.9, 0.0, held=True), Floor.HOLD, "somebody speaks"),
        (Evidence(1.6, 0.0, held=True), Floor.YIELD, "speaks for 1.6 s"),
        (Evidence(0.4, 0.2, "yes", 0.9), Floor.KEEP, "backchannel"),
        (Evidence(0.4, 0.2, "yes", 0.9, wanted=True), Floor.YIELD, "answer"),
        (Evidence(0.4, 0.2, "no", 0.9), Floor.YIELD, "words"),
        (Evidence(0.4, 0.2, "come here", 0.9), Floor.YIELD, "words"),
        (Evidence(0.4, 0.2, "come here", 0.3), Floor.KEEP, "no words"),
        (Evidence(0.4, 0.2), Floor.KEEP, "no words"),
        (Evidence(0.9, 0.2), Floor.YIELD, "spoke for 0.9 s"),
    ],
)
def test_who_has_the_floor(evidence: Evidence, floor: Floor | None, why: str) -> None:
    assert decide(evidence, FloorConfig()) == (Decision(floor, why) if floor else None)


@pytest.mark.parametrize("text", ["mm hm", "uh huh", "yes", "okay", "right", "i see", "oh really"])
def test_small_words(text: str) -> None:
    assert is_backchannel(text)


@pytest.mark.parametrize("text", ["", "no", "stop", "come here", "yes please bring it"])
def test_other_words(text: str) -> None:
    assert not is_backchannel(text)


class Perhaps(Listener):
    """Hears what may be the beginning of speech, and no speech."""

    heard = False

    @property
    def stirs(self) -> bool:
        return self.heard


def dips(sounds: Sequence[int], config: FloorConfig) -> list[str]:
    """Frame and decision, where in some frames something sounds that may be speech."""
    keeper, listener = FloorKeeper(config), Perhaps(ListenerConfig(), Recogniser(GRAMMAR))
    keeper.robot_says(SpeechState(0.0, "s1", "started", "", 0.0, math.nan))
    found = []
    for frame in range(max(sounds) + 20):
        listener.heard = frame in sounds
        found += [f"{frame} {message.decision}" for _, message in keeper.hear(listener, None, (frame + 1) * FRAME_S)]
    return found


def test_at_what_may_be_speech_the_robot_hesitates_for_a_tenth_of_a_second() -> None:
    assert dips([10], FloorConfig()) == ["10 dip", "15 keep"]
    assert dips([10, 14, 15, 16], FloorConfig()) == ["10 dip", "17 keep"], "while it may still become speech"
    assert dips([10], FloorConfig(dip_s=0)) == []


def test_it_hesitates_less_and_less_often_in_vain() -> None:
    found = dips([frame for frame in range(10, 3000) if frame % 10 < 2], FloorConfig())
    at_s = [int(line.split()[0]) * FRAME_S for line in found if line.endswith("dip")]
    assert [round(later - sooner) for sooner, later in pairwise(at_s)] == [2, 4, 8, 16]
    assert len(found) == 2 * len(at_s)


def floor(decision: str) -> FloorDecision:
    return FloorDecision(0.0, decision, "", 0.0, "")


def levels(ducking: Ducking, decisions: dict[int, str], frames: int, pauses: tuple[int, ...] = ()) -> list[float]:
    """The last sample of each frame that leaves, until the last."""
    found = []
    for index in range(frames):
        if index in decisions:
            ducking.take(floor(decisions[index]))
        sound, last = ducking.apply(np.full(320, 10_000, np.int16), pauses=index in pauses)
        found.append(int(sound[-1]) / 10_000)
        if last:
            break
    return found


def test_a_voice_that_yields_is_gone_within_a_frame() -> None:
    assert levels(Ducking(Manners()), {3: "yield"}, 10) == [1.0, 1.0, 1.0, 0.0]


def test_a_voice_that_keeps_the_floor_was_soft_for_a_while() -> None:
    found = levels(Ducking(Manners(duck_db=-20)), {1: "duck", 5: "keep"}, 20)
    assert found[0] == 1.0 and found[1:5] == pytest.approx([0.1] * 4) and found[-1] == 1.0
    assert found[4:] == sorted(found[4:])


def test_a_voice_that_holds_is_gone_within_a_frame_and_back_within_one() -> None:
    found = levels(Ducking(Manners()), {3: "hold", 6: "keep"}, 9)
    assert found == [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]


def test_a_voice_that_nobody_tells_more_goes_on() -> None:
    found = levels(Ducking(Manners(hold_s=0.1)), {0: "hold"}, 9)
    assert found.index(1.0) == 5 and not any(found[:5])


def test_a_voice_that_hesitates_goes_on_though_nobody_tells_it_to() -> None:
    assert levels(Ducking(Manners(dip_s=0.1)), {0: "dip"}, 9).index(1.0) == 5
    assert levels(Ducking(Manners(dip_s=0.1, hold_s=0.19)), {0: "dip", 2: "hold"}, 14).index(1.0) == 12


def test_a_voice_that_hesitated_may_go_on_softly() -> None:
    assert levels(Ducking(Manners(duck_db=-20)), {0: "dip", 2: "duck"}, 4) == pytest.approx([0.0, 0.0, 0.1, 0.1])


@pytest.mark.parametrize("decision", ["dip", "hold", "yield"])
def test_it_falls_silent_in_5_ms(decision: str) -> None:
    ducking = Ducking(Manners())
    ducking.take(floor(decision))
    sound, _ = ducking.apply(np.full(320, 10_000, np.int16), pauses=False)
    assert sound[0] == 10_000 and not sound[79:].any()


def test_a_voice_that_ends_with_its_clause_does_not_hesitate() -> None:
    assert levels(Ducking(Manners(stops="clause")), {0: "dip"}, 3) == [1.0] * 3


def test_a_voice_that_ends_with_its_clause_does_not_fall_silent_within_it() -> None:
    assert levels(Ducking(Manners(stops="clause", duck_db=-20)), {0: "hold"}, 3) == pytest.approx([0.1] * 3)


def test_a_voice_may_end_with_its_clause_but_not_late() -> None:
    assert len(levels(Ducking(Manners(stops="clause")), {0: "yield"}, 99, pauses=(7,))) == 8
    assert len(levels(Ducking(Manners(stops="clause", clause_s=0.4)), {0: "yield"}, 99)) == 20


def test_an_undisturbed_voice_is_left_alone_to_the_bit() -> None:
    sound = np.arange(320, dtype=np.int16)
    assert Ducking(Manners()).apply(sound, pauses=False)[0] is sound


# ---------------------------------------------------------------- two at once


def seen(*who: str) -> People:
    return People(0.0, "test", tuple(Person(w, w, "adult", 0.9, (0, 0, 0), (0, 0, 0), 0.1, True, True, True, 0.0) for w in who))


def test_two_who_speak_in_turn_are_several() -> None:
    speakers = Speakers()
    for tenth in range(20):
        people = seen("anna" if tenth < 10 else "leo")
        speakers.take(People(10 + tenth / 10, "test", people.people))
    assert speakers.several(10.0, 12.0) and speakers.between(10.0, 12.0) == ""
    assert not speakers.several(10.0, 10.8) and not speakers.several(20.0, 21.0)


# ---------------------------------------------------------------- speech that fades


def faded(frames: Sequence[tuple[float, float]]) -> list[int]:
    fading = Fading()
    return [fading.hear(probability, level_dbfs) for probability, level_dbfs in frames]


def test_speech_fades_once_it_is_softer_for_two_frames() -> None:
    assert faded([(1.0, -30)] * 5 + [(0.95, -48), (0.95, -40), (0.95, -48), (0.95, -50), (0.6, -50), (0.2, -60)]) == [0] * 8 + [1, 2, 3]


def test_it_begins_to_fade_anew_after_a_sound_that_follows_a_silence() -> None:
    """And not within that sound: a "t" that is heard half is another letter."""
    assert faded([(1.0, -30)] * 3 + [(0.8, -60)] * 3 + [(0.8, -48), (0.8, -52), (0.8, -60)]) == [0] * 4 + [1, 2, 0, 0, 1]
    assert faded([(1.0, -30)] * 3 + [(0.6, -60)] * 3 + [(0.7, -60), (0.6, -60)]) == [0] * 4 + [1, 2, 1, 2]
