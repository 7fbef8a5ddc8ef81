"""French: the same intents and plans as in English, and everything that can be said in one language can be in the other."""

from __future__ import annotations

import pytest

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.hear.vocabulary import robot_grammar
from robot_runtime.language.language import languages, load_language
from safety.ontology import Ontology

CATALOGUE = load_catalogue()
PLACES, SURFACES = ["kitchen", "living room", "hall"], ["kitchen table", "coffee table", "shelf"]
GRAMMAR = robot_grammar(CATALOGUE, Ontology.load(), PLACES, ["Rose", "Leo"], ["red cup"], SURFACES, languages())


@pytest.mark.parametrize("language", languages())
def test_everything_that_can_be_asked_for_can_be_in_every_language(language: str) -> None:
    spoken = {phrase.intent for phrase in CATALOGUE.phrases(language)}
    expected = {skill.intent for skill in CATALOGUE.skills.values() if skill.intent} | set(CATALOGUE.dialogue)
    assert expected - spoken == set(), f"phrases.{language} is missing"
    assert set(CATALOGUE.courtesy) == set(languages())


@pytest.mark.parametrize("language", languages())
def test_every_value_that_a_skill_lists_has_a_name_in_every_language(language: str) -> None:
    known = load_language(language)
    values = {value for skill in CATALOGUE.skills.values() for spec in skill.arguments.values() for value in spec.values}
    assert [value for value in sorted(values) if not known.called(value)] == [], f"names are missing in language/{language}.yaml"


@pytest.mark.parametrize(
    ("french", "english"),
    [
        ("Apporte-moi la tasse rouge, s'il te plaît !", "bring me the red cup"),
        ("Pourriez-vous m'apporter une assiette blanche ?", "bring me a white plate"),
        ("va me chercher mes clés", "fetch me my keys"),
        ("Donnez le livre à Leo", "give the book to leo"),
        ("peux-tu aller dans la cuisine", "go to the kitchen"),
        ("retourne au salon", "go back to the living room"),
        ("va à l'entrée", "go to the hall"),
        ("viens ici", "come here"),
        ("viens vers Rose", "go to rose"),
        ("suivez-moi", "follow me"),
        ("tu peux me suivre", "follow me"),
        ("emmène Rose au salon", "take rose to the living room"),
        ("cherche mon téléphone", "look for my phone"),
        ("cherche Rose", "look for rose"),
        ("où sont les ciseaux ?", "where are the scissors"),
        ("as-tu vu le livre bleu", "have you seen the blue book"),
        ("où as-tu vu Rose pour la dernière fois", "where did you last see rose"),
        ("qu'est-ce qu'il y a sur la table basse", "what is on the coffee table"),
        ("qu'y a-t-il dans le bol", "what is in the bowl"),
        ("qui est dans la cuisine", "who is in the kitchen"),
        ("mets la tasse rouge sur l'étagère", "put the red cup on the shelf"),
        ("rangez les lunettes", "tidy up the glasses"),
        ("souviens-toi que j'aime la pomme", "remember that i like the apple"),
        ("le livre va sur l'étagère", "the book belongs on the shelf"),
        ("rappelle-moi dans 10 minutes d'arroser les plantes", "remind me in ten minutes to water the plants"),
        ("attends une demi-heure", "wait half an hour"),
        ("secoue la tête", "shake your head"),
        ("dis bonsoir", "say good evening"),
        ("salue Rose", "greet rose"),
        ("oublie tout sur Leo", "forget everything about leo"),
        ("pourquoi avez-vous fait ça", "why did you do that"),
        ("arrête", "stop"),
        ("tu peux continuer", "you can continue"),
        ("bien sûr", "of course"),
        ("non merci", "no thanks"),
        ("les clés vertes", "the green keys"),
        ("la verte", "the green one"),
        ("parle français", "speak french"),
        ("parlez anglais s'il vous plaît", "speak english"),
        ("parle plus lentement", "speak slowly"),
        ("où es-tu", "where are you"),
        ("comment vas-tu", "how are you"),
    ],
)
def test_a_french_sentence_means_what_the_english_one_does(french: str, english: str) -> None:
    meant, expected = GRAMMAR.interpret(french), GRAMMAR.interpret(english)
    assert meant is not None and expected is not None
    assert (meant.language, expected.language) == ("fr", "en")
    assert (meant.intent, {slot.name: slot.value for slot in meant.slots}) == (expected.intent, {s.name: s.value for s in expected.slots})


@pytest.mark.parametrize("wrong", ["la tasse verts", "les clés vert", "le verre verte", "va t'en", "apporte-moi la lune"])
def test_colours_agree_and_other_words_mean_nothing(wrong: str) -> None:
    assert GRAMMAR.interpret(wrong) is None


@pytest.mark.parametrize("text", ["va au salon prendre l'eau", "qu'est-ce qu'il y a sur la table"])
def test_words_are_written_as_they_were_but_for_hyphens(text: str) -> None:
    french = load_language("fr")
    assert french.shown(french.words(text)) == text.replace("-", " ")
