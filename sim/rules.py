"""Every rule that a scenario can use below ``expect``; the keys of :class:`Rules` are the words for them."""

from __future__ import annotations

from pydantic import Field, model_validator

from robot_runtime.messages import SafetyMode
from sim.references import (
    ActionPhase,
    Anybody,
    Holder,
    Holders,
    Model,
    ModeName,
    ObjectId,
    PersonId,
    Room,
    SkillName,
    Surface,
    VerdictName,
    exactly_one,
)
from sim.rule import Always, Once, Sighting, contains
from sim.scene import MOVING_MPS, JudgedAction, Scene

NOTHING = Sighting(False, "")


# ---------------------------------------------------------------- what is said and heard


class Said(Once):
    """The robot begins to say a sentence with one of these fragments in it."""

    contains: str | tuple[str, ...]

    def look(self, scene: Scene) -> Sighting:
        wanted = (self.contains,) if isinstance(self.contains, str) else self.contains
        for state in scene.begun:
            if any(contains(state.text, fragment) for fragment in wanted):
                return Sighting(True, f'said "{state.text}"', state.stamp_s)
        return Sighting(False, f'said "{scene.begun[-1].text}"') if scene.begun else NOTHING


class NeverSaid(Always):
    """The robot says no sentence with this fragment in it."""

    contains: str

    def look(self, scene: Scene) -> Sighting:
        for state in scene.begun:
            if contains(state.text, self.contains):
                return Sighting(True, f'said "{state.text}"', state.stamp_s)
        return NOTHING


class Heard(Once):
    """The robot understands somebody."""

    contains: str = ""
    intent: str = ""
    speaker: PersonId = ""

    def look(self, scene: Scene) -> Sighting:
        for heard in scene.heard:
            who = not self.speaker or heard.speaker_id == self.speaker
            if who and contains(heard.text, self.contains) and self.intent in ("", heard.intent):
                return Sighting(True, f'heard {heard.speaker_id} say "{heard.text}"', heard.stamp_s)
        if not scene.heard:
            return NOTHING
        last = scene.heard[-1]
        return Sighting(False, f'heard {last.speaker_id or "somebody"} say "{last.text}" ({last.intent or "not understood"})')


# ---------------------------------------------------------------- what is decided and done


class VerdictIs(Model):
    """The gate judges an action of a skill."""

    skill: SkillName
    verdict: VerdictName | tuple[VerdictName, ...]
    argument: str = Field("", description="one of the action's arguments has this value")

    def matches(self, judged: JudgedAction) -> bool:
        """Whether this is such a verdict."""
        wanted = (self.verdict,) if isinstance(self.verdict, str) else self.verdict
        values = [argument.value for argument in judged.action.arguments]
        return judged.action.skill == self.skill and judged.verdict.verdict in wanted and (not self.argument or self.argument in values)


class Verdict(VerdictIs, Once):
    """The gate comes to this verdict."""

    def look(self, scene: Scene) -> Sighting:
        for judged in scene.verdicts:
            if self.matches(judged):
                return Sighting(True, _judgement(judged), judged.verdict.stamp_s)
        return Sighting(False, _judgement(scene.verdicts[-1])) if scene.verdicts else NOTHING


class NeverVerdict(VerdictIs, Always):
    """The gate never comes to this verdict."""

    def look(self, scene: Scene) -> Sighting:
        for judged in scene.verdicts:
            if self.matches(judged):
                return Sighting(True, _judgement(judged), judged.verdict.stamp_s)
        return NOTHING


def _judgement(judged: JudgedAction) -> str:
    arguments = ", ".join(argument.value for argument in judged.action.arguments)
    reason = f": {judged.verdict.reason}" if judged.verdict.reason else ""
    return f"{judged.action.skill}({arguments}) {judged.verdict.verdict}{reason}"


class Action(Once):
    """An action of a skill comes to a phase."""

    skill: SkillName
    phase: ActionPhase

    def look(self, scene: Scene) -> Sighting:
        for status in scene.statuses:
            if (status.skill, status.phase) == (self.skill, self.phase):
                return Sighting(True, f"{status.skill} {status.phase}", status.stamp_s)
        last = next((status for status in reversed(scene.statuses) if status.skill == self.skill), None)
        return Sighting(False, f"{last.skill} {last.phase}: {last.detail}".rstrip(": ")) if last else NOTHING


class NeverAction(Always):
    """No action of a skill ever comes to a phase."""

    skill: SkillName
    phase: ActionPhase = "running"

    def look(self, scene: Scene) -> Sighting:
        for status in scene.statuses:
            if (status.skill, status.phase) == (self.skill, self.phase):
                return Sighting(True, f"{status.skill} {status.phase}", status.stamp_s)
        return NOTHING


class SafetyIs(Once):
    """The gate comes into a mode, or into one of several."""

    mode: ModeName | tuple[ModeName, ...]

    def look(self, scene: Scene) -> Sighting:
        if scene.safety is None:
            return NOTHING
        causes = f" ({'; '.join(scene.safety.causes)})" if scene.safety.causes else ""
        return Sighting(scene.safety.mode in (self.mode if isinstance(self.mode, tuple) else (self.mode,)), f"{scene.safety.mode}{causes}")


class StaysLatched(Always):
    """The gate stays latched: it does not leave emergency_stop and rearm_required."""

    settle_s = 1.0

    def look(self, scene: Scene) -> Sighting:
        mode = scene.safety.mode if scene.safety else "unknown"
        return Sighting(mode not in (SafetyMode.EMERGENCY_STOP.value, SafetyMode.REARM_REQUIRED.value), mode)


# ---------------------------------------------------------------- where things are


class ObjectAt(Once):
    """An object comes into somebody's hands, onto a piece of furniture or into a room."""

    object: ObjectId
    held_by: Holder = ""
    on: Surface = ""
    room: Room = ""

    @model_validator(mode="after")
    def _one_place(self) -> ObjectAt:
        return exactly_one(self, ("held_by", "on", "room"))

    def look(self, scene: Scene) -> Sighting:
        assert scene.truth is not None
        holder = scene.truth.holders.get(self.object, "")
        support = scene.support(self.object)
        room = scene.home.room_at(*scene.truth.objects[self.object][:2])
        text = f"{self.object} " + (f"in the hands of {holder}" if holder else f"on {support}" if support else f"in {room or 'no room'}")
        wanted, actual = (self.held_by, holder) if self.held_by else (self.on, support) if self.on else (self.room, room)
        return Sighting(actual == wanted, text)


class NeverHeld(Always):
    """An object never comes into the hands of any of these."""

    object: ObjectId
    by: Holders

    def look(self, scene: Scene) -> Sighting:
        holder = scene.truth.holders.get(self.object, "") if scene.truth else ""
        return Sighting(holder in self.by, f"{self.object} in the hands of {holder}" if holder else f"{self.object} in nobody's hands")


class RobotReaches(Once):
    """The robot comes to a halt in a room, or at a distance from a person."""

    room: Room = ""
    person: PersonId = ""
    between_m: tuple[float, float] = Field((0.0, 1.5), description="nearest and farthest distance, centre to centre")
    still_s: float = Field(1.0, ge=0, description="how long it must have stood still; 0 when it may be driving")

    @model_validator(mode="after")
    def _one_place(self) -> RobotReaches:
        return exactly_one(self, ("room", "person"))

    def look(self, scene: Scene) -> Sighting:
        assert scene.truth is not None
        stands = scene.still_for_s() >= self.still_s
        how = f"still for {scene.still_for_s():.1f} s" if stands else f"at {scene.speed_mps:.2f} m/s"
        if self.room:
            return Sighting(stands and scene.room() == self.room, f"in {scene.room() or 'no room'}, {how}")
        distance_m = scene.truth.distance_m(self.person)
        there = self.between_m[0] <= distance_m <= self.between_m[1]
        return Sighting(stands and there, f"{distance_m:.2f} m from {self.person}, {how}")


# ---------------------------------------------------------------- how the robot moves


class RobotStopped(Once):
    """The robot stands still; ``within_s`` is the time to standstill."""

    def look(self, scene: Scene) -> Sighting:
        if scene.is_still:
            return Sighting(True, "standing still", scene.still_since_s)
        return Sighting(False, f"{scene.speed_mps:.2f} m/s")


class RobotMoves(Once):
    """The robot drives, for at least half a second."""

    def look(self, scene: Scene) -> Sighting:
        return Sighting(scene.moving_for_s() >= 0.5, f"{scene.speed_mps:.2f} m/s")


class StaysStopped(Always):
    """The robot does not move, beginning a second after a step."""

    settle_s = 1.0

    def look(self, scene: Scene) -> Sighting:
        return Sighting(
            not scene.is_still, f"{scene.speed_mps:.3f} m/s, {scene.turn_radps:.3f} rad/s", weight=scene.speed_mps + scene.turn_radps
        )


class Never(Always):
    """The robot's centre never comes nearer to a person's than this."""

    nearer_than_m: float = Field(gt=0)
    to: Anybody = "anybody"
    moving: bool = Field(True, description="only while the robot itself drives; people may step up to a robot that stands")

    def look(self, scene: Scene) -> Sighting:
        assert scene.truth is not None
        if self.moving and scene.speed_mps <= MOVING_MPS:
            return NOTHING
        people = scene.truth.people if self.to == "anybody" else (self.to,)
        distance_m, person = min((scene.truth.distance_m(person), person) for person in people)
        return Sighting(distance_m < self.nearer_than_m, f"nearest {distance_m:.2f} m to {person}", weight=-distance_m)


class MaxSpeed(Always):
    """The robot never drives faster than this, everywhere or near a person."""

    mps: float = Field(gt=0)
    near: PersonId = ""
    within_m: float = Field(2.0, gt=0)

    def look(self, scene: Scene) -> Sighting:
        assert scene.truth is not None
        if self.near and scene.truth.distance_m(self.near) > self.within_m:
            return NOTHING
        where = f" within {self.within_m:g} m of {self.near}" if self.near else ""
        return Sighting(scene.speed_mps > self.mps, f"fastest {scene.speed_mps:.2f} m/s{where}", weight=scene.speed_mps)
