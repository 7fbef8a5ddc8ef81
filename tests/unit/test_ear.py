"""Ear, turn, stop word and recogniser on synthetic voices, in virtual time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.hear.activity import Activity, LevelGate
from robot_runtime.hear.ear import Ear, EarConfig
from robot_runtime.hear.listener import Listener
from robot_runtime.hear.patience import Patience
from robot_runtime.hear.recogniser import Decoding, Hypothesis
from robot_runtime.hear.speakers import LEAST, Speakers
from robot_runtime.hear.stop_word import StopWord, StopWordConfig
from robot_runtime.messages import (
    AudioFrame,
    FloorDecision,
    People,
    Person,
    SpeechRequest,
    SpeechState,
    StopRequest,
    Utterance,
    VoiceDirection,
    VoiceHeard,
    WorldFacts,
)
from sim.description import load_home
from sim.voices import render

SITE = "sim/homes/family_home"
HOME = load_home(SITE)
FRAME_S = 0.02


def sound(text: str, who: str, distance_m: float = 2.0, before_s: float = 0.6, after_s: float = 1.2) -> NDArray[np.int16]:
    """One person's sentence in a quiet room, as the robot's microphone hears it."""
    silence = [np.zeros(int(s * 16_000)) for s in (before_s, after_s)]
    dry = np.concatenate([silence[0], render(text, HOME.people[who]).astype(float) / distance_m, silence[1]])
    noise = np.random.default_rng(7).normal(0, 18, len(dry))
    return np.clip(dry + noise, -32768, 32767).astype(np.int16)


def frames(samples: NDArray[np.int16], start_s: float = 10.0) -> Iterator[AudioFrame]:
    for index in range(len(samples) // 320):
        yield AudioFrame(start_s + index * FRAME_S, "test", index, 16_000, samples[index * 320 : (index + 1) * 320])


def person(speaking: bool, who: str = "anna") -> Person:
    return Person(who, who.capitalize(), "adult", 0.9, (0, 0, 0), (0, 0, 0), 0.1, True, speaking, True, 0.0)


def listen(ear: Ear | StopWord, samples: NDArray[np.int16], speaker: str = "") -> list[tuple[float, object]]:
    """(time, message) of everything the stage says about a sound that begins at 10 s; what it says all the time left out."""
    said: list[tuple[float, object]] = []
    for frame in frames(samples):
        now_s = frame.stamp_s + FRAME_S
        inbox: dict[str, list[object]] = {"audio/in": [frame], "audio/clean": [frame]}
        if speaker:
            inbox["people"] = [People(now_s, "test", (person(True, speaker),))]
        said += [(now_s, message) for topic, message in ear.step(inbox, now_s) if topic not in ("safety/listening", "audio/voice")]
    return said


@pytest.fixture(scope="module")
def loaded_ear() -> Ear:
    return Ear(EarConfig(site="sim/homes/family_home"))


@pytest.fixture
def ear(loaded_ear: Ear) -> Ear:
    loaded_ear.reset()
    return loaded_ear


@pytest.fixture
def stop_word() -> StopWord:
    return StopWord(StopWordConfig(background=False))


def heard(ear: Ear, text: str, who: str) -> Utterance:
    said = listen(ear, sound(text, who), speaker=who)
    assert len(said) == 1, f"{text}: {said}"
    utterance = said[0][1]
    assert isinstance(utterance, Utterance)
    return utterance


@pytest.mark.parametrize(
    ("text", "who", "intent", "slots"),
    [
        ("bring me the red cup", "anna", "fetch", {"object": "red cup", "person": "me"}),
        ("give me the knife", "leo", "fetch", {"object": "knife", "person": "me"}),
        ("come here", "rose", "come_here", {}),
        ("go to the living room", "anna", "go_to", {"place": "living room"}),
        ("where is the book", "rose", "where_is", {"object": "book"}),
        ("where did you last see the knife", "anna", "last_seen", {"object": "knife"}),
        ("what is on the kitchen table", "leo", "what_is_on", {"surface": "kitchen table"}),
        ("forget everything about me", "rose", "forget", {"person": "me"}),
        ("resume", "anna", "resume", {}),
    ],
)
def test_commands_are_understood_and_attributed(ear: Ear, text: str, who: str, intent: str, slots: dict[str, str]) -> None:
    utterance = heard(ear, text, who)
    assert (utterance.intent, {slot.name: slot.value for slot in utterance.slots}) == (intent, slots)
    assert utterance.speaker_id == who
    assert utterance.confidence > 0.5
    assert "moonshine" in utterance.engine


@pytest.mark.parametrize(("text", "who"), [("halt", "anna"), ("freeze", "rose"), ("freeze please", "leo"), ("halt now", "leo")])
def test_other_words_for_stop_ask_the_gate_to_stop_past_the_planner(ear: Ear, text: str, who: str) -> None:
    (asked_s, asked), (heard_s, utterance) = listen(ear, sound(text, who), speaker=who)
    assert isinstance(asked, StopRequest) and isinstance(utterance, Utterance)
    assert (asked.source, asked.detail) == ("word", utterance.text)
    assert utterance.intent == "stop" and asked_s == heard_s


def test_a_finished_command_is_answered_at_the_first_pause(ear: Ear) -> None:
    samples = sound("bring me the red cup", "anna")
    ((decided_s, utterance),) = listen(ear, samples)
    end_s = 10.0 + (len(samples) - 1.2 * 16_000) / 16_000
    assert isinstance(utterance, Utterance)
    assert utterance.end_s == pytest.approx(end_s, abs=0.15)
    assert 0.05 <= decided_s - end_s <= 0.3
    assert utterance.start_s == pytest.approx(10.6, abs=0.2)


def ringing(samples: NDArray[np.int16], rt60_s: float = 0.6) -> NDArray[np.int16]:
    """The same in a room with an echo."""
    time_s = np.arange(int(rt60_s * 16_000)) / 16_000
    tail = np.random.default_rng(3).normal(size=len(time_s)) * 10 ** (-3 * time_s / rt60_s)
    room = np.concatenate([[1.0], 0.5 * tail / np.linalg.norm(tail)])
    return np.clip(np.convolve(samples, room)[: len(samples)], -32768, 32767).astype(np.int16)


@pytest.mark.parametrize("room", [lambda samples: samples, ringing])
def test_a_sentence_that_surely_is_all_is_over_while_it_fades(room: Callable[[NDArray[np.int16]], NDArray[np.int16]]) -> None:
    """And what is left of it in the room is no turn of its own."""
    decided_s = {}
    for faded_s in (0.08, 1.0):
        ear = Ear(EarConfig(site=SITE, patience=Patience(faded_s=faded_s)))
        listen(ear, sound("come here", "leo"))  # it knows the room then
        ((decided_s[faded_s], utterance),) = listen(ear, room(sound("go to the kitchen", "leo")))
        assert isinstance(utterance, Utterance) and utterance.text == "go to the kitchen"
    assert decided_s[0.08] <= decided_s[1.0] - 0.04


@pytest.mark.parametrize("pause_s", [0.12, 0.24])
def test_who_goes_on_after_what_seemed_all_is_heard_to_the_end(ear: Ear, pause_s: float) -> None:
    first, second = sound("go to the kitchen", "leo", after_s=pause_s / 2), sound("find the newspaper", "leo", before_s=pause_s / 2)
    (_, one), (_, other) = listen(ear, np.concatenate([first, second]))
    assert isinstance(one, Utterance) and isinstance(other, Utterance)
    assert (one.text, other.text) == ("go to the kitchen", "find the newspaper")
    assert one.end_s < other.start_s < one.end_s + 0.4


@pytest.mark.parametrize(
    ("text", "who"),
    [("i was thinking about dinner tomorrow", "anna"), ("the weather is lovely today", "leo"), ("my sister lives in another city", "rose")],
)
def test_other_talk_is_heard_but_not_understood(ear: Ear, text: str, who: str) -> None:
    for _, utterance in listen(ear, sound(text, who)):
        assert isinstance(utterance, Utterance)
        assert (utterance.text, utterance.intent) == ("", "")
        assert utterance.confidence < 0.5


@pytest.mark.parametrize("prepare", [True, False])
def test_new_names_are_made_ready_while_nobody_speaks(prepare: bool) -> None:
    ear = Ear(EarConfig(site=SITE, prepare=prepare))
    visitor = Person("p7", "Bernadette", "adult", 0.9, (0, 0, 0), (0, 0, 0), 0.1, True, False, True, 0.0)
    ear.step({"world/facts": [WorldFacts(10.0, "hall", (), (visitor,))]}, 10.0)
    listen(ear, np.random.default_rng(7).normal(0, 18, 16_000 * 3).astype(np.int16))
    assert ("bernadette" in ear._recogniser.grammar.words) is prepare
    assert heard(ear, "come here", "rose").intent == "come_here"


def test_an_ear_that_is_behind_catches_up_before_it_makes_anything_ready(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = count()
    monkeypatch.setattr(ear, "_load_names", lambda: next(looks))
    ear.step({"audio/clean": list(frames(np.zeros(320 * 60, np.int16)))}, 11.2)
    assert next(looks) == 1


def test_planners_are_told_the_words_without_the_grammar_where_that_is_wanted(ear: Ear) -> None:
    words = sound("take the cup to the kitchen and come back", "anna")
    ((_, utterance),) = listen(ear, words)
    assert isinstance(utterance, Utterance) and utterance.free_text == "Take the cup to the kitchen and come back."
    ((_, utterance),) = listen(Ear(EarConfig(site=SITE, free_text=False)), words)
    assert isinstance(utterance, Utterance) and not utterance.free_text


def test_somebody_who_hesitates_is_waited_for(ear: Ear) -> None:
    first, second = sound("what is on the", "anna", after_s=0.2), sound("kitchen table", "anna", before_s=0.2)
    ((_, utterance),) = listen(ear, np.concatenate([first, second]))
    assert isinstance(utterance, Utterance)
    assert utterance.text == "what is on the kitchen table"


def test_frames_that_come_late_and_together_give_the_same_turns(ear: Ear) -> None:
    """Of a starved processor: nothing is dropped, and nothing is heard in another way."""
    samples = np.concatenate(
        [sound("bring me the red cup", "anna"), sound("go to the", "leo", after_s=0.3), sound("kitchen", "leo", before_s=0.3)]
    )
    one_by_one = [message for _, message in listen(ear, samples)]
    ear.reset()
    sequence = list(frames(samples))
    together: list[object] = []
    for begin, end in ((0, 7), (7, 150), (150, 151), (151, len(sequence))):
        outbox = ear.step({"audio/clean": sequence[begin:end]}, 99.0)
        together += [replace(message, stamp_s=0.0) for topic, message in outbox if topic == "speech/heard"]
    assert together == [replace(message, stamp_s=0.0) for message in one_by_one if isinstance(message, Utterance)]
    assert [message.text for message in together if isinstance(message, Utterance)] == ["bring me the red cup", "go to the kitchen"]


def test_what_was_said_is_known_before_the_shortest_wait_is_over(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[bool] = []
    finish = Decoding.finish

    def asked(self: Decoding) -> Hypothesis:
        left.append(self.result is None)
        return finish(self)

    monkeypatch.setattr(Decoding, "finish", asked)
    begun: list[float] = []
    decode = Listener._decode

    def decoded(self: Listener, pieces: int) -> Hypothesis | None:
        begun.append(self.silent_s)
        return decode(self, pieces)

    monkeypatch.setattr(Listener, "_decode", decoded)
    heard(ear, "go to the kitchen", "anna")
    assert left == [False] and begun.count(0.0) >= 3  # frames in which they still counted as speaking


def test_no_step_does_much_of_the_decoding(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    advance = Decoding.advance

    def counted(self: Decoding, pieces: int) -> None:
        done.append(pieces)
        advance(self, pieces)

    monkeypatch.setattr(Decoding, "advance", counted)
    heard(ear, "could you please go to the kitchen", "anna")
    assert len(done) > 3 and max(done) <= 8


def test_words_that_were_cut_off_are_told_and_not_acted_on(ear: Ear) -> None:
    sequence = list(frames(sound("bring me the red cup", "anna")))
    assert ear.step({"audio/clean": sequence[:80]}, 11.6) != []
    ((topic, utterance),) = ear.close()
    assert topic == "speech/heard" and isinstance(utterance, Utterance)
    assert utterance.role == "cut" and utterance.text.startswith("bring me") and utterance.start_s == pytest.approx(10.6, abs=0.2)
    assert ear.close() == []


def test_words_before_a_gap_in_the_sound_are_told_when_it_comes_back(ear: Ear) -> None:
    sequence = list(frames(sound("bring me the red cup", "anna")))
    ear.step({"audio/clean": sequence[:80]}, 11.6)
    later = [replace(frame, stamp_s=frame.stamp_s + 9.0, sequence=frame.sequence + 450) for frame in sequence[:3]]
    utterances = [message for _, message in ear.step({"audio/clean": later}, 19.1) if isinstance(message, Utterance)]
    assert [utterance.role for utterance in utterances] == ["cut"]
    assert utterances[0].end_s < 12.0


@pytest.mark.parametrize(
    ("text", "question", "decisions", "role"),
    [
        ("yes", False, ["dip", "hold", "keep"], "backchannel"),
        ("yes", True, ["dip", "hold", "yield"], "turn"),
        ("come here", False, ["dip", "hold", "yield"], "turn"),
    ],
)
def test_who_speaks_into_the_robots_words(text: str, question: bool, decisions: list[str], role: str) -> None:
    ear = Ear(EarConfig(half_duplex="never"))
    said = SpeechRequest(9.0, "s1", "Shall I go on?", "", "question" if question else "answer", "", False)
    ear.step({"speech/say": [said], "speech/state": [SpeechState(9.0, "s1", "started", said.text, 0.0, float("nan"))]}, 9.0)
    messages = [message for _, message in listen(ear, sound(text, "anna"))]
    floors = [message for message in messages if isinstance(message, FloorDecision)]
    assert [floor.decision for floor in floors] == decisions
    assert floors[0].stamp_s - floors[0].onset_s <= 0.05 and floors[1].stamp_s - floors[1].onset_s <= 0.15
    assert [message.role for message in messages if isinstance(message, Utterance)] == [role]


def test_who_listens_aloud_makes_the_robot_fall_silent_once_and_then_no_more() -> None:
    ear = Ear(EarConfig(half_duplex="never"))
    ear.step({"speech/state": [SpeechState(9.0, "s1", "started", "I saw two cups.", 0.0, float("nan"))]}, 9.0)
    messages = [message for _, message in listen(ear, np.concatenate([sound("yes", "anna"), sound("okay", "anna")]))]
    assert [message.decision for message in messages if isinstance(message, FloorDecision)] == ["dip", "hold", "keep", "duck", "keep"]


def test_words_of_two_people_are_nobodys_command(ear: Ear) -> None:
    said: list[object] = []
    for frame in frames(sound("bring me the red cup", "anna")):
        who = "anna" if frame.stamp_s < 11.2 else "leo"
        inbox: dict[str, list[object]] = {"audio/clean": [frame], "people": [People(frame.stamp_s, "test", (person(True, who),))]}
        said += [message for _, message in ear.step(inbox, frame.stamp_s) if isinstance(message, Utterance)]
    assert [(u.role, u.speaker_id) for u in said if isinstance(u, Utterance)] == [("several", "")]


def test_while_the_robot_speaks_turns_are_not_taken(ear: Ear) -> None:
    state = SpeechState(9.0, "s1", "started", "I will get it.", 0.0, float("nan"))
    ear.step({"speech/state": [state]}, 9.0)
    assert listen(ear, sound("come here", "anna")) == []
    ear.step({"speech/state": [SpeechState(13.0, "s1", "finished", "", 1.0, 150.0)]}, 13.0)
    assert len(listen(ear, sound("come here", "anna"))) == 1


def voices(ear: Ear, samples: NDArray[np.int16]) -> list[VoiceHeard]:
    said = [message for frame in frames(samples) for _, message in ear.step({"audio/clean": [frame]}, frame.stamp_s + FRAME_S)]
    return [message for message in said if isinstance(message, VoiceHeard)]


def test_somebody_speaks_ten_times_a_second_while_they_do(ear: Ear) -> None:
    samples = sound("bring me the red cup", "anna")
    found = voices(ear, samples)
    begin_s, end_s = 10.6, 10.0 + len(samples) / 16_000 - 1.2
    assert begin_s < found[0].stamp_s < begin_s + 0.4 and end_s - 0.3 < found[-1].stamp_s < end_s + 0.1
    assert 6 <= len(found) <= 10 * (end_s - begin_s) + 1
    assert all(-60 < voice.level_dbfs < -10 for voice in found)


def test_the_robots_own_voice_is_nobodys(ear: Ear) -> None:
    ear.step({"speech/state": [SpeechState(9.0, "s1", "started", "I will get it.", 0.0, float("nan"))]}, 9.0)
    assert voices(ear, sound("I will get it", "anna", distance_m=0.3)) == []
    ear.reset()
    first, second = np.split(sound("could you please go to the kitchen", "anna"), [320 * 60])
    assert voices(ear, first) and ear._listener.in_turn
    ear.step({"speech/state": [SpeechState(11.2, "s2", "started", "Yes?", 0.0, float("nan"))]}, 11.2)
    assert voices(ear, second) == []


def test_noise_is_no_voice(ear: Ear) -> None:
    assert voices(ear, np.random.default_rng(5).normal(0, 800, 32_000).astype(np.int16)) == []


def called(name: str) -> dict[str, list[WorldFacts]]:
    somebody = Person(name, name, "adult", 0.9, (0, 0, 0), (0, 0, 0), 0.1, True, False, True, 0.0)
    return {"world/facts": [WorldFacts(9.0, "", (), (somebody,))]}


def test_new_names_can_be_called(ear: Ear) -> None:
    ear.step(called("Zoltan"), 9.0)
    utterance = heard(ear, "bring zoltan the red cup", "anna")
    assert (utterance.intent, {slot.name: slot.value for slot in utterance.slots}) == ("fetch", {"person": "zoltan", "object": "red cup"})


def test_a_grammar_is_built_for_a_turn_not_for_every_name(ear: Ear) -> None:
    before = ear._recogniser.grammar
    for name in ("Zoltan", "Ottilie", "Balthasar"):
        ear.step(called(name), 9.0)
    assert ear._recogniser.grammar is before
    assert heard(ear, "bring zoltan the red cup", "anna").engine.endswith(ear._recogniser.grammar.hash)
    assert {"zoltan", "ottilie", "balthasar"} <= set(ear._recogniser.grammar.words)


def test_a_name_that_is_learnt_during_a_turn_counts_in_it(ear: Ear) -> None:
    sentence = list(frames(sound("bring zoltan the red cup", "anna")))
    outbox = ear.step({"audio/clean": sentence[:60]}, 11.2)
    assert ear._listener.in_turn
    ear.step(called("Zoltan"), 11.2)
    outbox += [sent for frame in sentence[60:] for sent in ear.step({"audio/clean": [frame]}, 11.3)]
    utterances = [message for _, message in outbox if isinstance(message, Utterance)]
    assert [utterance.text.split()[:2] for utterance in utterances] == [["bring", "zoltan"]]


def test_a_reset_forgets_names(ear: Ear) -> None:
    ear.step(called("Zoltan"), 9.0)
    heard(ear, "come here", "anna")
    assert "zoltan" in ear._recogniser.grammar.words
    ear.reset()
    heard(ear, "come here", "anna")
    assert "zoltan" not in ear._recogniser.grammar.words


def test_lost_frames_are_counted(ear: Ear) -> None:
    first, _, third, *_ = frames(sound("come here", "anna"))
    ear.step({"audio/clean": [first, third]}, 10.1)
    assert ear.lost_frames == 1


def test_the_same_sound_gives_the_same_words_after_a_reset(ear: Ear) -> None:
    first = heard(ear, "go to the kitchen", "rose")
    ear.reset()
    second = heard(ear, "go to the kitchen", "rose")
    assert (second.text, second.start_s, second.end_s, second.stamp_s) == (first.text, first.start_s, first.end_s, first.stamp_s)


# ---------------------------------------------------------------- stop word


@pytest.mark.parametrize("distance_m", [1.0, 2.5, 4.0])
@pytest.mark.parametrize("who", ["anna", "leo", "rose"])
def test_stop_is_spotted_soon_after_its_end(stop_word: StopWord, who: str, distance_m: float) -> None:
    samples = sound("stop", who, distance_m)
    said = listen(stop_word, samples)
    assert len(said) == 1
    spotted_s, request = said[0]
    assert isinstance(request, StopRequest)
    assert (request.source, request.detail) == ("word", "stop")
    assert spotted_s - (10.0 + (len(samples) - 1.2 * 16_000) / 16_000) <= 0.2


@pytest.mark.parametrize("who", ["anna", "leo", "rose"])
def test_no_other_sentence_stops_the_robot(stop_word: StopWord, who: str) -> None:
    others = [
        "bring me the red cup",
        "give me the knife",
        "come here",
        "resume",
        "go to the kitchen",
        "go to the hall",
        "where is the book",
        "no",
        "yes please",
    ]
    assert [text for text in others if listen(stop_word, sound(text, who))] == []


def test_a_shout_is_reported_once_and_a_second_one_again(stop_word: StopWord) -> None:
    one = sound("stop", "anna")
    assert len(listen(stop_word, np.concatenate([one, one]))) == 2


# ---------------------------------------------------------------- parts


def test_level_gate_learns_the_room() -> None:
    rng = np.random.default_rng(1)
    gate = LevelGate(9.0)
    loud = [gate.is_loud(rng.normal(0, 300, 320).astype(np.int16)) for _ in range(2000)]
    assert loud[0] and not any(loud[-200:])


def test_silence_never_wakes_the_network() -> None:
    class Network:
        def process_chunk(self, audio: bytes) -> float:
            raise AssertionError("the network was asked about silence")

        def reset(self) -> None:
            """Nothing to forget."""

    activity = Activity(9.0, Network())
    assert [activity.probability(np.zeros(320, np.int16)) for _ in range(50)] == [0.0] * 50


def test_speaker_must_be_clear() -> None:
    speakers = Speakers()
    for tenth in range(10):
        both = (person(True, "anna"), person(tenth < 3, "leo"))
        speakers.take(People(10 + tenth / 10, "test", both))
    assert speakers.between(10.0, 11.0) == "anna"
    assert speakers.between(10.0, 10.1) == ""
    assert speakers.between(20.0, 21.0) == ""


def test_a_moments_sight_is_not_the_speaker_of_a_whole_sentence() -> None:
    speakers = Speakers()
    for tenth in range(16):
        speakers.take(People(10 + tenth / 10, "test", (person(tenth < 4, "anna"),)))
    assert speakers.between(10.0, 10.6, LEAST) == "anna"
    assert speakers.between(10.0, 11.5, LEAST) == ""
    assert speakers.between(10.0, 11.5) == "anna"


def test_who_was_seen_speaking_for_a_moment_only_has_not_said_it(ear: Ear) -> None:
    """One voice of a child that came as a reflection from where a grown-up stands."""
    said: list[object] = []
    for frame in frames(sound("give me the knife", "leo")):
        now_s = frame.stamp_s + FRAME_S
        people = People(now_s, "test", (person(11.0 <= now_s < 11.15, "anna"),))
        said += [message for topic, message in ear.step({"audio/clean": [frame], "people": [people]}, now_s) if topic == "speech/heard"]
    (utterance,) = said
    assert isinstance(utterance, Utterance)
    assert (utterance.intent, utterance.speaker_id) == ("fetch", "")


def found_later(ear: Ear, text: str, *sightings: tuple[float, str], again: str = "") -> list[Utterance]:
    """All utterances, when perception tells who speaks only at these times after the end of the words."""
    said: list[Utterance] = []
    samples = sound(text, "leo", after_s=0.5 if again else 4.0)
    end_s = 10.0 + len(samples) / 16_000 - (0.5 if again else 4.0)
    due = [(end_s + after_s, who) for after_s, who in sightings]
    for frame in frames(np.concatenate([samples, sound(again, "anna", before_s=0.1)]) if again else samples):
        now_s = frame.stamp_s + FRAME_S
        seen = [People(at_s, "test", (person(True, who),)) for at_s, who in due if now_s - FRAME_S < at_s <= now_s]
        said += [m for _, m in ear.step({"audio/clean": [frame], "people": seen}, now_s) if isinstance(m, Utterance)]
    return said


def test_what_nobody_was_seen_to_say_is_told_again_with_who_turns_out_to_have_said_it(ear: Ear) -> None:
    first, again = found_later(ear, "give me the knife", (1.2, "leo"), (1.4, "leo"))
    assert (first.speaker_id, again.speaker_id) == ("", "leo")
    assert (first.id, first.end_s, first.slots, first.text) == (again.id, again.end_s, again.slots, again.text)
    assert first.stamp_s < again.stamp_s == pytest.approx(first.end_s + 1.2, abs=0.15)


def test_who_speaks_later_has_not_said_it(ear: Ear) -> None:
    assert [u.speaker_id for u in found_later(ear, "give me the knife", (3.5, "leo"))] == [""]
    ear.reset()
    said = found_later(ear, "give me the knife", (1.2, "anna"), (1.3, "anna"), again="come here")
    assert [(u.intent, u.speaker_id) for u in said] == [("fetch", ""), ("come_here", "anna")]


def from_nobody(ear: Ear, text: str, *, located: bool = True) -> list[Utterance]:
    """Of words from where nobody is known to be, in a room with Anna."""
    said: list[Utterance] = []
    for frame in frames(sound(text, "leo", after_s=4.0)):
        now_s = frame.stamp_s + FRAME_S
        inbox: dict[str, list[object]] = {"audio/clean": [frame], "people": [People(now_s, "test", (person(False, "anna"),))]}
        if located:
            inbox["audio/direction"] = [VoiceDirection(now_s, "base_link", 2.0, 0.1, -30.0)]
        said += [message for _, message in ear.step(inbox, now_s) if isinstance(message, Utterance)]
    return said


TALK = "the weather is lovely today and i went to the market"


def test_what_a_television_says_is_told_and_not_answered(ear: Ear) -> None:
    (utterance,) = from_nobody(ear, TALK)
    assert (utterance.role, utterance.intent, utterance.free_text) == ("overheard", "", "")
    assert utterance.why == "not understood, and nobody is known to be where it came from"


def test_where_no_direction_is_known_and_somebody_is_there_it_may_have_been_they(ear: Ear) -> None:
    assert [utterance.role for utterance in from_nobody(ear, TALK, located=False)] == ["turn"]


@pytest.mark.parametrize(("text", "intent"), [("give me the knife", "fetch"), ("halt", "stop")])
def test_what_it_understands_counts_from_anybody(ear: Ear, text: str, intent: str) -> None:
    assert [(utterance.role, utterance.intent) for utterance in from_nobody(ear, text)] == [("turn", intent)]


def test_a_small_word_of_nobody_answers_nothing(ear: Ear) -> None:
    assert [utterance.role for utterance in from_nobody(ear, "yes")] == ["overheard"]


def test_a_stop_is_told_once(ear: Ear) -> None:
    assert [u.intent for u in found_later(ear, "halt", (1.2, "leo"))] == ["stop"]


def test_when_several_were_seen_to_speak_no_later_sight_decides(ear: Ear) -> None:
    assert [u.speaker_id for u in found_later(ear, "give me the knife", (-0.5, "leo"), (-0.4, "anna"), (1.2, "leo"))] == [""]
