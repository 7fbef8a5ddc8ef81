"""What people say in their own words: several commands, references, conditions, corrections, and what is left over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from robot_runtime.act.catalogue import plan_step
from robot_runtime.language.language import languages, load_language
from robot_runtime.messages import ActionStatus, Argument, SpeechRequest, Utterance
from robot_runtime.mind.claims import honest, is_claim, skill_of, unproven, without_claims
from robot_runtime.mind.clauses import UNKNOWABLE, conditions, without_courtesy
from robot_runtime.mind.facts import FACTS
from robot_runtime.mind.menu import menu_of
from robot_runtime.mind.plan_document import LISTS, Each, Fact, If, InOrder, Node, PlanDocument, Saying, Task
from robot_runtime.mind.plan_reading import read_answer
from robot_runtime.mind.planner import Answer, Progress, Request, said
from robot_runtime.mind.sentences.book import load_sentences
from tests.unit.mind_rig import Rig, Thing, write_site


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    rig = Rig(write_site(tmp_path))
    rig.things["red_book"] = Thing("book", "red", (1.0, 1.1, 0.46))
    return rig.run(0.5)


def tell(rig: Rig, text: str, speaker: str = "anna", intent: str = "", seconds: float = 0.3) -> Rig:
    """Words that the grammar does not cover, unless an intent is given."""
    now_s = rig.now_s
    heard = Utterance(now_s, f"u{now_s}", text, intent, (), 0.9, now_s, now_s, speaker, "en", "test", "turn", text)
    return rig.send("speech/heard", heard).run(seconds)


def short(node: Node | None) -> str:
    if node is None:
        return "-"
    if isinstance(node, Task):
        return f"{node.step.skill}({', '.join(argument.value for argument in node.step.arguments)})"
    if isinstance(node, If):
        fact = f"{node.fact.name}({', '.join(argument.value for argument in node.fact.arguments)})"
        return f"if {'' if node.fact.wanted else 'not '}{fact}: {short(node.then)} else {short(node.otherwise)}"
    if isinstance(node, LISTS):
        return ("each: " if isinstance(node, Each) else "") + "; ".join(map(short, node.parts))
    return short(node.during)


def planned(rig: Rig, text: str, speaker: str = "anna", language: str = "en") -> tuple[str, str]:
    known = rig.mind._known
    utterance = Utterance(0.0, "u", text, "", (), 1.0, 0.0, 0.0, speaker, language, "test", "turn", text)
    answer = rig.mind._deliberation.planner.plan(Request(utterance, menu_of(known, speaker, text), rig.now_s))
    assert isinstance(answer, Answer)
    return short(answer.document.body), answer.document.say


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", ["Jean-Pierre", "O'Neil", "María José"])
def test_people_are_called_by_names_of_several_parts(rig: Rig, name: str, language: str) -> None:
    rig.people["rose"] = replace(rig.people["rose"], name=name)
    text = {"en": f"go to the kitchen and bring {name} the red cup", "fr": f"va à la cuisine et apporte la tasse rouge à {name}"}
    assert planned(rig.run(0.5), text[language], language=language) == ("go_to(kitchen); fetch(red_cup, rose)", "")


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("Okay robot, could you please bring me the red cup?", "fetch(red_cup, anna)"),
        ("go to the kitchen and bring me the red cup", "go_to(kitchen); fetch(red_cup, anna)"),
        ("find the blue book and then bring it to rose", "find(blue_book); fetch(blue_book, rose)"),
        ("could you remind me in 10 minutes to make a call", "remind(anna, ten minutes, make a call)"),
        ("wait five minutes and then come here", "wait(five minutes); come_here(anna)"),
        ("remind me in half an hour to get up and bring me the red cup", "remind(anna, half an hour, get up); fetch(red_cup, anna)"),
        ("bring me the red cup and the blue book", "each: fetch(red_cup, anna); fetch(blue_book, anna)"),
        ("fetch the phone and bring it to leo", "fetch(phone, anna); fetch(phone, leo)"),
        ("bring me the book next to the red book", "fetch(blue_book, anna)"),
        ("bring me the red one on the coffee table", "fetch(red_book, anna)"),
        ("give the knife to rose", "fetch(knife, rose)"),
        ("bring me a cup", "fetch(red_cup, anna)"),  # any will do: the nearest
        ("bring the red cup to the child", "fetch(red_cup, leo)"),
        ("if the red cup is on the kitchen table bring it to me", "if thing_on(red_cup, kitchen table): fetch(red_cup, anna) else -"),
        ("bring me the red cup if it is on the coffee table", "if thing_on(red_cup, coffee table): fetch(red_cup, anna) else -"),
        ("go to the kitchen if you see leo", "if person_seen(leo): go_to(kitchen) else -"),
        ("if nobody is in the kitchen go there otherwise come here",
         "if not somebody_in(kitchen): go_to(kitchen) else come_here(anna)"),
        ("go to the kitchen and if the red cup is there bring it to me",
         "go_to(kitchen); if thing_in(red_cup, kitchen): fetch(red_cup, anna) else -"),
        ("bring leo the red cup no the blue one", "fetch(blue_cup, leo)"),
        ("bring me the red cup I mean the blue book", "fetch(blue_book, anna)"),
        ("give the red cup to leo sorry to rose", "fetch(red_cup, rose)"),
        ("go to the living room wait no go to the kitchen", "go_to(kitchen)"),
        ("go to the kitchen no not there but to the living room", "-"),
    ],
)  # fmt: skip
def test_a_sentence_becomes_a_plan(rig: Rig, text: str, plan: str) -> None:
    assert planned(rig, text)[0] == plan


IN_THEIR_OWN_WORDS = {
    "Erm, could you, er, get me the knife, dear?": "fetch(knife, anna)",
    "See that Rose gets the knife, would you?": "fetch(knife, rose)",
    "The knife goes to Rose, and the red cup to Leo.": "fetch(knife, rose); fetch(red_cup, leo)",
    "give leo the red cup, give me the knife, and stay with rose afterwards":
        "fetch(red_cup, leo); fetch(knife, anna); come_here(rose)",
    "get my knife and bring it here and then dance": "fetch(knife, anna); dance()",
    "put both the knife and the red cup on the coffee table": "each: tidy(knife, coffee table); tidy(red_cup, coffee table)",
    "find the red cup and the knife": "find(red_cup); find(knife)",
    "can I have one of the cups": "fetch(red_cup, anna)",
    "bring me the red, no, the blue cup": "fetch(blue_cup, anna)",
    "bring me the book from the kitchen table, sorry, from the coffee table": "-",  # two stand there: it asks
    "go to the living room, or rather the kitchen": "go_to(kitchen)",
    "if the knife is still on the kitchen table bring it to me, otherwise don't bother":
        "if thing_on(knife, kitchen table): fetch(knife, anna) else -",
    "if the knife and the red cup are on the kitchen table go there": "-",  # a condition is about one thing
}  # fmt: skip


def test_people_say_it_in_their_own_words(rig: Rig) -> None:
    assert {text: planned(rig, text)[0] for text in IN_THEIR_OWN_WORDS} == IN_THEIR_OWN_WORDS


@pytest.mark.parametrize(
    ("text", "say"),
    [
        ("where is the red cup and who is here", "The red cup is on the kitchen table. I see Leo and Rose."),
        ("bring me the cup", "Which one do you mean: the red cup or the blue cup?"),
        ("bring me the one on the coffee table", "Which one do you mean: the blue book or the red book?"),
        ("if the door is open go to the kitchen", "I have no means to see whether that is so, so I leave it."),
        ("bring me the red cup and frobnicate the toaster", "I did not catch this part: frobnicate the toaster."),
        ("bring me the green book on the coffee table", "I have never seen a green book on the coffee table."),
        ("bring me the red book on the table in the kitchen", "I have never seen a red book on the table in the kitchen."),
        ("bring it to me", "Which thing do you mean?"),
        ("give them the knife", "Whom do you mean?"),
        ("put the knife over there", "Which place do you mean?"),
        ("sing me a song", ""),
        ("stop and go to the kitchen", "I did not catch this part: stop."),
    ],
)
def test_what_is_no_plan_is_said(rig: Rig, text: str, say: str) -> None:
    assert planned(rig, text) == ("-", say)


def test_words_that_nobody_understood_are_asked_for_again(rig: Rig) -> None:
    tell(rig, "frobnicate the gronk")
    assert rig.said == ["I did not catch that."] and rig.sent("plan") == []


def test_it_means_what_the_same_person_spoke_of_before(rig: Rig) -> None:
    tell(rig, "where is the blue book")
    tell(rig, "where is the red cup", "leo")
    tell(rig, "who is here", "rose")
    tell(rig, "bring it to me")
    tell(rig, "bring it to me", "leo")
    assert [p for p in rig.proposed if p.startswith("fetch")] == ["fetch(blue_book, anna)", "fetch(red_cup, leo)"]
    tell(rig, "bring it to me", "rose")
    assert rig.said[-1] == "Which thing do you mean?"


def test_what_was_heard_as_a_request_is_no_correction_by_what_it_sounds_like(rig: Rig) -> None:
    slots = (Argument("place", "kitchen"),)
    heard = Utterance(
        rig.now_s, "u", "go to the kitchen", "go_to", slots, 0.9, 0.0, 0.0, "anna", "en", "test", "turn", "Not in the kitchen."
    )
    rig.send("speech/heard", heard).run(0.3)
    assert rig.proposed[0] == "go_to(kitchen)"


def test_words_that_mean_nothing_leave_a_question_open(rig: Rig) -> None:
    tell(rig, "bring me the cup")
    tell(rig, "and now the weather for tomorrow", "")
    tell(rig, "the red one")
    assert rig.proposed[0] == "fetch(red_cup, anna)"


@pytest.mark.parametrize(
    ("words", "question", "answer", "done"),
    [
        ("please bring me the frobnicator", 'I heard "bring me the". Which thing do you mean?', "the red cup", "fetch(red_cup, anna)"),
        ("go to the other room", 'I heard "go to the". I know the kitchen and the living room. Which place do you mean?', "the kitchen",
         "go_to(kitchen)"),
        ("give the knife to Zebulon", 'I heard "give the knife to". Whom do you mean?', "rose", "fetch(knife, rose)"),
        ("put the knife on the moon", 'I heard "put the knife on the". Which piece of furniture do you mean?', "the coffee table",
         "tidy(knife, coffee table)"),
    ],
)  # fmt: skip
def test_what_was_understood_is_told_and_the_rest_can_be_said(rig: Rig, words: str, question: str, answer: str, done: str) -> None:
    tell(rig, words)
    assert rig.said == [question] and rig.proposed == []
    tell(rig, answer)
    assert rig.proposed[0] == done


def test_it_is_not_remembered_for_ever(rig: Rig) -> None:
    tell(rig, "where is the blue book", seconds=200)
    tell(rig, "bring it to me")
    assert rig.proposed == []


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        ("hang on, give it to Rose instead", "fetch(red_cup, rose)"),
        ("not the red cup, the knife", "fetch(knife, anna)"),
        ("did I say red? I meant blue", "fetch(blue_cup, anna)"),
        ("no, go to the kitchen", "go_to(kitchen)"),
        ("and the knife while you're at it", "each: fetch(red_cup, anna); fetch(knife, anna)"),
        ("oh, don't bother, I don't need it any more", ""),
        ("scratch that", ""),
    ],
)
def test_the_next_turn_may_change_what_was_asked(rig: Rig, words: str, instead: str) -> None:
    tell(rig, "bring me the red cup", seconds=0.5)
    tell(rig, words)
    assert "fetch cancelled" in rig.statuses("fetch")
    assert (rig.said[-1] == "All right, I leave it.") is (instead == "")
    if instead:
        assert short(read_body(rig)) == instead


def test_an_objection_that_leads_to_a_question_halts_it_too(rig: Rig) -> None:
    tell(rig, "give the red cup to leo", seconds=0.5)
    tell(rig, "no, that's mine, bring it to me", "rose")
    assert rig.said[-1] == "Which thing do you mean?" and rig.statuses()[-1] == "approach paused"


def test_an_objection_that_nobody_understands_halts_what_it_may_be_about(rig: Rig) -> None:
    tell(rig, "bring me the red cup", seconds=0.5)
    tell(rig, "well this is nice")
    assert rig.statuses()[-1] == "approach running"
    tell(rig, "no that is quite the wrong way round")
    assert rig.said[-1].startswith("I still did not catch that.") and rig.statuses()[-1] == "approach paused"
    rig.hear("resume").run(0.3)
    assert rig.said[-1] == "I am going on."


def read_body(rig: Rig) -> Node | None:
    return read_answer(rig.sent("plan")[-1].document, menu_of(rig.mind._known, "anna")).document.body


@pytest.mark.parametrize("intent", ["", "no", "choose"])
def test_a_correction_takes_the_place_of_what_is_being_done(rig: Rig, intent: str) -> None:
    tell(rig, "bring me the red cup", seconds=0.5)
    tell(rig, "no the blue one", intent=intent)
    assert rig.proposed[-1].startswith("approach(blue_cup") or rig.proposed[-1] == "fetch(blue_cup, anna)"
    assert "fetch cancelled" in rig.statuses()


def test_a_mere_no_still_gives_up(rig: Rig) -> None:
    tell(rig, "bring me the red cup", seconds=0.5)
    tell(rig, "no thanks", intent="no")
    assert rig.said[-1] == "All right, I leave it."


@pytest.mark.parametrize("words", ["blue!", "not the red one", "I'd rather have the blue one", "the blue cup please"])
def test_the_choice_may_be_told_in_other_words(rig: Rig, words: str) -> None:
    tell(rig, "bring me the cup")
    tell(rig, words)
    assert rig.proposed[0] == "fetch(blue_cup, anna)"


def test_the_choice_may_be_told_by_its_place(rig: Rig) -> None:
    rig.things["far_cup"] = Thing("cup", "green", (1.0, 0.9, 0.46))
    rig.run(0.5)
    tell(rig, "bring me the cup")
    tell(rig, "the one on the coffee table")
    assert rig.proposed[0] == "fetch(far_cup, anna)"


def test_the_choice_completes_a_sentence_of_several_commands(rig: Rig) -> None:
    tell(rig, "go to the kitchen and bring me the cup")
    assert rig.said == ["Which one do you mean: the red cup or the blue cup?"]
    tell(rig, "the red one")
    assert short_of(rig) == ["go_to", "fetch"]


def short_of(rig: Rig) -> list[str]:
    import json

    return [part["do"] for part in json.loads(rig.sent("plan")[-1].document)["plan"]["in_order"]]


@pytest.mark.parametrize("language", languages())
def test_the_phrases_of_conditions_are_facts(language: str) -> None:
    assert {name.removeprefix("no ") for name in conditions(load_language(language))} == {*FACTS, UNKNOWABLE}
    assert without_courtesy(["please"], load_language("en")) == ["please"]


# ------------------------------------------------------------ planners that take their time


class Slow:
    """Thinks for ``after_s``, and says something half-way."""

    name = "slow"

    def __init__(self, after_s: float, answer: Answer, say: str = "") -> None:
        self.after_s, self.answer, self.say = after_s, answer, say
        self.begun_s: float | None = None
        self.cancelled = False

    def plan(self, request: Request) -> Any:
        self.begun_s = request.now_s
        return self

    def close(self) -> None:
        """Nothing to let go of."""

    def poll(self, now_s: float) -> Progress:
        assert self.begun_s is not None
        say, self.say = self.say, ""
        return Progress(say, self.answer if now_s - self.begun_s >= self.after_s else None)

    def cancel(self) -> None:
        self.cancelled = True


@pytest.mark.parametrize(
    ("after_s", "say", "said_by_then"),
    [
        (0.5, "", ["Hello."]),
        (2.0, "", ["Let me think.", "Hello."]),
        (2.0, "One moment.", ["One moment.", "Hello."]),
        (2.0, "I have brought it. One moment.", ["One moment.", "Hello."]),
    ],
)
def test_thinking_is_covered_by_a_word(rig: Rig, after_s: float, say: str, said_by_then: list[str]) -> None:
    rig.mind._deliberation.planner = Slow(after_s, said("Hello."), say)
    tell(rig, "hello there", seconds=3.0)
    assert rig.said == said_by_then


def test_a_new_request_takes_the_place_of_a_thought(rig: Rig) -> None:
    slow = Slow(5.0, said("Hello."))
    rig.mind._deliberation.planner = slow
    tell(rig, "hello there", seconds=0.5)
    tell(rig, "never mind that", seconds=0.2)
    assert slow.cancelled


@pytest.mark.parametrize("word", ["stop", "no", "latch", "yes"])
def test_what_is_thought_about_is_not_begun_after_a_stop_or_a_no(rig: Rig, word: str) -> None:
    rig.mind._deliberation.planner = Slow(1.0, Answer(PlanDocument(Task(plan_step("go_to", {"place": "kitchen"})))))
    tell(rig, "to the kitchen", seconds=0.5)
    if word == "latch":
        rig.mode = "emergency_stop"
        rig.run(0.2)
        rig.mode = "running"
    else:
        rig.hear(word)
    rig.run(3.0)
    assert bool(rig.goals) == (word == "yes")  # which means nothing here
    assert ("All right, I leave it." in rig.said) == (word == "no")


def test_an_empty_answer_of_a_planner_that_has_spoken_is_enough(rig: Rig) -> None:
    rig.mind._deliberation.planner = Slow(1.0, Answer(PlanDocument(say="")), "It is a red cup.")
    tell(rig, "what is that", seconds=3.0)
    assert rig.said == ["It is a red cup."]


# ------------------------------------------------------------ claims


@pytest.mark.parametrize(
    ("sentence", "claims"),
    [
        ("I have brought you the cup.", True), ("I've just put it on the table.", True), ("Done.", True), ("The cup has been moved.", True),
        ("Here you go!", True), ("I am in the kitchen.", True), ("Task complete.", True), ("The dishes are cleaned.", True),
        ("J'ai apporté la tasse.", True), ("Voici la tasse.", True),
        ("I will bring you the cup.", False), ("It is a red cup.", False), ("Which cup do you mean?", False),
        ("I cannot reach the cup.", False), ("The cup is on the table.", False), ("Hello, Anna.", False),
    ],
)  # fmt: skip
def test_claims_are_told_from_other_sentences(sentence: str, claims: bool) -> None:
    assert is_claim(sentence) is claims
    assert without_claims(f"Good. {sentence}") == ("Good." if claims else f"Good. {sentence}")


def test_a_planner_claims_nothing_meanwhile_either(rig: Rig) -> None:
    going = Task(plan_step("go_to", {"place": "kitchen"}))
    body = InOrder(
        (Saying("I have brought it.", going), If(Fact("robot_in", (Argument("place", "kitchen"),)), Saying("Done. Good.", going)))
    )
    plain = honest(PlanDocument(body, "I have done it. Fine."))
    assert plain.say == "Fine." and short(plain.body) == "go_to(kitchen); if robot_in(kitchen): go_to(kitchen) else -"
    assert isinstance(plain.body, InOrder) and plain.body.parts[0] == going
    rig.mind._deliberation.planner = Slow(0.1, said("I have brought you the cup."))
    tell(rig, "bring it", seconds=1.0)
    assert rig.said == ["I cannot do that."]


def report(text: str, purpose: str = "report") -> tuple[str, object]:
    return "speech/say", SpeechRequest(0.0, "s", text, "anna", purpose, "p", False)


def status(skill: str, phase: str) -> tuple[str, object]:
    return "action/status", ActionStatus(0.0, "p", "p", skill, phase, "")


@pytest.mark.parametrize(
    ("record", "unproved"),
    [
        ([status("go_to", "succeeded"), report("I am in the kitchen.")], []),
        ([report("I am in the kitchen."), status("go_to", "succeeded")], ["I am in the kitchen."]),
        ([status("go_to", "failed"), report("I am in the kitchen.")], ["I am in the kitchen."]),
        ([status("come_here", "succeeded"), report("I am in the kitchen.")], ["I am in the kitchen."]),
        ([status("tidy", "succeeded"), report("I put the cup on the table.")], []),
        ([status("tidy", "failed"), report("I put the cup on the table.")], ["I put the cup on the table."]),
        ([status("hand_over", "running"), report("Here is the cup.", "notice")], []),
        ([status("hand_over", "failed"), report("Here is the cup.", "notice")], ["Here is the cup."]),
        ([report("I have brought you the cup.")], ["I have brought you the cup."]),
        ([report("I could not see that it worked.")], []),
        ([report("I am in the kitchen. I see the cup.", "answer")], []),  # the survey tells where it is, not what it did
    ],
)
def test_what_is_said_of_an_action_is_held_against_the_record(record: list[tuple[str, object]], unproved: list[str]) -> None:
    assert unproven(record, load_sentences("en")) == unproved


def test_every_sentence_about_a_success_is_known_for_one() -> None:
    book = load_sentences("en")
    assert (skill_of("I am in the kitchen.", book), skill_of("Here I am.", book)) == ("go_to", "come_here")
    assert skill_of("I will look for the cup.", book) == ""
