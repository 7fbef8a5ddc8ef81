"""``robot-runtime bench mind``: from an utterance to a plan and to the first words, and questions to a large memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.bench import first_words
from robot_runtime.hear.vocabulary import robot_grammar
from robot_runtime.messages import Person, Utterance, Whereabouts, WorldEvent, WorldFacts, WorldObject
from robot_runtime.mind.conversation import Turn
from robot_runtime.mind.grounded import GroundedPlanner
from robot_runtime.mind.known import Known
from robot_runtime.mind.menu import menu_of
from robot_runtime.mind.plan_reading import read_answer
from robot_runtime.mind.plan_schema import plan_schema
from robot_runtime.mind.planner import Request
from robot_runtime.mind.sentences.book import load_sentences
from robot_runtime.mind.settings import MindConfig
from robot_runtime.mind.wording import Wording
from robot_runtime.nodes import Settings
from robot_runtime.observe.figures import Figure, figure
from robot_runtime.world.reference import References
from robot_runtime.world.semantic_map import load_semantic_map
from robot_runtime.world.situation import Situation
from safety.ontology import Ontology

SENTENCES = (
    "bring me the red cup", "go to the kitchen", "come here", "where is the blue book", "what is in the kitchen",
    "go to the kitchen and bring me the red cup", "find the blue book and then bring it to anna",
    "if the red cup is in the kitchen bring it to me", "bring me the green cup no the red one", "bring me the book next to the red cup",
    "if nobody is in the kitchen go there otherwise come here", "bring me the red cup and frobnicate the toaster", "sing me a song",
    "could you please go to the living room and look around and then come back here",
)  # fmt: skip
FEW, MANY, MOST_THINGS = 20, 10_000, 1000
CLASSES, COLOURS = ("cup", "book", "plate", "ball", "bottle"), ("red", "blue", "green", "yellow")
QUESTIONS = ("where is the red cup", "where did you last see the red cup", "what is in the kitchen", "what has changed", "who is here")
PLAN = '{"say": "", "ask": null, "plan": {"do": "go_to", "with": {"place": "kitchen"}, "expect": []}}'


def figures(repeats: int) -> list[Figure]:
    """Each of the sentences ``repeats`` times, in a usual world and with a large memory."""
    few, many = _known(FEW), _known(MANY)
    menu = menu_of(few, "anna", SENTENCES[0])
    return [
        figure("utterance → plan, grounded", list(_planned(few, SENTENCES, repeats))),
        figure(f"answer from memory, {MANY} events", list(_planned(many, QUESTIONS, max(1, repeats // 10)))),
        figure("menu", _timed(lambda: menu_of(few, "anna", SENTENCES[0]), repeats)),
        figure("schema of a menu", _timed(lambda: plan_schema(menu), repeats)),
        figure("reading a plan", _timed(lambda: read_answer(PLAN, menu), repeats)),
        *first_words.figures(few, max(1, repeats // 10)),
    ]


def _planned(known: Known, sentences: tuple[str, ...], repeats: int) -> Iterator[float]:
    """Milliseconds from the words to the answer, grammar and menu included; the first round warms up and does not count."""
    planner = GroundedPlanner(known)
    names = [person.name for person in known.situation.facts.people]
    grammar = robot_grammar(
        known.catalogue, Ontology.load(), known.site.places, names, surfaces=known.site.surfaces, doors=known.site.doors
    )
    turns = (Turn(0.0, "anna", "where is the red cup", meant=("thing_0",)),)
    for round_ in range(repeats + 1):
        for text in sentences:
            begun = time.perf_counter()
            meaning = grammar.interpret(text)
            intent, slots = (meaning.intent, meaning.slots) if meaning else ("", ())
            utterance = Utterance(0.0, "u", text, intent, slots, 1.0, 0.0, 0.0, "anna", "en", "bench", "turn", text)
            planner.plan(Request(utterance, menu_of(known, "anna", text), 0.0, turns))
            if round_:
                yield (time.perf_counter() - begun) * 1e3


def _timed(do: Callable[[], object], repeats: int) -> list[float]:
    taken_ms: list[float] = []
    for _ in range(repeats):
        begun = time.perf_counter()
        do()
        taken_ms.append((time.perf_counter() - begun) * 1e3)
    return taken_ms


def _known(count: int) -> Known:
    """The shipped home with so many events, about at most as many things as a home has."""
    config = MindConfig(site=Settings.for_simulation().world)
    site, situation = load_semantic_map(config.site), Situation()
    places = list(site.places)
    things = tuple(
        WorldObject(
            f"thing_{k}", CLASSES[k % 5], COLOURS[k % 4], f"{COLOURS[k % 4]} {CLASSES[k % 5]}", (0.1 * (k % 90), 0.05 * (k % 150), 0.8),
            places[k % len(places)], "", "", -float(k), 0.9, "seen",
        )
        for k in range(min(count, MOST_THINGS))
    )  # fmt: skip
    still = (0.0, 0.0, 0.0)
    anna = Person("anna", "Anna", "adult", 1.0, (1.0, 1.0, 0.0), still, 0.05, True, False, False, 0.0)
    situation.facts = WorldFacts(0.0, places[0], things, (anna,))
    situation.events = tuple(
        WorldEvent(k, -float(count - k), "moved", thing.id, thing.name, Whereabouts(places[0]), Whereabouts(thing.place), 0.9, "seen")
        for k in range(count)
        for thing in (things[k % len(things)],)
    )
    references = References(Ontology.load(config.ontology_file))
    return Known(load_catalogue(), site, references, Wording(load_sentences("en"), situation), situation, config.known_confidence)
