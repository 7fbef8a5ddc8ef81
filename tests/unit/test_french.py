"""French: the same intents and plans as in English, and everything that can be said in one language can be in the other."""

from __future__ import annotations

import pytest

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.hear.vocabulary import robot_grammar
from robot_runtime.language.language import languages, load_language
from robot_runtime.world.semantic_map import load_semantic_map
from safety.ontology import Ontology
from tests.unit.mind_rig import Rig, Thing, write_site
from tests.unit.test_mind_free_text import planned

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


@pytest.mark.parametrize("language", languages())
def test_no_two_pieces_of_furniture_of_the_home_have_one_name(language: str) -> None:
    home = load_semantic_map("sim/homes/family_home")
    names = [said for name in (*home.places, *home.surfaces, *home.doors) for said in load_language(language).callings(name)]
    assert sorted(names) == sorted(set(names))


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
        ("mets la tasse rouge dans la cuisine", "put the red cup in the kitchen"),
        ("range le salon", "tidy the living room"),
        ("souviens-toi que j'aime la pomme", "remember that i like the apple"),
        ("le livre va sur l'étagère", "the book belongs on the shelf"),
        ("rappelle-moi dans 10 minutes d'arroser les plantes", "remind me in ten minutes to water the plants"),
        ("attends une demi-heure", "wait half an hour"),
        ("secoue la tête", "shake your head"),
        ("dis bonsoir", "say good evening"),
        ("salue Rose", "greet rose"),
        ("prends une photo de nous", "take a picture of me"),
        ("peux-tu me prendre en photo", "take a picture of me"),
        ("fais une photo de la table basse", "take a picture of the coffee table"),
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
        ("prends une photo de la tasse rouge", "take a picture of the red cup"),
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


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    rig = Rig(write_site(tmp_path_factory.mktemp("site")))
    rig.things["red_book"] = Thing("book", "red", (1.0, 1.1, 0.46))
    rig.run(0.5)
    rig.hear("speak_fr").run(0.2)
    return rig


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("Bon, robot, pourrais-tu m'apporter la tasse rouge, s'il te plaît ?", "fetch(red_cup, anna)"),
        ("va dans la cuisine et apporte-moi la tasse rouge", "go_to(kitchen); fetch(red_cup, anna)"),
        ("cherche le livre bleu et puis apporte-le à Rose", "find(blue_book); fetch(blue_book, rose)"),
        ("apporte-moi la tasse rouge et le livre bleu", "each: fetch(red_cup, anna); fetch(blue_book, anna)"),
        ("trouve le téléphone et donne-le-lui", "-"),
        ("apporte-moi le livre à côté du livre rouge", "fetch(blue_book, anna)"),
        ("apporte-moi le rouge qui est sur la table basse", "fetch(red_book, anna)"),
        ("donne le couteau à Rose", "fetch(knife, rose)"),
        ("range le livre rouge sur la table de la cuisine", "tidy(red_book, kitchen table)"),
        ("range le livre rouge dans la cuisine", "tidy(red_book, kitchen table)"),
        ("attends cinq minutes puis viens ici", "wait(five minutes); come_here(anna)"),
        ("va au salon et attends ici", "go_to(living room); wait(a minute)"),
        ("apporte-moi une tasse", "fetch(red_cup, anna)"),
        ("peux-tu me donner l'autre livre à côté du livre bleu", "fetch(red_book, anna)"),
        ("donnez la tasse rouge à l'enfant", "fetch(red_cup, leo)"),
        ("si la tasse rouge est sur la table de la cuisine, apporte-la-moi",
         "if thing_on(red_cup, kitchen table): fetch(red_cup, anna) else -"),
        ("apporte-moi la tasse rouge si elle est sur la table basse", "if thing_on(red_cup, coffee table): fetch(red_cup, anna) else -"),
        ("s'il te plaît, si tu vois Leo, va au salon", "if person_seen(leo): go_to(living room) else -"),
        ("si personne n'est dans la cuisine va là-bas sinon viens ici",
         "if not somebody_in(kitchen): go_to(kitchen) else come_here(anna)"),
        ("apporte la tasse rouge à Leo, non, la bleue", "fetch(blue_cup, leo)"),
        ("donne la tasse rouge à Leo pardon à Rose", "fetch(red_cup, rose)"),
        ("va au salon, non attends, va à la cuisine", "go_to(kitchen)"),
        ("prends le livre bleu pour Rose", "fetch(blue_book, rose)"),
        ("dis bonjour", "say(hello)"),
    ],
)  # fmt: skip
def test_a_french_sentence_becomes_a_plan(rig: Rig, text: str, plan: str) -> None:
    assert planned(rig, text, language="fr")[0] == plan


@pytest.mark.parametrize(
    ("text", "say"),
    [
        ("où est la tasse rouge et qui est là", "La tasse rouge est sur la table de la cuisine. Je vois Leo et Rose."),
        ("apporte-moi la tasse", "Laquelle de ces choses voulez-vous dire : la tasse rouge ou la tasse bleue ?"),
        ("apporte-moi celui qui est sur la table basse", "Laquelle de ces choses voulez-vous dire : le livre bleu ou le livre rouge ?"),
        ("si la porte est ouverte, va à la cuisine", "Je n'ai aucun moyen de voir si c'est vrai, alors je laisse."),
        ("apporte-moi la tasse rouge et frobnique l'eau", "Je n'ai pas compris cette partie : frobnique l'eau."),
        ("chante-moi une chanson", ""),
    ],
)
def test_what_is_no_plan_is_said_in_french(rig: Rig, text: str, say: str) -> None:
    assert planned(rig, text, language="fr") == ("-", say)
