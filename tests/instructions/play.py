"""Plays instructions and judges each by the world that it leaves: ``python -m tests.instructions.play``, or ``make instructions``."""

from __future__ import annotations

import argparse
import copy
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
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
from tests.instructions.small_home import SmallHome
from tests.instructions.truth import Claims

RULES_FILE = "safety/rules/home.yaml"
FIRST_SEED = 500
QUIET_S, LIMIT_S = 12.0, 240.0
"""An instruction is over once nothing has moved and nobody has spoken for a while after its last line."""
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
    said: tuple[str, ...]


class Bench:
    Home = SmallHome

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
        return self._outcome(run, instruction, self._run(run, instruction))

    def _run(self, run: SmallHome, instruction: Instruction) -> Claims:
        names = [person.name for person in run.case.people.values()]
        grammar = robot_grammar(self._catalogue, self._ontology, run.case.places, names, surfaces=run.case.site["surfaces"])
        began_s, claims = run.now_s, Claims(run)
        run.driven_m = 0.0
        to_say = [(began_s + at_s, who, text) for at_s, who, text in instruction.lines]
        stirred_s, before = run.now_s, (run.pose, len(run.said))
        while run.now_s - began_s < LIMIT_S and (to_say or run.now_s - stirred_s < QUIET_S):
            while to_say and run.now_s >= to_say[0][0]:
                _, who, text = to_say.pop(0)
                run.tell(heard(text, who, run.now_s, grammar))
                stirred_s = run.now_s
            run.tick()
            claims.listen()
            now = (run.pose, len(run.said))
            stirred_s, before = (run.now_s if now != before else stirred_s), now
        return claims

    def _outcome(self, run: SmallHome, wanted: Instruction, claims: Claims) -> Outcome:
        given = {name: thing.held_by for name, thing in run.case.things.items() if thing.held_by not in ("", "robot")}
        wrong = any((name, who) not in wanted.given for name, who in given.items())
        wrong = wrong or (not wanted.may_drive and run.driven_m > STIRRED_M)
        reached = all(given.get(name) == who for name, who in wanted.given)
        reached = reached and wanted.robot_in in ("", run.room) and (not wanted.near or run.distance_m(wanted.near) <= NEAR_M)
        asked = any(request.purpose == "question" for _, request in run.said)
        needed = not wanted.asks or asked
        return Outcome(
            wanted.family, run.case.seed, " / ".join(text for _, _, text in wanted.lines), reached and needed and not wrong, wrong,
            claims.false != [], asked and not wanted.asks and wanted.family != "impossible", tuple(r.text for _, r in run.said),
        )  # fmt: skip


def heard(text: str, who: str, now_s: float, grammar: Grammar) -> Utterance:
    """What an ear without errors would give: the grammar's meaning where it has one, and the words."""
    meaning = grammar.interpret(text)
    intent, slots = (meaning.intent, meaning.slots) if meaning else ("", ())
    return Utterance(now_s, f"u{round(now_s * 1000)}", text, intent, slots, 0.95, now_s, now_s, who, "en", "text", "turn", text)


def table(outcomes: Iterable[Outcome]) -> str:
    """Rates by family, in percent."""
    rows = [f"{'family':<12}{'count':>7}{'success':>9}{'wrong':>7}{'false claim':>13}{'needless question':>19}"]
    found = list(outcomes)
    for family in [*(family.__name__ for family in FAMILIES), "all"]:
        part = [one for one in found if family in (one.family, "all")]
        sums = Counter[str]()
        for one in part:
            sums.update({key: int(getattr(one, key)) for key in ("success", "wrong_action", "false_claim", "needless_question")})
        rate = {key: 100 * value / len(part) for key, value in sums.items()} if part else Counter[str]()
        rows.append(
            f"{family:<12}{len(part):>7}{rate['success']:>9.1f}{rate['wrong_action']:>7.1f}"
            f"{rate['false_claim']:>13.1f}{rate['needless_question']:>19.1f}"
        )
    return "\n".join(rows)


def main(argv: list[str] | None = None) -> int:
    """0 when no action was wrong and no claim false."""
    parser = argparse.ArgumentParser(prog="tests.instructions.play", description=__doc__)
    parser.add_argument("--homes", type=int, default=20)
    parser.add_argument("--first", type=int, default=FIRST_SEED, help="seed of the first home")
    parser.add_argument("--backend", choices=list(PLANNERS), default="grounded")
    parser.add_argument("--json", action="store_true", help="a line for each instruction")
    parser.add_argument("--misses", action="store_true", help="also tell what went wrong, instruction by instruction")
    args = parser.parse_args(argv)
    bench, outcomes = Bench(args.backend), []
    for seed in range(args.first, args.first + args.homes):
        case = home(seed)
        for number, instruction in enumerate(instructions(case)):
            outcome = bench.play(case, instruction, 100 * seed + number)
            outcomes.append(outcome)
            bad = not outcome.success or outcome.wrong_action or outcome.false_claim or outcome.needless_question
            if args.json or (args.misses and bad):
                print(json.dumps(asdict(outcome)), file=sys.stdout if args.json else sys.stderr, flush=True)
    print(table(outcomes), file=sys.stderr if args.json else sys.stdout)
    return int(any(outcome.wrong_action or outcome.false_claim for outcome in outcomes))


def _move(case: HomeCase, name: str, surface: str) -> None:
    entry = case.site["surfaces"][surface]
    x_m, y_m = entry["centre_m"]
    thing = case.things[name]
    thing.position_m, thing.place, thing.surface = (x_m + 0.45, y_m, 0.8), entry["place"], surface


if __name__ == "__main__":
    raise SystemExit(main())
