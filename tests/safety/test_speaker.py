"""The sentences that go with verdicts, in English and in French."""

from __future__ import annotations

import string

import pytest

from safety import gate
from safety.case import Case, Party
from safety.context import Context
from safety.ontology import Ontology
from safety.rules import Rules, Sentence
from safety.semantic import NOT_UNDERSTOOD, judge, verdict_message
from safety.speaker import ENGLISH, Speaker, translated
from safety.types import AgeGroup, RobotPose
from tests.safety.rig import Rig, action, person

ONTOLOGY = Ontology.load()
HOME = Rules.load("safety/rules/home.yaml", ONTOLOGY)
FRENCH = Speaker(ONTOLOGY, "fr")
ALL = Sentence(
    en="{object} {held} {target} {recipient} {person} {place}", fr="{object} | {held} | {target} | {recipient} | {person} | {place}"
)
LEO, ANNA, NOBODY = (
    Party("leo", "Leo", AgeGroup.CHILD, known=True),
    Party("anna", "Anna", AgeGroup.ADULT, known=True),
    Party("?", "", AgeGroup.UNKNOWN, known=False),
)


def test_names_of_things_and_people_are_filled_in() -> None:
    case = Case(
        "put", object=ONTOLOGY.of("red cup"), held=ONTOLOGY.of("knife"), target=ONTOLOGY.of("zorb"), recipient=LEO, person=ANNA,
        requester=ANNA, places=frozenset({"kitchen"}),
    )  # fmt: skip
    assert ENGLISH.sentence(ALL, case) == "red cup knife zorb Leo you kitchen"
    assert FRENCH.sentence(ALL, case) == "la tasse | le couteau | cet objet | Leo | vous | kitchen"


def test_what_is_not_there_has_a_word_too() -> None:
    assert ENGLISH.sentence(ALL, Case("put", recipient=NOBODY, requester=ANNA)) == "it it it them you there"
    assert FRENCH.sentence(ALL, Case("put", recipient=NOBODY, requester=ANNA)) == "cela | cela | cela | cette personne | vous | là-bas"


def test_what_is_not_translated_is_english() -> None:
    assert FRENCH.sentence(Sentence(en="Hello."), Case("say")) == "Hello."
    assert Speaker(None, "fr").sentence(Sentence(en="x", fr="{object}"), Case("say", object=ONTOLOGY.of("cup"))) == "cup"


def test_the_gates_own_sentences_are_translated() -> None:
    for sentence in (NOT_UNDERSTOOD, gate.LATCHED, gate.BASE_RESTARTED, "I am not ready yet."):
        assert translated(sentence, "fr") != sentence
        assert translated(sentence, "en") == sentence
    assert translated("Something else.", "fr") == "Something else."


@pytest.mark.parametrize("name", ["home", "hospital", "shop"])
def test_french_names_bring_their_article_so_none_stands_before_them(name: str) -> None:
    for rule in Rules.load(f"safety/rules/{name}.yaml", ONTOLOGY).rules:
        for text in (rule.say.fr, rule.confirm.question.fr if rule.confirm else ""):
            before = [literal.split() for literal, field, _, _ in string.Formatter().parse(text) if field in ("object", "held", "target")]
            for words in before:
                last = words[-1].lower() if words else ""
                assert last not in ("le", "la", "les", "un", "une", "de", "du", "des", "à", "au", "aux", "l'", "cet", "ce"), (rule.id, text)


def test_a_verdict_speaks_the_language_that_is_asked_for() -> None:
    known = Context(hour=12, pose=RobotPose(0, 0, 0, 0, 0.02), people=(person("leo", "child", 5),), speed_mps=0.0)
    proposed = action("fetch", object="red knife", recipient="leo", requester="leo")
    assert "red knife" in judge(proposed, known, HOME, ONTOLOGY).decision.lead.say
    said = judge(action("put", object="knife", target="cot"), known, HOME, ONTOLOGY, "fr").decision.lead.say
    assert said == "Je ne mets rien dans le lit d'un bébé."
    told = judge(action("unlock", object="front door", requester="leo"), known, HOME, ONTOLOGY, "fr").decision.lead.say
    assert told == "Je n'ouvre la porte d'entrée que pour un adulte de la maison."
    unknown = judge(action("fly"), known, HOME, ONTOLOGY, "fr").decision
    assert verdict_message(action("fly"), unknown, HOME, 0.0, 0.0, "fr").say == "Je ne peux pas faire cela."


def test_the_gate_speaks_the_configured_language() -> None:
    rig = Rig(language="fr")
    rig.tick()
    rig.people = [person("leo", "child", 5.0)]
    assert rig.propose("fetch", object="knife", recipient="leo", requester="leo").say.startswith("Je ne donne pas")
    assert rig.propose("fly", "a2").say == "Je ne peux pas faire cela."
