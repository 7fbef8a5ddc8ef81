"""Plays instructions and judges each by the world that it leaves: ``python -m tests.instructions.play``, or ``make instructions``."""

from __future__ import annotations

import argparse
import copy
import json
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import yaml

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.hear.grammar import Grammar
from robot_runtime.hear.vocabulary import robot_grammar
from robot_runtime.messages import Utterance
from robot_runtime.mind.planners import PLANNERS
from safety.ontology import Ontology
from safety.rules import Rules
from tests.instructions.families import FAMILIES, Instruction, instructions
from tests.instructions.homes import HomeCase, home
from tests.instructions.people import spoken_in, wordings
from tests.instructions.small_home import SmallHome
from tests.instructions.truth import Claims

RULES_FILE = "safety/rules/home.yaml"
FIRST_SEED, FIRST_OF_PEOPLE = 500, 9000
LIMIT_S = 240.0
STIRRED_M = 0.5
NEAR_M = 1.6


@dataclass(frozen=True)
class Outcome:
    """How one instruction ended, in the simulator's world."""

    family: str
    home: int
    text: str
    success: bool
    wrong_action: bool
    false_claim: bool
    needless_question: bool
    not_caught: bool  # "I did not catch that" to some line, which is no question
    said: tuple[str, ...]

    @property
    def well(self) -> bool:
        return self.success and not (self.wrong_action or self.false_claim or self.needless_question)


class Bench:
    Home: type[SmallHome] = SmallHome

    def __init__(self, backend: str = "grounded") -> None:
        self._ontology = Ontology.load()
        self._rules = Rules.load(RULES_FILE, self._ontology)
        self._catalogue = load_catalogue()
        self._backend = backend

    def play(self, case: HomeCase, instruction: Instruction, seed: int) -> Outcome:
        """One instruction in a fresh copy of the home."""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "semantic_map.yaml").write_text(yaml.safe_dump(case.site), encoding="utf-8")
            run = self.Home(copy.deepcopy(case), folder, self._rules, self._ontology, self._backend, seed)
        for thing, surface in instruction.moved:
            _move(run.case, thing, surface)
        began_on = {(name, run.surface_under(name)) for name in run.case.things}
        return self._outcome(run, instruction, self._run(run, instruction), began_on)

    def _run(self, run: SmallHome, instruction: Instruction) -> Claims:
        names = [person.name for person in run.case.people.values()]
        grammar = robot_grammar(self._catalogue, self._ontology, run.case.places, names, surfaces=run.case.site["surfaces"])
        began_s, claims = run.now_s, Claims(run)
        run.driven_m, run.visited = 0.0, set()
        to_say = [(began_s + at_s, who, text) for at_s, who, text in instruction.lines]
        stirred_s, before = run.now_s, (run.pose, len(run.said))
        while run.now_s - began_s < LIMIT_S and (to_say or run.now_s - stirred_s < instruction.quiet_s):
            while to_say and run.now_s >= to_say[0][0]:
                _, who, text = to_say.pop(0)
                run.tell(heard(text, who, run.now_s, grammar))
                stirred_s = run.now_s
            run.tick()
            claims.listen()
            now = (run.pose, len(run.said))
            stirred_s, before = (run.now_s if now != before else stirred_s), now
        return claims

    def _outcome(self, run: SmallHome, wanted: Instruction, claims: Claims, began_on: set[tuple[str, str]]) -> Outcome:
        wrong = _meddled(run, wanted, began_on) or (not wanted.may_drive and run.driven_m > STIRRED_M)
        wondered = [request.text.lower() for _, request in run.said if request.purpose == "question"]
        questions = [text for text in wondered if "?" in text]
        needed = not wanted.asks or any(all(name in text for name in wanted.naming) for text in questions)
        told = " ".join(request.text.lower() for _, request in run.said[run.said_before :])
        answered = bool(run.said) and all(name.lower() in told for name in wanted.tells)
        return Outcome(
            wanted.family, run.case.seed, " / ".join(text for _, _, text in wanted.lines),
            _reached(run, wanted) and needed and answered and not wrong, wrong, claims.false != [],
            bool(questions) and not wanted.asks and wanted.family != "impossible",
            len(wondered) > len(questions), tuple(request.text for _, request in run.said),
        )  # fmt: skip


def _reached(run: SmallHome, wanted: Instruction) -> bool:
    """Whether everything that had to come about did."""
    given = {name: thing.held_by for name, thing in run.case.things.items()}
    things, who = wanted.either or ((), "")
    return (
        all(given[name] == person for name, person in wanted.given)
        and (not things or [given[name] for name in things].count(who) == 1)
        and all(run.surface_under(name) == surface for name, surface in wanted.stands_on)
        and run.visited >= set(wanted.visits)
        and wanted.robot_in in ("", run.room)
        and (not wanted.near or run.distance_m(wanted.near) <= NEAR_M)
    )


def _meddled(run: SmallHome, wanted: Instruction, began_on: set[tuple[str, str]]) -> bool:
    """Whether something went to where nobody wanted it; the robot's own hand does not count."""
    things, who = wanted.either or ((), "")
    right = {*wanted.given, *wanted.allowed, *((name, who) for name in things), *wanted.stands_on}
    ends = {(name, thing.held_by or run.surface_under(name)) for name, thing in run.case.things.items()}
    return any(where != "robot" for _, where in ends - began_on - right)


def heard(text: str, who: str, now_s: float, grammar: Grammar) -> Utterance:
    """What an ear without errors would give: the grammar's meaning where it has one, and the words."""
    meaning = grammar.interpret(text)
    intent, slots = (meaning.intent, meaning.slots) if meaning else ("", ())
    return Utterance(now_s, f"u{round(now_s * 1000)}", text, intent, slots, 0.95, now_s, now_s, who, "en", "text", "turn", text)


def table(outcomes: Iterable[Outcome]) -> str:
    """Rates by family, in percent."""
    rows = [f"{'family':<12}{'count':>7}{'success':>9}{'wrong':>7}{'false claim':>13}{'needless question':>19}{'not caught':>12}"]
    found = list(outcomes)
    for family in [*(family.__name__ for family in FAMILIES), "all"]:
        part = [one for one in found if family in (one.family, "all")]
        widths = {"success": 9, "wrong_action": 7, "false_claim": 13, "needless_question": 19, "not_caught": 12}
        rates = (f"{100 * sum(getattr(one, key) for one in part) / max(len(part), 1):>{width}.1f}" for key, width in widths.items())
        rows.append(f"{family:<12}{len(part):>7}{''.join(rates)}")
    return "\n".join(rows)


def _sets() -> dict[str, tuple[int, Callable[[HomeCase], list[Instruction]]]]:
    """By name: the seed of the first home, and what is said in a home."""
    written = {file.stem: wordings(file) for file in sorted(Path(__file__).parent.glob("*.yaml"))}
    return {
        "families": (FIRST_SEED, instructions),
        **{name: (FIRST_OF_PEOPLE, partial(spoken_in, found=found)) for name, found in written.items()},
    }


def main(argv: list[str] | None = None) -> int:
    """0 when no action was wrong and no claim false."""
    sets = _sets()
    parser = argparse.ArgumentParser(prog="tests.instructions.play", description=__doc__)
    parser.add_argument("--homes", type=int, default=20)
    parser.add_argument("--sets", nargs="+", choices=list(sets), default=list(sets), help="whose sentences")
    parser.add_argument("--first", type=int, help="seed of the first home")
    parser.add_argument("--backend", choices=list(PLANNERS), default="grounded")
    parser.add_argument("--json", action="store_true", help="a line for each instruction")
    parser.add_argument("--misses", action="store_true", help="also tell what went wrong, but for what is held out")
    args = parser.parse_args(argv)
    bench, all_well = Bench(args.backend), True
    for name in args.sets:
        first, said_in = sets[name]
        first, outcomes = args.first or first, []
        for seed in range(first, first + args.homes):
            case = home(seed)
            for number, instruction in enumerate(said_in(case)):
                outcome = bench.play(case, instruction, 100 * seed + number)
                outcomes.append(outcome)
                if args.json or (args.misses and name != "held_out" and not outcome.well):
                    print(json.dumps({"set": name, **asdict(outcome)}), file=sys.stdout if args.json else sys.stderr, flush=True)
        print(f"{name}\n{table(outcomes)}", file=sys.stderr if args.json else sys.stdout)
        all_well = all_well and not any(outcome.wrong_action or outcome.false_claim for outcome in outcomes)
    return int(not all_well)


def _move(case: HomeCase, name: str, surface: str) -> None:
    entry = case.site["surfaces"][surface]
    x_m, y_m = entry["centre_m"]
    thing = case.things[name]
    thing.position_m, thing.place, thing.surface = (x_m + 0.45, y_m, 0.8), entry["place"], surface


if __name__ == "__main__":
    raise SystemExit(main())
