"""What is said in the training sounds: stop words, words that sound nearly like them, and any other words."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pocketsphinx

from robot_runtime.bench.stop_words import STEMS, in_held_out_half

Phones = tuple[str, ...]

ENGLISH = ("stop", "halt", "freeze")
FRENCH = ("arrête", "arrêtez", "halte", "stop")
NAMES = (
    "robot", "hey robot", "robbie", "max", "anna", "leo", "rose", "nova", "pepper", "moxie", "charlie", "okay robot",
)  # fmt: skip
BEFORE = (
    "please", "no", "no no", "oh no", "hey", "wait", "now", "just", "will you", "you must", "I said", "you have to", "careful",
)  # fmt: skip
AFTER = (
    "now", "please", "it", "moving", "right there", "right now", "at once", "that", "immediately", "you", "there", "robot",
)  # fmt: skip
FRENCH_BEFORE = ("robot", "non", "s'il te plaît", "hé", "oh non", "attends", "mais", "allez")
FRENCH_AFTER = ("toi", "tout de suite", "maintenant", "ça", "tout", "là", "robot", "s'il te plaît")
FRENCH_ALIKE = (
    "la tête", "bête", "fête", "peut-être", "prête", "crête", "la crevette", "il arrive", "elle arrose", "à l'est", "à l'ouest",
    "alerte", "Malte", "haute", "la hâte", "la halle", "hop", "top", "stock", "steppe", "store", "étoffe", "poste", "reste",
    "veste", "gâteau", "trop", "robot", "il reste à table", "la recette", "serviette", "assiette", "raquette", "la retraite",
    "traite", "honnête", "athlète", "halo", "salut", "altitude", "calme", "quatre", "toupet", "taupe", "échoppe", "galop",
    "sirop", "métro", "dehors", "hier", "barrette", "cigarette",
)  # fmt: skip
FRENCH_TALK = (
    "bonjour comment vas-tu", "je vais à la cuisine", "apporte-moi la tasse rouge", "il fait beau aujourd'hui",
    "où est mon livre", "le train de huit heures est en retard", "nous mangeons à midi",
    "elle a perdu ses lunettes dans le jardin", "regarde la télévision", "peux-tu fermer la porte",
    "j'ai mal à la tête depuis hier", "les enfants jouent dans le salon", "merci beaucoup mon ami",
    "il y a du pain et du fromage sur la table", "on va au marché samedi matin", "tu as raison c'est trop cher",
)  # fmt: skip
TALK = (
    "the cat sat on top of the wardrobe", "we took the first step up the tall tower", "he got a hot dog at the shop",
    "hold the door please", "she put the pot on the stove", "it is free of charge", "the trees move in the breeze",
    "the stuff is in the store", "half past eight", "that was not my fault", "pass me the salt please", "look at the top shelf",
    "please help me up", "what a lovely house", "go to the hall", "bring me the red cup", "come here please",
    "where is the blue book", "we start at half past three", "it's a hard thing to say", "my heart is beating fast",
    "the freezer is full", "it is freezing outside", "a halter for the horse", "I need to put the fries in the freezer",
    "three peas", "the stork flew over the stable", "stay a little longer",
)  # fmt: skip

LONGER = ("freezer", "freezers", "freezing", "halter", "halters", "the freezer", "walter", "frozen")
"""Words that begin as a stop word does, and go on."""


@dataclass(frozen=True)
class Phrase:
    """What is said, and which of its words asks for a stop."""

    text: str
    language: str  # "en" or "fr"
    stop: int | None = None  # place of that word in the text; None when nothing asks for a stop

    @property
    def word(self) -> str:
        return "" if self.stop is None else self.text.split()[self.stop]


def a_stop(chance: random.Random) -> Phrase:
    """A phrase that asks for a stop: mostly the word alone, else with a name or other words around it."""
    french = chance.random() < 0.33
    word = chance.choice(FRENCH if french else (*ENGLISH, "stop"))
    before = chance.choice(FRENCH_BEFORE if french else (*BEFORE, *NAMES, *NAMES)).split() if chance.random() < 0.3 else []
    after = chance.choice(FRENCH_AFTER if french else AFTER).split() if chance.random() < 0.2 else []
    return Phrase(" ".join((*before, word, *after)), "fr" if french else "en", len(before))


def no_stop(chance: random.Random) -> Phrase:
    """Anything else: a word that sounds nearly like one, alone or among others, or talk."""
    kind = chance.random()
    if kind < 0.12:
        return Phrase(chance.choice(FRENCH_ALIKE), "fr")
    if kind < 0.2:
        return Phrase(chance.choice(FRENCH_TALK), "fr")
    if kind < 0.28:
        return Phrase(chance.choice(TALK), "en")
    if kind < 0.32:
        return Phrase(chance.choice(LONGER), "en")
    if kind < 0.6:
        return Phrase(_spelt(chance.choice(sound_alikes())), "en")
    words = [chance.choice(sound_alikes() if chance.random() < 0.25 else dictionary()) for _ in range(chance.randint(2, 5))]
    return Phrase(" ".join(map(_spelt, words)), "fr" if chance.random() < 0.15 else "en")


def _spelt(word: str) -> str:
    return word.replace("_", " ")


@cache
def dictionary() -> list[str]:
    """Half of the words of pocketsphinx' dictionary, but for those that hold a stop word."""
    return [word for word in _pronunciations() if not in_held_out_half(word)]


@cache
def sound_alikes() -> list[str]:
    """Those of them that are two phones or fewer away from a stop word."""
    near = [
        word
        for word in dictionary()
        if any(len(word) <= 9 and 0 < distance(_pronunciations()[word], stem) <= (1 if len(stem) < 4 else 2) for stem in STEMS)
    ]
    return sorted(near, key=lambda word: zlib.crc32(word.encode()))


@cache
def _pronunciations() -> dict[str, Phones]:
    file = Path(pocketsphinx.get_model_path()) / "en-us" / "cmudict-en-us.dict"
    found = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        word, *phones = line.split()
        if word.isalpha() and len(word) > 1 and not any(_holds(tuple(phones), stem) for stem in STEMS):
            found[word] = tuple(phones)
    return found


def _holds(phones: Phones, stem: Phones) -> bool:
    return any(phones[at : at + len(stem)] == stem for at in range(len(phones) - len(stem) + 1))


def distance(one: Phones, other: Phones) -> int:
    """How many phones must be put in, left out or exchanged (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]
