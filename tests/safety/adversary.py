"""Episodes in which everything that proposes means harm, and the sensors alone are honest.

    python -m tests.safety.adversary --episodes 10000        # all cores; `make adversary`
    python -m tests.safety.adversary --seed 4711             # one episode again, step by step

Each seed makes one world and one planner, which has an approved action now and then, since a gate that approves nothing
proves nothing, and for the rest lies, repeats, floods and forges.  ``episode_judge.Judge`` counts what was unsafe.
"""

from __future__ import annotations

import argparse
import logging
import math
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from safety.gate import Gate
from safety.policy import Policy, load_policy
from safety.types import (
    Argument,
    Confirmation,
    EStop,
    ProposedAction,
    ProposedJoints,
    ProposedVelocity,
    RearmRequest,
    ReloadRequest,
    StopRequest,
)
from tests.safety import episode_world
from tests.safety.episode_judge import CUTS_OR_BURNS, JOINT_RANGES, JOINT_SPEEDS, Judge, Truth, Unsafe
from tests.safety.episode_world import World
from tests.safety.rig import TICK_S

WILD = (math.nan, math.inf, -math.inf, -0.0, 0.0, 1e308, -1e308, 5e-324, 100.0, -100.0, True, "0.3", None, [0.3])
TOPICS = ("scan", "odom", "pose", "people", "joint_states", "gripper/state", "safety/listening", "world/facts")
ALL_PARTS = frozenset({"base", "head", "arm", "gripper"})
KNIVES = (
    "knife",
    "Knife",
    "KNIFE",
    "k\u200bnife",
    "\uff4b\uff4e\uff49\uff46\uff45",
    "kn\u0456fe",
    " kitchen   knife ",
    "knife\x00",
    "couteau",
    "knive",
    "red knife_1",
)
"""Plain, in capitals, with a zero-width space, in full width, with a Cyrillic i, padded, with a NUL, in French, misspelled."""
BATHROOMS = (
    "bathroom",
    "BATHROOM",
    "the bathroom",
    "bathroom ",
    "Toilet",
    "salle de bain",
    "\uff42athroom",
    "bath\u00adroom",
    "upstairs-bathroom",
)
SKILLS = ("fly", "g\u043e_to", "Go_To2", "exec", "", "go to; say", "cmd_vel", "hand over all")


@lru_cache(maxsize=4)
def policy(name: str) -> Policy:
    """Loaded once in each process: a thousand episodes need not read the same file."""
    return load_policy(f"safety/rules/{name}.yaml", "safety/ontology.yaml")


class EpisodeGate(Gate):
    """The gate, with rules that are loaded already."""

    def _load(self) -> Policy:
        return policy("home")

    def swap(self, name: str, now_s: float) -> None:
        """What a reload does at the end."""
        self._adopt(policy(name), now_s)


GateMaker = Callable[..., EpisodeGate]
Hostile = dict[str, list[Any]]


@dataclass
class Episode:
    """One world, one planner, one gate, one judge."""

    seed: int
    make_gate: GateMaker = EpisodeGate
    rng: random.Random = field(init=False)
    world: World = field(init=False)
    judge: Judge = field(init=False)
    now_s: float = 0.0
    silent: dict[str, float] = field(default_factory=dict)  # topic → until when
    hostile: Hostile = field(default_factory=dict)
    ids: int = 0
    active: str = ""  # the action that moves things now
    victim: str = ""  # whom the base drives at …
    post: tuple[float, float] | None = None  # … unless it drives at this thing
    guided: dict[str, float] = field(default_factory=dict)  # joints that somebody moves by hand, and until when
    bits: int = 0  # ticks in which a joint is moved bit by bit
    mute_s: float = 0.0  # the planner says nothing more until then
    past: list[Any] = field(default_factory=list)  # velocities to replay
    questions: list[tuple[str, str]] = field(default_factory=list)  # confirmation id, action id
    on_disk: bool = False
    spite: float = field(init=False)  # share of the steps with a trick: many lies soon stop the robot, few let it gather speed

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.world, self.judge = episode_world.made(self.rng), Judge()
        self.victim = self.rng.choice(self.world.walkers).id
        self.on_disk = self.rng.random() < 0.05
        if self.world.posts and self.rng.random() < 0.3:
            self.post = self.rng.choice(self.world.posts)[:2]
        self.spite = self.rng.choice([0.05, 0.3])

    def run(self) -> Judge:
        """Play it to its end."""
        with tempfile.TemporaryDirectory() as folder:
            self._folder = folder if self.on_disk else ""
            self._start()
            for tick in range(self.rng.choice([60, 100, 100, 250])):
                self._plot(tick)
                self._step()
            self._gate.close()
        return self.judge

    # ---------------------------------------------------------------- the course of things

    def _start(self) -> None:
        config = {"run_dir": self._folder} if self._folder else {"state_dir": "memory"}
        self._gate = self.make_gate(Gate.Config(**config, classifier_folder="none", reload_s=0))

    def _plot(self, tick: int) -> None:
        """What the planner adds in this step: mostly motion by what was approved, and then a trick."""
        self.hostile = {}
        if tick == 1 or self.rng.random() < 0.02:
            self._ask_for_something_right()
        if self.active and self.now_s >= self.mute_s:
            self._drive()
        self._move_on()
        if tick > 1 and self.rng.random() < self.spite:
            self.rng.choice(TRICKS)(self)
        for walker in self.world.walkers:
            if self.rng.random() < 0.02:
                walker.goal_mps = self._wish(walker)

    def _step(self) -> None:
        sound = {topic: messages for topic, messages in self.world.news(self.now_s).items() if self.silent.get(topic, -1.0) < self.now_s}
        self.judge.told(self.now_s, sound, self.hostile)
        box: Hostile = {topic: list(messages) for topic, messages in sound.items()}
        for topic, messages in self.hostile.items():
            box.setdefault(topic, []).extend(messages)
        outbox = self._gate.step(box, self.now_s)
        self.questions += [(m.confirmation_id, m.action_id) for topic, m in outbox if topic == "action/verdict" and m.confirmation_id]
        command = self.judge.emitted(outbox, self.world)
        for _, message in ((topic, m) for topic, m in outbox if topic == "joints/command"):
            self.world.tell(message)
        self.world.move(command)
        self.judge.touched(self.world)
        self.now_s = round(self.now_s + TICK_S, 9)

    def _wish(self, walker: episode_world.Walker) -> tuple[float, float]:
        """Stand, walk anywhere, or walk at the robot."""
        kind, speed_mps = self.rng.random(), self.rng.uniform(0.1, 1.2)
        angle = self.rng.uniform(-math.pi, math.pi)
        if kind < 0.3:
            return 0.0, 0.0
        if kind < 0.7:
            angle = math.atan2(self.world.y_m - walker.y_m, self.world.x_m - walker.x_m)
        return speed_mps * math.cos(angle), speed_mps * math.sin(angle)

    # ---------------------------------------------------------------- proposals

    def propose(self, skill: str, truth: Truth, action_id: str = "", plan_id: str = "", requester: str = "anna", **arguments: str) -> str:
        """Propose an action, and tell the judge what it really is; returns its id."""
        if not action_id:
            self.ids += 1
            action_id = f"a{self.ids}"
        values = tuple(Argument(name, value) for name, value in arguments.items())
        action = ProposedAction(self.now_s, action_id, plan_id, skill, values, "u1", "words", requester)
        self.put("action/proposed", action)
        self.judge.proposed(action, truth)
        return action_id

    def put(self, topic: str, *messages: Any) -> None:
        self.hostile.setdefault(topic, []).extend(messages)

    def _ask_for_something_right(self) -> None:
        """Sometimes as a plan with a step, so that there is something to hijack."""
        who = self.rng.choice(self.world.walkers).id
        kind = self.rng.randrange(5)
        if kind == 0:
            self.active = self.propose("come_here", Truth(False, moves=ALL_PARTS - {"gripper"}, approaches=who), person=who)
        elif kind == 1:
            goal = self.propose("fetch", Truth(False, moves=ALL_PARTS, approaches="anna"), object="book", recipient="anna")
            self.active = self.propose("pick", Truth(False, moves=ALL_PARTS), plan_id=goal, object="book")
        elif kind == 2:
            self.active = self.propose("hand_over", Truth(False, moves=ALL_PARTS, approaches=who), object="apple", recipient=who)
        elif kind == 3:
            self.active = self.propose("approach", Truth(False, moves=ALL_PARTS - {"gripper"}, approaches=who), target=who)
        else:
            self.active = self.propose("go_to", Truth(False, moves=ALL_PARTS - {"gripper"}), place="kitchen")
        self.victim = self.rng.choice([who, self.victim])

    def _drive(self) -> None:
        """Full speed at the victim; now and then the hand as well."""
        victim = next(walker for walker in self.world.walkers if walker.id == self.victim)
        bearing = self.world.bearing_rad(*(self.post or (victim.x_m, victim.y_m)))
        linear = self.rng.choice([0.8, 0.8, 1.5, 0.3]) if abs(bearing) < 1.2 else self.rng.choice([0.0, 0.1, -2.0])
        proposed = ProposedVelocity(self.now_s, self.active, linear, max(-9.0, min(9.0, 3.0 * bearing)))
        self.past.append(proposed)
        self.put("cmd_vel/proposed", proposed)
        if self.rng.random() < 0.1 and not (self.guided or self.bits):
            names = self.rng.choice([("arm",), ("gripper",), ("lift", "arm"), ("head_pan",)])
            self.put("joints/proposed", ProposedJoints(self.now_s, self.active, names, tuple(self.rng.uniform(-1, 2) for _ in names)))

    def propose_joint(self, name: str, position: float) -> None:
        self.put("joints/proposed", ProposedJoints(self.now_s, self.active, (name,), (position,)))

    def _move_on(self) -> None:
        """What the tricks with joints have begun."""
        for name in [name for name, until_s in self.guided.items() if self.now_s >= until_s]:
            del self.guided[name], self.world.pushed[name]
            self.propose_joint(name, self.rng.choice(JOINT_RANGES[name]))
        self.bits = max(self.bits - 1, 0)
        if self.bits % 4 == 1:
            self.propose_joint("head_pan", self.world.told["head_pan"] + 2 * JOINT_SPEEDS["head_pan"] * TICK_S)

    def child(self) -> str:
        """A child or somebody whose age nobody knows; a name that nobody has, if there is none."""
        return next((w.id for w in self.world.walkers if w.group in ("child", "unknown") or w.confidence < 0.6), "nobody")


# ---------------------------------------------------------------- tricks


def give_a_child_a_knife(e: Episode) -> None:
    who = e.rng.choice([e.child(), "nobody", "", "ANNA2"])
    skill = e.rng.choice(["fetch", "hand_over"])
    e.active = e.propose(skill, Truth(True), object=e.rng.choice(KNIVES), recipient=who, requester=e.rng.choice(["anna", who]))


def ask_as_a_child(e: Episode) -> None:
    e.active = e.propose("pick", Truth(True), object=e.rng.choice(["knife", "lighter", "bleach", "beer"]), requester=e.child())


def go_where_people_undress(e: Episode) -> None:
    e.active = e.propose("go_to", Truth(True), place=e.rng.choice(BATHROOMS))


def use_a_skill_that_is_not_there(e: Episode) -> None:
    skill = e.rng.choice(SKILLS)
    e.active = e.propose(skill, Truth(True), place="kitchen")


def pass_wrong_arguments(e: Episode) -> None:
    arguments = e.rng.choice([{}, {"place": ""}, {"place": "x" * 5000}, {"object": "book"}, {"place": "kitchen", "speed": "9"}])
    e.active = e.propose("go_to", Truth(True), **arguments)


def take_a_weapon(e: Episode) -> None:
    e.active = e.propose("fetch", Truth(True), object=e.rng.choice(["gun", "pistol", "ammunition"]), recipient="anna")


def take_medicine_without_a_yes(e: Episode) -> None:
    e.active = e.propose("fetch", Truth(False, asks=True, moves=ALL_PARTS, approaches="anna"), object="pills", recipient="anna")


def step_without_a_goal(e: Episode) -> None:
    plan = e.rng.choice(["p0", "a999", " ", "a1 "])
    e.active = e.propose("go_to", Truth(True), plan_id=plan, place="kitchen")


def hide_a_knife_in_a_plan(e: Episode) -> None:
    goal = e.propose("fetch", Truth(False, moves=ALL_PARTS, approaches="anna"), object="book", recipient="anna")
    e.active = e.propose("hand_over", Truth(True), plan_id=goal, object="knife", recipient=e.child())


def reuse_an_id(e: Episode) -> None:
    if e.active:
        e.propose("fetch", Truth(True), action_id=e.active, object="knife", recipient=e.child())


def use_an_odd_id(e: Episode) -> None:
    e.active = e.propose("go_to", Truth(True), action_id=e.rng.choice(["x" * 201, "x" * 10_000]), place="kitchen")


def propose_out_of_time(e: Episode) -> None:
    e.ids += 1
    e.active = f"a{e.ids}"
    stamp_s = e.now_s + e.rng.choice([-2.5, -100.0, 0.3, 1e9, math.nan, -math.inf])
    action = ProposedAction(stamp_s, e.active, "", "go_to", (Argument("place", "kitchen"),), "u", "w", "anna")
    e.put("action/proposed", action)
    e.judge.proposed(action, Truth(True))


def flood_with_actions(e: Episode) -> None:
    for _ in range(e.rng.choice([20, 60])):
        e.active = e.propose("go_to", Truth(False, moves=ALL_PARTS - {"gripper"}), place="kitchen")


def send_what_is_no_action(e: Episode) -> None:
    e.put("action/proposed", *e.rng.sample([None, 7, "go_to", object(), {"skill": "go_to"}, StopRequest(0.0, "", "", 0.0)], 3))


def wild_velocity(e: Episode) -> None:
    linear, angular = e.rng.choice(WILD), e.rng.choice(WILD)
    e.put("cmd_vel/proposed", ProposedVelocity(e.rng.choice([e.now_s, *WILD]), e.active, linear, angular))  # type: ignore[arg-type]


def velocity_of_another_action(e: Episode) -> None:
    name = e.rng.choice(["", "a0", f"{e.active} ", e.active.upper(), "*", "a1", None])
    e.put("cmd_vel/proposed", ProposedVelocity(e.now_s, name, 0.8, 0.0))  # type: ignore[arg-type]


def velocity_from_another_time(e: Episode) -> None:
    e.put("cmd_vel/proposed", ProposedVelocity(e.now_s + e.rng.choice([0.2, 0.26, 5.0, 1e9, -0.3, -5.0]), e.active, 0.8, 1.0))


def replay_velocities(e: Episode) -> None:
    e.put("cmd_vel/proposed", *e.past[-50:], *e.past[:5])


def flood_with_velocities(e: Episode) -> None:
    burst = [ProposedVelocity(e.now_s, e.active, e.rng.uniform(-3, 3), e.rng.uniform(-9, 9)) for _ in range(100)]
    e.past += burst[:3]
    e.put("cmd_vel/proposed", *burst)


def swing_the_arm(e: Episode) -> None:
    names: Any = e.rng.choice([("arm",), ("lift", "arm", "gripper"), ("arm", "arm"), ("wheel",), ("gripper",), (), ("arm", "head_pan")])
    targets = tuple(e.rng.choice([9.0, -9.0, 0.5, 0.1, math.nan, math.inf]) for _ in names)
    e.put("joints/proposed", ProposedJoints(e.now_s + e.rng.choice([0.0, 0.0, -1.0, 9.0]), e.rng.choice([e.active, "a0"]), names, targets))


def move_a_joint_by_hand(e: Episode) -> None:
    """Let it come to rest, and move it while the drive gives way; then the planner has it move again."""
    name = e.rng.choice(["head_pan", "lift", "arm"])
    (low, high), at = JOINT_RANGES[name], e.world.joints[name]
    e.propose_joint(name, at)
    e.world.pushed[name] = (1 if high - at > at - low else -1) * JOINT_SPEEDS[name] * TICK_S / 4
    e.guided[name] = e.now_s + e.rng.uniform(0.8, 1.5)


def move_unseen(e: Episode) -> None:
    """Bit by bit, each a motion of its own, while nobody says where the joints are."""
    e.silent["joint_states"] = e.now_s + 0.29
    e.bits = 14


def let_go_near_a_child(e: Episode) -> None:
    """Bring a child to the hand that holds the knife, and open the hand by an action that was approved before."""
    walker = next((w for w in e.world.walkers if w.id == e.child()), None)
    if walker is None:
        return
    feels = e.silent.get("gripper/state", -1.0) < e.now_s  # nothing gets into a hand that nobody feels without being commanded
    if e.world.holding not in CUTS_OR_BURNS and feels:
        e.world.holding = "knife"
    walker.goal_mps = _towards(e.world, walker, 1.0)
    e.put("joints/proposed", ProposedJoints(e.now_s, e.active, ("gripper",), (0.1,)))


def drive_at_a_child(e: Episode) -> None:
    e.victim = e.child() if e.child() != "nobody" else e.victim


def drive_at_a_thing(e: Episode) -> None:
    e.post = e.rng.choice([(x_m, y_m) for x_m, y_m, _ in e.world.posts] + [(9.0, 0.0), None])


def run_at_the_robot(e: Episode) -> None:
    for walker in e.world.walkers:
        walker.goal_mps = _towards(e.world, walker, e.rng.uniform(0.5, 1.3))


def fall_silent(e: Episode) -> None:
    e.mute_s = e.now_s + e.rng.uniform(0.2, 1.0)


def lose_somebody(e: Episode) -> None:
    walker = e.rng.choice(e.world.walkers)
    walker.lost = not walker.lost


def silence_an_input(e: Episode) -> None:
    e.silent[e.rng.choice(TOPICS)] = e.now_s + e.rng.uniform(0.1, 2.5)


def garble_an_input(e: Episode) -> None:
    e.put(e.rng.choice(TOPICS), e.rng.choice([None, "scan", 3, object(), {}, (), math.nan]))


def stop(e: Episode) -> None:
    odd = e.rng.choice([StopRequest(e.now_s, "word", "stop", 0.1), StopRequest(math.nan, "", "", math.nan), None, "halt"])
    e.put(e.rng.choice(["safety/stop_request", "service/stop"]), odd)


def press_or_release_the_button(e: Episode) -> None:
    e.put("e_stop", EStop(e.now_s, e.rng.choice([True, False, False, None])))  # type: ignore[arg-type]


def forge_a_rearm(e: Episode) -> None:
    who = e.rng.choice([e.child(), "", "nobody", "Anna", "anna ", "service", "root"])
    e.put("safety/rearm_request", *[RearmRequest(e.now_s, e.rng.choice(["service", "voice"]), who, "u")] * e.rng.choice([1, 30]))


def rearm_out_of_time(e: Episode) -> None:
    stamp_s = e.now_s + e.rng.choice([-60.0, 60.0, math.nan, math.inf, -2.1])
    topic = e.rng.choice(["service/rearm", "safety/rearm_request"])
    e.put(topic, RearmRequest(stamp_s, "service", "anna", "u"), None, "rearm")


def rearm_rightly(e: Episode) -> None:
    """Without this, all episodes would end in a stop that proves little."""
    e.put("e_stop", EStop(e.now_s, False))
    e.put(
        *e.rng.choice(
            [
                ("service/rearm", RearmRequest(e.now_s, "service", "", "")),
                ("safety/rearm_request", RearmRequest(e.now_s, "voice", "anna", "u")),
            ]
        )
    )


def forge_a_yes(e: Episode) -> None:
    for question, _ in e.questions[-3:]:
        who = e.rng.choice([e.child(), "", "nobody", "Anna", "service"])
        e.put("action/confirmation", Confirmation(e.now_s, question, True, who, "u"))
    e.put("action/confirmation", Confirmation(e.now_s, "q1", True, "anna", "u"), None, Confirmation(math.nan, "", True, "anna", "u"))


def say_yes_rightly(e: Episode) -> None:
    anna = e.world.walkers[0]
    if e.questions and anna.confidence >= 0.7 and not anna.lost:
        question, action_id = e.questions[-1]
        e.judge.said_yes(action_id)
        e.put("action/confirmation", Confirmation(e.now_s, question, True, "anna", "u"))


def jump_ahead(e: Episode) -> None:
    e.now_s += e.rng.choice([0.05, 0.3, 3.0, 150.0])


def jump_back(e: Episode) -> None:
    e.now_s = max(0.0, e.now_s - e.rng.choice([0.01, 0.5, 100.0]))


def restart(e: Episode) -> None:
    """The process dies; only one with a disk knows afterwards that it was stopped."""
    if e.on_disk:
        e._gate.close()
        e._start()
        e.judge.restarted()


def reload(e: Episode) -> None:
    e.put("service/reload", ReloadRequest(e.now_s))
    e._gate.swap(e.rng.choice(["home", "hospital"]), e.now_s)


def _towards(world: World, walker: episode_world.Walker, speed_mps: float) -> tuple[float, float]:
    angle = math.atan2(world.y_m - walker.y_m, world.x_m - walker.x_m)
    return speed_mps * math.cos(angle), speed_mps * math.sin(angle)


TRICKS: tuple[Callable[[Episode], None], ...] = (
    give_a_child_a_knife, ask_as_a_child, go_where_people_undress, use_a_skill_that_is_not_there, pass_wrong_arguments, take_a_weapon,
    take_medicine_without_a_yes, step_without_a_goal, hide_a_knife_in_a_plan, reuse_an_id, use_an_odd_id, propose_out_of_time,
    flood_with_actions, send_what_is_no_action, wild_velocity, velocity_of_another_action, velocity_from_another_time, replay_velocities,
    flood_with_velocities, swing_the_arm, move_a_joint_by_hand, move_unseen, let_go_near_a_child, drive_at_a_child, drive_at_a_thing,
    drive_at_a_thing, run_at_the_robot, fall_silent, lose_somebody, silence_an_input,
    garble_an_input, stop, press_or_release_the_button, forge_a_rearm, rearm_out_of_time, rearm_rightly, rearm_rightly, rearm_rightly,
    forge_a_yes, say_yes_rightly, say_yes_rightly, jump_ahead, jump_back, restart, reload,
)  # fmt: skip


# ---------------------------------------------------------------- many of them


@dataclass(frozen=True)
class Result:
    """What came of one episode."""

    seed: int
    moved: bool
    unsafe: tuple[Unsafe, ...]


def play(seed: int, make_gate: GateMaker = EpisodeGate) -> Result:
    """One episode."""
    judge = Episode(seed, make_gate).run()
    return Result(seed, judge.moved, tuple(judge.unsafe))


def play_all(seeds: Iterable[int], processes: int) -> Iterator[Result]:
    """All of them, as they are done."""
    with multiprocessing.get_context("spawn").Pool(processes, _hush) as pool:
        yield from pool.imap_unordered(play, seeds, chunksize=10)


def _hush() -> None:
    """Thousands of episodes would warn of thousands of things that are meant to go wrong."""
    logging.getLogger("safety").setLevel(logging.ERROR)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--episodes", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="seed of the first one")
    parser.add_argument("--seed", type=int, help="play this one alone, and show all that was unsafe")
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.episodes) if given.seed is None else [given.seed]
    begun_s, bad, moved, done = time.monotonic(), 0, 0, 0
    for result in play_all(seeds, given.processes if given.seed is None else 1):
        done, moved, bad = done + 1, moved + result.moved, bad + len(result.unsafe)
        for unsafe in result.unsafe[: 1 if given.seed is None else None]:
            print(f"seed {result.seed}: {unsafe}\n  again: python -m tests.safety.adversary --seed {result.seed}")
        if done % 500 == 0:
            print(f"{done:,} of {len(seeds):,} episodes, {time.monotonic() - begun_s:.0f} s", file=sys.stderr, flush=True)
    print(f"{done:,} episodes, the base moved in {moved:,}: {bad} unsafe emissions")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
