"""Patterns, the network made of them, and what a text means in it."""

import itertools
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.hear.grammar import Grammar, Meaning, Rule, load_domain
from robot_runtime.hear.network import _deterministic, _shared
from robot_runtime.hear.pattern import Choice, Node, PatternError, Slot, Word, parse, words
from robot_runtime.hear.vocabulary import robot_grammar
from robot_runtime.messages import Argument
from safety.files import FileError
from safety.ontology import Ontology

SLOTS = {
    "object": ["[red | blue] (cup | teddy bear)"],
    "person": ["me", "anna"],
    "place": ["kitchen", "living room"],
}


def grammar(*phrases: str, intent: str = "fetch") -> Grammar:
    return Grammar([Rule(intent, phrase, {}) for phrase in phrases], SLOTS)


def sentences(node: Node) -> set[tuple[str, ...]]:
    """Every sentence of a pattern, spelled out: the definition that the network must agree with."""
    if isinstance(node, Word):
        return {(node.text,)}
    if isinstance(node, Slot):
        return set().union(*(sentences(parse(value)) for value in SLOTS[node.name]))
    if isinstance(node, Choice):
        return set().union(*(sentences(option) for option in node.options))
    parts = [sentences(part) for part in node.parts]
    return {tuple(itertools.chain(*chosen)) for chosen in itertools.product(*parts)}


def accepted(compiled: Grammar) -> set[tuple[str, ...]]:
    """Every sentence that the search automaton lets through."""
    automaton, found = compiled.automaton, set()
    waiting: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    for state, said in waiting:
        if state in automaton.final:
            found.add(said)
        waiting += [(target, (*said, word)) for word, target in automaton.arcs[state].items()]
    return found


_ATOMS = st.sampled_from(["get", "the", "cup", "{object}", "{person}"])


def _join(parts: list[str]) -> str:
    return " ".join(parts)


PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(_join),
        st.lists(inner, min_size=1, max_size=3).map(lambda options: f"({' | '.join(options)})"),
        inner.map(lambda part: f"[{part}]"),
    ),
    max_leaves=6,
)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(PATTERNS, min_size=1, max_size=3))
def test_search_automaton_holds_exactly_the_sentences_of_the_patterns(patterns: list[str]) -> None:
    assert accepted(grammar(*patterns)) == set().union(*(sentences(parse(pattern)) for pattern in patterns))


@settings(deadline=None)  # the machine may be busy
@given(st.lists(PATTERNS, min_size=1, max_size=3))
def test_every_sentence_that_can_be_heard_can_be_understood(patterns: list[str]) -> None:
    compiled = grammar(*patterns)
    for sentence in accepted(compiled):
        if sentence:
            assert compiled.interpret(" ".join(sentence)) is not None
            assert compiled.is_complete(" ".join(sentence))


@settings(deadline=None)  # the machine may be busy
@given(st.lists(PATTERNS, min_size=1, max_size=3))
def test_weights_are_probabilities(patterns: list[str]) -> None:
    automaton = grammar(*patterns).automaton
    for state, weights in enumerate(automaton.weights):
        assert math.isclose(sum(weights.values()), 1.0)
        assert set(weights) - {""} == set(automaton.arcs[state])
        assert ("" in weights) == (state in automaton.final)


def test_weights_follow_the_options_of_a_choice() -> None:
    automaton = Grammar([Rule("a", "(me | (anna | leo))", {})], {}).automaton
    assert automaton.weights[0] == {"anna": 0.25, "leo": 0.25, "me": 0.5}


def test_common_beginnings_and_endings_are_shared() -> None:
    automaton = grammar("bring the cup", "take the cup").automaton
    assert len(automaton.arcs) == 4


def test_slots_hold_the_spoken_words() -> None:
    meaning = grammar("bring {person} [the] {object}").interpret("Bring me the red teddy bear!")
    assert meaning == Meaning("fetch", (Argument("person", "me"), Argument("object", "red teddy bear")))


def test_a_beginning_is_not_complete() -> None:
    compiled = grammar("go to the {place}")
    assert [compiled.is_complete(text) for text in ("", "go to the living", "go to the living room")] == [False, False, True]


def test_the_first_rule_wins_and_all_meanings_are_told() -> None:
    compiled = Grammar([Rule("first", "go on", {}), Rule("second", "go [on]", {})], {})
    assert compiled.interpret("go on") == Meaning("first")
    assert compiled.meanings("go on") == [Meaning("first"), Meaning("second")]


def test_a_rules_own_values_hide_the_common_ones() -> None:
    compiled = Grammar([Rule("say", "say {person}", {"person": ["hello"]})], SLOTS)
    assert compiled.interpret("say hello") is not None
    assert compiled.interpret("say anna") is None


def test_other_text_means_nothing() -> None:
    compiled = grammar("bring {person} {object}")
    assert [compiled.interpret(text) for text in ("", "?!", "bring me", "bring me the moon")] == [None] * 4


def test_hash_follows_the_sentences() -> None:
    assert grammar("a | b").hash == grammar("b | a").hash != grammar("a | c").hash


@settings(deadline=None)  # the machine may be busy
@given(st.lists(PATTERNS, min_size=1, max_size=3))
def test_the_same_sentences_give_the_same_automaton_however_phrases_put_them(patterns: list[str]) -> None:
    compiled = grammar(*patterns)
    spelled = [Rule("", " ".join(sentence), {}) for sentence in sorted(accepted(compiled), reverse=True)]
    assert Grammar(spelled, {}).automaton.arcs == compiled.automaton.arcs


def test_little_is_made_to_be_merged_again() -> None:
    """How long a grammar takes to build follows from how many states there are before the equal ones are merged."""
    compiled = robot_grammar(load_catalogue(), Ontology.load(), ("kitchen", "living room"), ("anna",), ("red cup",), ("kitchen table",))
    ways, _ = _shared(compiled._network)
    subsets, _ = _deterministic(ways)
    assert len(subsets) <= 1.1 * len(compiled.automaton.arcs)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("bring (a | b", "')' is missing"),
        ("bring [the", "']' is missing"),
        ("bring (the]", "')' is missing"),
        ("bring )", "')' closes nothing"),
        ("bring {ob ject}", "unexpected '{'"),
        ("50 %", "unexpected '%'"),
    ],
)
def test_bad_patterns_are_refused(pattern: str, said: str) -> None:
    with pytest.raises(PatternError) as caught:
        parse(pattern)
    assert said in str(caught.value)
    assert pattern in str(caught.value)


def test_unknown_slot_suggests_the_nearest() -> None:
    with pytest.raises(PatternError, match=r"unknown slot 'objct'.*did you mean 'object'"):
        grammar("bring {objct}")


def test_a_slots_value_cannot_hold_a_slot() -> None:
    with pytest.raises(PatternError, match="cannot hold a slot"):
        Grammar([], {"object": ["{colour} cup"]})


@pytest.mark.parametrize(("text", "heard"), [("It’s Anna’s T-shirt.", ["it's", "anna's", "t-shirt"]), ("- ' -", [])])
def test_words(text: str, heard: list[str]) -> None:
    assert words(text) == heard


def test_domain_file(tmp_path: Path) -> None:
    file = tmp_path / "domain.yaml"
    file.write_text("slots: {drink: [tea, green tea]}\nintents: {order: ['[a | some] {drink} [please]']}\n")
    assert load_domain(file).interpret("some green tea please") == Meaning("order", (Argument("drink", "green tea"),))


def test_words_of_a_domain_that_yaml_takes_for_something_else(tmp_path: Path) -> None:
    file = tmp_path / "domain.yaml"
    file.write_text("slots: {state: [on, off], n: [5, 12]}\nintents: {no: ['no'], turn: ['turn it {state}', '{n} times']}\n")
    domain = load_domain(file)
    assert domain.interpret("turn it on") == Meaning("turn", (Argument("state", "on"),))
    assert domain.interpret("12 times") == Meaning("turn", (Argument("n", "12"),))
    assert domain.interpret("no") == Meaning("no")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("intents: {order: ['a {drink}']}", "unknown slot 'drink'"),
        ("intents: {order: ['a (b']}", "')' is missing"),
        ("slot: {drink: [tea]}\nintents: {}", "slot: unknown key, did you mean 'slots'?"),
        ("slots: {}", "intents"),
    ],
)
def test_bad_domain_file_is_one_line_that_names_it(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "domain.yaml"
    file.write_text(content)
    with pytest.raises(FileError) as caught:
        load_domain(file)
    assert said in str(caught.value) and str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_robots_phrases_with_a_slot_that_nothing_can_fill_are_left_out() -> None:
    bare = robot_grammar(load_catalogue(), Ontology.load(), (), ())
    full = robot_grammar(load_catalogue(), Ontology.load(), ("kitchen",), ("Anna",), surfaces=("kitchen table",))
    for text in ("go to the kitchen", "what is on the kitchen table", "what is on the table", "where is anna", "what is in the kitchen"):
        assert full.interpret(text) is not None, text
        assert bare.interpret(text) is None, text
    assert bare.interpret("where is the cup") == Meaning("where_is", (Argument("object", "cup"),))
    for text in ("who is here", "what is in the bowl", "where did you last see the cup", "what has changed", "forget me"):
        assert bare.interpret(text) is not None, text
    assert all(row or state in bare.automaton.final for state, row in enumerate(bare.automaton.arcs)), "no sentence ends in nothing"
