"""Says whether what the gate emitted was safe.  Plain physics and plain facts, written without the gate's code.

It hears what the gate was told, sees what came out, and sees the true world.  Its numbers are those of the rules of the home
and of the robot's data sheet, written down once more: a change of either has to be made here too, by somebody who thinks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from safety.types import EStop, JointPositions, People, Person, ProposedAction, ProposedVelocity, RearmRequest, RobotPose, Velocity
from tests.safety.episode_world import BASE_RADIUS_M, BODY_RADIUS_M, World

TOP_MPS, REVERSE_MPS, TOP_RADPS = 0.8, 0.2, 1.5
RISE_MPS2, RISE_RADPS2 = 0.6, 3.0
CREEP_MPS, CREEP_RADPS = 0.2, 0.8
APPROVED_S = 120.0
EPS = 1e-6

HAZARDS = frozenset({"knife", "scissors", "kettle", "lighter", "pills", "frobnicator"})
CUTS_OR_BURNS = HAZARDS - {"pills"}
RELEASE_M = 1.0
CARRY_NEAR_CHILD_M = 1.0
REACT_S = 0.16
"""What was approved is looked at again ten times a second."""

MOST_AGE_S = {"scan": 0.35, "odom": 0.2, "pose": 0.5, "people": 0.5, "joint_states": 0.3, "gripper/state": 0.5, "safety/listening": 0.5}
DEAF_S = 2.0

JOINT_RANGES = {"head_pan": (-2.8, 2.8), "head_tilt": (-1.0, 1.0), "lift": (0.2, 1.15), "arm": (0.0, 0.5), "gripper": (0.0, 0.1)}
JOINT_SPEEDS = {"head_pan": 2.0, "head_tilt": 1.5, "lift": 0.35, "arm": 0.25, "gripper": 0.1}
JOINT_EFFORTS = {"head_pan": 2.0, "head_tilt": 2.0, "lift": 120.0, "arm": 60.0, "gripper": 40.0}
HAND_M = 0.32
START_AGE_S = 0.06
"""A joint that was not on its way begins where it was seen at most so long ago."""


@dataclass(frozen=True)
class Distance:
    """What is kept from people of one age group."""

    near_m: float
    near_mps: float
    walking_mps: float
    keep_m: float
    pass_m: float
    approach_keep_m: float
    touch_mps: float  # contact at this speed is harmless


OF_CHILD = Distance(2.2, 0.3, 0.4, 0.8, 0.65, 0.65, 0.12)
DISTANCES = {
    "child": OF_CHILD,
    "unknown": OF_CHILD,
    "elderly": Distance(2.0, 0.35, 0.2, 0.75, 0.6, 0.65, 0.15),
    "adult": Distance(1.6, 0.5, 0.2, 0.7, 0.55, 0.6, 0.2),
}


@dataclass(frozen=True)
class Unsafe:
    """One thing that must not have been emitted."""

    now_s: float
    what: str
    detail: str

    def __str__(self) -> str:
        return f"{self.now_s:.2f} s: {self.what}: {self.detail}"


@dataclass(frozen=True)
class Truth:
    """What an honest reader knows of a proposed action."""

    forbidden: bool  # must never be approved as things are now
    asks: bool = False  # must not be approved without a grown-up's yes
    moves: frozenset[str] = frozenset({"base"})  # base, head, arm, gripper
    approaches: str = ""  # the person whom it may come near


@dataclass
class _Known:
    """An action by its id."""

    truth: Truth
    approved: bool = False
    since_s: float = -math.inf
    plan_id: str = ""


@dataclass
class Judge:
    """State: what the gate was told, and what follows from it."""

    unsafe: list[Unsafe] = field(default_factory=list)
    moved: bool = False  # the base moved at all: else the episode has shown nothing
    latched: bool = False
    _since_s: float = -math.inf  # the last stop
    _button: bool = False
    _button_s: float = -math.inf
    _now_s: float = 0.0
    _step_s: float = 0.02
    _heard: dict[str, Any] = field(default_factory=dict)  # newest sound message of each topic
    _actions: dict[str, _Known] = field(default_factory=dict)
    _new: dict[str, tuple[Truth, str]] = field(default_factory=dict)  # proposed in this step: the last of each id, and its plan
    _yes: set[str] = field(default_factory=set)  # ids that a grown-up who is here has said yes to
    _velocities: list[tuple[float, ProposedVelocity]] = field(default_factory=list)  # arrived at
    _last: Velocity = field(default_factory=lambda: Velocity(0.0, 0.0, 0.0))
    _child_s: float = math.nan  # since when a child is beside the dangerous thing that the robot holds

    # ---------------------------------------------------------------- what goes in

    def restarted(self) -> None:
        """The gate's process died and came back: a stop still holds; a button that is pressed has to say so again."""
        self._button = False
        self._forget()

    def _forget(self) -> None:
        """Nothing is approved or known any more."""
        self._heard.clear()
        for known in self._actions.values():
            known.approved = False
        self._velocities.clear()
        self._last = Velocity(0.0, 0.0, 0.0)

    def told(self, now_s: float, sound: Mapping[str, Sequence[Any]], hostile: Mapping[str, Sequence[Any]]) -> None:
        """All that one step gets: ``sound`` is what the sensors say, ``hostile`` whatever the adversary adds."""
        back = now_s < self._now_s - 1e-3
        self._step_s, self._now_s = min(max(now_s - self._now_s, 0.02), 0.05), now_s
        if back:
            self._forget()
            self._button_s = now_s  # when it was pressed is not known by this clock
            self._latch()
        for topic, messages in sound.items():
            for message in messages:
                self._heard[topic] = message
        self._lifts(hostile)
        self._stops(hostile)
        for message in hostile.get("cmd_vel/proposed", ()):
            if isinstance(message, ProposedVelocity) and _is_time(message.stamp_s):
                self._velocities.append((now_s, message))
        self._velocities = [(at_s, p) for at_s, p in self._velocities if now_s - at_s <= 0.3]

    def proposed(self, action: ProposedAction, truth: Truth) -> None:
        """What an action really is; call it before ``told`` of the same step."""
        self._new[action.id] = truth, "" if action.plan_id == action.id else action.plan_id
        self._actions.setdefault(action.id, _Known(truth))

    def said_yes(self, action_id: str) -> None:
        """A grown-up whom the robot sees really said yes."""
        self._yes.add(action_id)

    def _latch(self) -> None:
        self.latched, self._since_s = True, self._now_s
        for known in self._actions.values():
            known.approved = False

    def _stops(self, hostile: Mapping[str, Sequence[Any]]) -> None:
        if hostile.get("safety/stop_request") or hostile.get("service/stop"):
            self._latch()
        for message in hostile.get("e_stop", ()):
            if isinstance(message, EStop) and message.pressed is False:
                self._button = self._button and self._now_s - self._button_s < 0.5
            else:
                self._button, self._button_s = True, self._now_s
                self._latch()

    def _lifts(self, hostile: Mapping[str, Sequence[Any]]) -> None:
        for topic in ("service/rearm", "safety/rearm_request"):
            for request in hostile.get(topic, ()):
                if self._timely(request) and (topic == "service/rearm" or self._may_lift(request.requester_id)):
                    self.latched = False

    def _timely(self, request: Any) -> bool:
        if not isinstance(request, RearmRequest) or not math.isfinite(request.stamp_s) or self._button:
            return False
        return self._since_s <= request.stamp_s and abs(self._now_s - request.stamp_s) <= 2.0

    def _may_lift(self, who: str) -> bool:
        """Only a grown-up whom the robot surely knows as one and sees now."""
        here = [person for person in self._people() if person.id == who]
        return bool(here) and all(
            p.age_group in ("adult", "elderly") and p.age_group_confidence >= 0.7 and self._now_s - p.last_seen_s <= 1.0 for p in here
        )

    # ---------------------------------------------------------------- what comes out

    def emitted(self, outbox: Sequence[tuple[str, Any]], world: World) -> Velocity:
        """Look at everything that the gate has emitted in this step; returns the command to the base."""
        self._verdicts(outbox)
        commands = [message for topic, message in outbox if topic == "cmd_vel"]
        motors = [message for topic, message in outbox if topic == "motors/command"]
        if len(commands) != 1 or len(motors) != 1:
            self._say("not one command", f"{len(commands)} and {len(motors)}")
            return Velocity(self._now_s, 0.0, 0.0)
        command: Velocity = commands[0]
        self._machine(command, motors[0])
        if command.linear_mps or command.angular_radps:
            self.moved = True
            self._may_move(command, world)
        self._joints([message for topic, message in outbox if topic == "joints/command"], world)
        self._broken(outbox)
        self._last = command
        return command

    def touched(self, world: World) -> None:
        """The true base after the step: whom does it touch, and how fast?"""
        forwards = (math.cos(world.yaw_rad), math.sin(world.yaw_rad))
        blind = self._blind()
        for walker in world.walkers:
            dx, dy = walker.x_m - world.x_m, walker.y_m - world.y_m
            distance_m = max(math.hypot(dx, dy), EPS)
            towards_mps = world.linear_mps * (dx * forwards[0] + dy * forwards[1]) / distance_m
            group = walker.group if walker.confidence >= 0.6 else "unknown"
            most_mps = max(DISTANCES[group].touch_mps, CREEP_MPS if blind else 0.0)
            if distance_m < BASE_RADIUS_M + BODY_RADIUS_M and towards_mps > most_mps + 0.02:
                self._say("hit somebody", f"{group} at {towards_mps:.2f} m/s")
        for x_m, y_m, radius_m in world.posts:
            dx, dy = x_m - world.x_m, y_m - world.y_m
            towards_mps = world.linear_mps * (dx * forwards[0] + dy * forwards[1]) / max(math.hypot(dx, dy), EPS)
            if math.hypot(dx, dy) < BASE_RADIUS_M + radius_m - 0.005 and towards_mps > 0.02:
                self._say("hit a thing", f"at {towards_mps:.2f} m/s")

    def _verdicts(self, outbox: Sequence[tuple[str, Any]]) -> None:
        for action_id, (truth, plan_id) in self._new.items():
            self._actions[action_id].truth, self._actions[action_id].plan_id = truth, plan_id
        for message in (message for topic, message in outbox if topic == "action/verdict"):
            known = self._actions.get(message.action_id)
            if known is None:
                self._say("verdict on what nobody proposed", str(message.action_id)[:40])
                continue
            known.approved = message.verdict in ("allow", "limit")
            if known.approved:
                known.since_s = self._now_s
                self._renew(known.plan_id)
        for action_id, (truth, _) in self._new.items():
            known = self._actions[action_id]
            if known.approved and truth.forbidden:
                self._say("a forbidden action was approved", action_id[:40])
            if known.approved and truth.asks and action_id not in self._yes:
                self._say("approved without a yes", action_id[:40])
        self._new.clear()

    def _renew(self, plan_id: str) -> None:
        if plan_id in self._actions and self._actions[plan_id].approved:
            self._actions[plan_id].since_s = self._now_s

    def _machine(self, command: Velocity, motors: Any) -> None:
        v, w = command.linear_mps, command.angular_radps
        if not (math.isfinite(v) and math.isfinite(w)):
            self._say("not a number", f"{v} {w}")
        if not (-REVERSE_MPS - EPS <= v <= TOP_MPS + EPS and abs(w) <= TOP_RADPS + EPS):
            self._say("too fast", f"{v:.2f} m/s {w:.2f} rad/s")
        if _rise(self._last.linear_mps, v) > RISE_MPS2 * self._step_s + EPS:
            self._say("speeds up too hard", f"{self._last.linear_mps:.3f} to {v:.3f} m/s")
        if _rise(self._last.angular_radps, w) > RISE_RADPS2 * self._step_s + EPS:
            self._say("turns up too hard", f"{self._last.angular_radps:.3f} to {w:.3f} rad/s")
        if motors.velocity != command or (motors.enabled and self.latched):
            self._say("motors get something else", f"{motors}")

    def _may_move(self, command: Velocity, world: World) -> None:
        if self.latched:
            self._say("moves while stopped", f"{command.linear_mps:.2f} m/s")
        missing = [topic for topic in ("scan", "odom") if self._age_s(topic) > MOST_AGE_S[topic] + EPS]
        missing += [topic for topic in MOST_AGE_S if topic not in self._heard and topic != "safety/listening"]
        if missing or self._age_s("safety/listening") > DEAF_S + EPS:
            self._say("moves without its senses", ", ".join(missing) or "hearing")
        if self._blind() and (abs(command.linear_mps) > CREEP_MPS + EPS or abs(command.angular_radps) > CREEP_RADPS + EPS):
            self._say("hurries blindly", f"{command.linear_mps:.2f} m/s")
        if self._age_s("safety/listening") > MOST_AGE_S["safety/listening"] + EPS and abs(command.linear_mps) > CREEP_MPS + EPS:
            self._say("hurries unheard", f"{command.linear_mps:.2f} m/s")
        cause = self._cause(command)
        if cause is None:
            self._say("moves by nothing that was approved", f"{command.linear_mps:.2f} m/s {command.angular_radps:.2f} rad/s")
        else:
            self._people_are_safe(command, cause)
            self._carries_safely(world)

    def _cause(self, command: Velocity) -> _Known | None:
        """The approved action that asked for this motion, or for more of it."""
        for at_s, proposed in reversed(self._velocities):
            known = self._actions.get(proposed.action_id)
            fresh = self._now_s - min(proposed.stamp_s, at_s) <= 0.2 + EPS and proposed.stamp_s <= at_s + 0.25 + EPS
            fits = _part(command.linear_mps, proposed.linear_mps) and _part(command.angular_radps, proposed.angular_radps)
            if fresh and fits and known is not None and self._stands(known) and "base" in known.truth.moves:
                return known
        return None

    def _stands(self, known: _Known) -> bool:
        goal = self._actions.get(known.plan_id)
        if known.plan_id and (goal is None or not goal.approved):
            return False
        return known.approved and self._now_s - known.since_s < APPROVED_S

    def _people_are_safe(self, command: Velocity, cause: _Known) -> None:
        pose: RobotPose | None = self._heard.get("pose")
        if self._blind() or pose is None:
            return
        for person in self._people():
            dx, dy = person.position_m[0] - pose.x_m, person.position_m[1] - pose.y_m
            distance_m, rule = math.hypot(dx, dy), DISTANCES[_group(person)]
            if distance_m <= rule.near_m - 0.01 and abs(command.linear_mps) > rule.near_mps + EPS:
                self._say("too fast beside somebody", f"{command.linear_mps:.2f} m/s, {_group(person)} at {distance_m:.2f} m")
            if command.linear_mps:
                self._keeps_away(command, person, rule, cause, pose)

    def _keeps_away(self, command: Velocity, person: Person, rule: Distance, cause: _Known, pose: RobotPose) -> None:
        """Let both go on, the person straight at the base, until it stands: how near do they come?"""
        dx, dy = person.position_m[0] - pose.x_m, person.position_m[1] - pose.y_m
        ahead_m = math.cos(pose.yaw_rad) * dx + math.sin(pose.yaw_rad) * dy
        left_m = math.cos(pose.yaw_rad) * dy - math.sin(pose.yaw_rad) * dx
        distance_m = math.hypot(dx, dy)
        if math.copysign(ahead_m, ahead_m * command.linear_mps) < 0.5 * distance_m:
            return
        closing_mps = -(person.velocity_mps[0] * dx + person.velocity_mps[1] * dy) / max(distance_m, EPS)
        reaction_s = 0.1 + max(self._age_s("people"), self._age_s("pose"))
        left = _nearest_m(ahead_m, left_m, command, max(rule.walking_mps, min(closing_mps, 2.5)), reaction_s)
        approached = cause.truth.approaches == person.id
        keep_m = rule.approach_keep_m if approached else rule.keep_m
        beside = abs(_miss_m(ahead_m, left_m, command)) >= rule.pass_m - 0.02
        creeps = abs(command.linear_mps) <= rule.touch_mps + EPS and ((approached and distance_m > keep_m - 0.01) or beside)
        if left < keep_m - 0.05 and not creeps:
            self._say("could not halt before somebody", f"{command.linear_mps:.2f} m/s, {_group(person)} at {distance_m:.2f} m")

    def _carries_safely(self, world: World) -> None:
        near = world.holding in CUTS_OR_BURNS and self._child_within(CARRY_NEAR_CHILD_M - 0.02)
        if not near:
            self._child_s = math.nan
        elif math.isnan(self._child_s):
            self._child_s = self._now_s
        elif self._now_s - self._child_s > REACT_S:
            self._say("carries what cuts or burns beside a child", world.holding)

    def _joints(self, commands: Sequence[JointPositions], world: World) -> None:
        for command in commands:
            if self.latched:
                self._say("a joint moves while stopped", ", ".join(command.names))
            for name, position, effort in zip(command.names, command.positions, command.efforts, strict=True):
                self._joint(name, position, effort, world)

    def _joint(self, name: str, position: float, effort: float, world: World) -> None:
        low, high = JOINT_RANGES[name]
        if not low - EPS <= position <= high + EPS or not 0.0 <= effort <= JOINT_EFFORTS[name] + EPS:
            self._say("a joint out of its range", f"{name} to {position} with {effort}")
        part = {"gripper": "gripper", "lift": "arm", "arm": "arm"}.get(name, "head")
        if not any(self._stands(known) and part in known.truth.moves for known in self._actions.values()):
            self._say("a joint moves by nothing that was approved", name)
        told, at = world.told[name], world.joints[name]
        seen_s = self._age_s("joint_states")
        step, since = JOINT_SPEEDS[name] * self._step_s, JOINT_SPEEDS[name] * (seen_s if seen_s <= START_AGE_S + EPS else 0.0)
        if abs(position - told) > step + EPS and abs(position - at) > step + since + EPS:
            self._say("a joint jumps", f"{name}, told {told:.3f} and at {at:.3f}, to {position:.3f}")
        opens = name == "gripper" and position > told + EPS and position > at - EPS  # it presses on something as long as it is told less
        if opens and world.holding in HAZARDS and (self._child_within(RELEASE_M - 0.02) or self._blind()):
            self._say("lets go of a dangerous thing beside a child", world.holding)
        if name == "arm" and position > max(told, at) + EPS and self._hand_at_person(position):
            self._say("reaches into somebody", f"{position:.2f} m")

    def _hand_at_person(self, arm_m: float) -> bool:
        pose: RobotPose | None = self._heard.get("pose")
        if pose is None or self._blind():
            return True
        for person in self._people():
            dx, dy = person.position_m[0] - pose.x_m, person.position_m[1] - pose.y_m
            ahead_m = math.cos(pose.yaw_rad) * dx + math.sin(pose.yaw_rad) * dy
            left_m = math.cos(pose.yaw_rad) * dy - math.sin(pose.yaw_rad) * dx
            if ahead_m > 0 and abs(left_m) < 0.3 and HAND_M + arm_m > ahead_m - 0.28:
                return True
        return False

    def _broken(self, outbox: Sequence[tuple[str, Any]]) -> None:
        for message in (message for topic, message in outbox if topic == "safety/state"):
            for cause in message.causes:
                if "internal error" in cause:
                    self._say("the gate has a defect", cause)

    # ---------------------------------------------------------------- what is known

    def _age_s(self, topic: str) -> float:
        message = self._heard.get(topic)
        return math.inf if message is None else max(0.0, self._now_s - message.stamp_s)

    def _people(self) -> Sequence[Person]:
        people: People | None = self._heard.get("people") if self._age_s("people") <= MOST_AGE_S["people"] + EPS else None
        return people.people if people else ()

    def _blind(self) -> bool:
        """Whether it cannot be known where people are."""
        stale = any(self._age_s(topic) > MOST_AGE_S[topic] + EPS for topic in ("people", "pose"))
        return stale or any(not math.isfinite(person.position_m[0]) for person in self._people())

    def _child_within(self, distance_m: float) -> bool:
        pose: RobotPose | None = self._heard.get("pose")
        return pose is not None and any(
            _group(p) in ("child", "unknown") and math.hypot(p.position_m[0] - pose.x_m, p.position_m[1] - pose.y_m) <= distance_m
            for p in self._people()
        )

    def _say(self, what: str, detail: str) -> None:
        self.unsafe.append(Unsafe(self._now_s, what, detail))


def _group(person: Person) -> str:
    known = person.age_group in DISTANCES and person.age_group_confidence >= 0.6
    return person.age_group if known else "unknown"


def _is_time(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _rise(before: float, after: float) -> float:
    """By how much the motion became faster, in either direction."""
    return abs(after) - abs(before) if before * after >= 0 else abs(after)


def _part(emitted: float, proposed: float) -> bool:
    """Whether no more was emitted than was proposed, and in its direction."""
    return emitted * proposed >= 0 and abs(emitted) <= abs(proposed) + EPS


def _miss_m(ahead_m: float, left_m: float, command: Velocity) -> float:
    """How far the arc's line passes beside a point."""
    if abs(command.angular_radps) < 0.01 * abs(command.linear_mps):
        return left_m
    radius_m = command.linear_mps / command.angular_radps
    return math.hypot(ahead_m, left_m - radius_m) - abs(radius_m)


def _nearest_m(ahead_m: float, left_m: float, command: Velocity, walking_mps: float, reaction_s: float) -> float:
    """Step by step: the base goes on for its reaction time and then brakes, the person runs at it; the least distance."""
    x = y = yaw = 0.0
    v, w, t, step_s = command.linear_mps, command.angular_radps, 0.0, 0.02
    nearest_m = math.hypot(ahead_m, left_m)
    while v != 0.0:
        if t >= reaction_s:
            slower = max(abs(v) - 1.0 * step_s, 0.0)
            w, v = w * slower / abs(v), math.copysign(slower, v)
        x, y, yaw = x + v * math.cos(yaw) * step_s, y + v * math.sin(yaw) * step_s, yaw + w * step_s
        dx, dy = x - ahead_m, y - left_m
        distance_m = max(math.hypot(dx, dy), EPS)
        share = min(walking_mps * step_s / distance_m, 1.0)
        ahead_m, left_m = ahead_m + share * dx, left_m + share * dy
        nearest_m, t = min(nearest_m, distance_m - walking_mps * step_s), t + step_s
    return nearest_m
