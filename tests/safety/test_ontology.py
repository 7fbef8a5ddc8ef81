"""Names in, properties out."""

from __future__ import annotations

import pytest

from safety.ontology import Ontology

ONTOLOGY = Ontology.load()


@pytest.mark.parametrize(
    ("value", "class_name"),
    [
        ("red_cup", "cup"), ("the Red Cup", "cup"), ("RED-CUP_2", "cup"), ("mug", "cup"), ("wine glass", "glass"), ("glasses", "glasses"),
        ("my reading glasses", "glasses"), ("Ｋｎｉｆｅ", "knife"), ("bread knife", "knife"), ("pair of scissors", "scissors"),
        ("apples", "apple"), ("knives", "knife"), ("dishes", "bowl"), ("batteries", "battery"), ("candies", "hard sweet"),
        ("le couteau", "knife"), ("l'assiette", "plate"), ("Tasse", "cup"), ("le machin", ""),
        ("apples", "apple"), ("teddy", "teddy bear"), ("remote control", "remote"), ("frobnicator", ""), ("", ""), ("cup holder", ""),
    ],
)  # fmt: skip
def test_spoken_names_and_ids_find_their_class(value: str, class_name: str) -> None:
    assert ONTOLOGY.of(value).class_name == class_name


def test_every_class_is_found_by_its_name_and_synonyms() -> None:
    for name, entry in ONTOLOGY.classes.items():
        for word in (name, *entry.synonyms):
            assert ONTOLOGY.of(word).class_name == name
            assert ONTOLOGY.of(f"the_blue_{word}").properties >= entry.properties


def test_the_unknown_is_whatever_things_of_a_home_often_are() -> None:
    thing = ONTOLOGY.of("thingamajig")
    assert not thing.known
    assert thing.properties == {"sharp", "hot", "liquid", "fragile", "heavy", "electronic", "spill_sensitive", "flammable", "metal"}


def test_a_dangerous_word_before_the_noun_keeps_its_danger() -> None:
    assert "sharp" in ONTOLOGY.of("knife toy").properties
    assert {"chemical", "toxic_to_pets"} <= ONTOLOGY.of("dish soap toy").properties  # neither "dish" nor "soap" says so
    assert "ignition" in ONTOLOGY.of("lighter holder").properties


def test_names_from_outside_do_not_fill_the_memory() -> None:
    assert ONTOLOGY._found.cache_info().maxsize == ONTOLOGY.kinds_of_place.cache_info().maxsize == 4096
    ontology = Ontology.load()
    for number in range(5000):
        ontology.of(f"thing {chr(97 + number % 26)}{'x' * (number // 26)}")
        ontology.kinds_of_place(f"place {number}")
    assert ontology._found.cache_info().currsize == ontology.kinds_of_place.cache_info().currsize == 4096
    assert ontology.of("knife") is ontology.of("knife")


def test_a_word_such_as_boiling_adds_its_danger() -> None:
    assert "hot" not in ONTOLOGY.of("water").properties
    assert "hot" in ONTOLOGY.of("boiling water").properties
    assert "metal" in ONTOLOGY.of("steel cup").properties
    assert "sharp" in ONTOLOGY.of("broken plate").properties
    assert "chemical" in ONTOLOGY.of("poisonous frobnicator").properties


def test_at_least_250_classes_have_properties_words_and_french_names() -> None:
    assert len(ONTOLOGY.classes) >= 250
    for name, entry in ONTOLOGY.classes.items():
        assert entry.fr, name
        assert ONTOLOGY.french(ONTOLOGY.of(name)) == entry.fr
    assert ONTOLOGY.french(ONTOLOGY.of("frobnicator")) == "cet objet"
    used = {prop for entry in ONTOLOGY.classes.values() for prop in entry.properties}
    assert used | set().union(*ONTOLOGY.modifiers.values()) == set(ONTOLOGY.properties)


def test_what_the_recogniser_listens_for_stays_small() -> None:
    assert 30 <= len(ONTOLOGY.vocabulary) <= 60
    assert set(ONTOLOGY.vocabulary) < set(ONTOLOGY.classes)


@pytest.mark.parametrize(
    ("place", "kinds"),
    [
        ("the upstairs_BATHROOM", {"bathroom"}), ("Salle de Bain", {"bathroom"}), ("bathrooms r us", set()), ("kitchen", {"kitchen"}),
        ("pool terrace", {"water", "outdoors"}), ("étang", {"water"}), ("etang", {"water"}), ("hall", set()),
    ],
)  # fmt: skip
def test_a_place_is_of_the_kinds_that_its_name_tells(place: str, kinds: set[str]) -> None:
    assert ONTOLOGY.kinds_of_place(place) == kinds


@pytest.mark.parametrize(
    ("said", "topics"),
    [
        ("This is OUR little-secret!", {"secret"}), ("Don't tell your parents.", {"secret"}), ("Garde le secrét", {"secret"}),
        ("I dare you to jump off the roof", {"dangerous_challenge"}), ("the secretary is here", set()), ("our\u200b secret", {"secret"}),
        ("You would kill it on stage", set()), ("", set()), ("I will kill you", {"violence"}),
    ],
)  # fmt: skip
def test_a_text_touches_topics_by_whole_words_however_they_are_spelled(said: str, topics: set[str]) -> None:
    assert ONTOLOGY.topics_of(said) == topics


def test_what_is_electric_is_sensitive_to_spills_unless_its_inside_is_made_for_food_or_water() -> None:
    electric = {name for name, entry in ONTOLOGY.classes.items() if "electronic" in entry.properties}
    made_for_it = {name for name in electric if "spill_sensitive" not in ONTOLOGY.classes[name].properties}
    assert made_for_it == {"fridge", "freezer", "microwave", "oven", "rice cooker", "dishwasher"}
    assert "spill_sensitive" in ONTOLOGY.of("electric table").properties
