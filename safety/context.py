"""What the gate knows when it judges an action, and the building of a case from it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from safety.case import Case, Near, Party
from safety.ontology import Ontology, Thing, normalise
from safety.rules import Parameters, SkillEntry
from safety.types import AgeGroup, Person, ProposedAction, RobotPose, WorldObject

_GROUPS = {group.value: group for group in AgeGroup}


@dataclass(frozen=True, slots=True)
class Context:
    """A snapshot.  ``stale`` names the inputs that are missing or too old; their content here is then not trusted."""

    hour: float = math.nan
    place: str = ""
    pose: RobotPose | None = None
    people: tuple[Person, ...] = ()
    objects: tuple[WorldObject, ...] = ()
    holding: str = ""  # id of what the gripper holds
    holding_class: str = ""
    stale: frozenset[str] = field(default_factory=frozenset)
    speed_mps: float = math.nan  # of the base, measured; backwards counts like forwards
    battery: float | None = None  # charge 0 … 1; nan unknown, None for a robot without a battery that it can ask
    degraded: frozenset[str] = field(default_factory=frozenset)  # components, see safety/health.py

    def held(self, ontology: Ontology) -> Thing | None:
        """What the robot holds; something unknown when the gripper's state is stale."""
        if "gripper/state" in self.stale:
            return ontology.of("")
        if not self.holding and not self.holding_class:
            return None
        return _union(ontology, self.object_named(self.holding), self.holding, self.holding_class)

    def object_named(self, value: str) -> WorldObject | None:
        """The known object with this id or, if there is exactly one such, this spoken name."""
        wanted = normalise(value)
        by_id = [o for o in self.objects if normalise(o.id) == wanted]
        named = by_id or [o for o in self.objects if normalise(o.name) == wanted]
        return named[0] if len(named) == 1 else None

    def people_named(self, value: str) -> tuple[Person, ...]:
        """Everybody with exactly this id, or this spoken name."""
        spoken = normalise(value)
        return tuple(p for p in self.people if value and (p.id == value or (spoken and spoken == normalise(p.name))))

    def beside(self, values: Iterable[str], ontology: Ontology) -> tuple[Thing, ...]:
        """What is known to be on or in the things with these names."""
        names = {normalise(name) for value in values for name in self._names_of(value)} - {""}
        if not names:
            return ()
        return tuple(_union(ontology, o, o.id, o.class_name) for o in self.objects if normalise(o.support) in names)

    def _names_of(self, value: str) -> tuple[str, ...]:
        known = self.object_named(value)
        return (value, known.id, known.name) if known else (value,)

    def party(self, value: str, parameters: Parameters) -> Party:
        """The person with this id or spoken name; of unknown age when several of different age have it."""
        named = self.people_named(value)
        if not named or "people" in self.stale:
            return Party(value, "", AgeGroup.UNKNOWN, known=False)
        groups = {age_group(person, parameters.min_age_confidence) for person in named}
        who = named[0].id if len(named) == 1 else value
        return Party(
            who,
            named[0].name,
            groups.pop() if len(groups) == 1 else AgeGroup.UNKNOWN,
            known=True,
            authorised=len(named) == 1 and is_authorised(named[0], parameters),
            attentive=all(person.seen and person.facing_robot for person in named),
        )

    def nearby(self, parameters: Parameters) -> tuple[Near, ...]:
        """Everybody, with the distance; somebody of unknown age right here when the gate cannot tell."""
        if self.pose is None or self.stale & {"people", "pose"}:
            return (Near(AgeGroup.UNKNOWN, 0.0),)
        return tuple(Near(age_group(p, parameters.min_age_confidence), _distance_m(p, self.pose)) for p in self.people)


def case_of(action: ProposedAction, skill: SkillEntry, context: Context, ontology: Ontology, parameters: Parameters) -> Case:
    """The case that an action makes in a context; its arguments must already fit the skill's entry."""
    values = _by_role(action, skill, context)
    names = [*values["object"], *values["target"]]
    things = [thing_named(name, context, ontology) for name in names]
    named = context.party(_self_or(values["person"][0], action), parameters) if values["person"] else None
    return Case(
        skill=normalise(action.skill).replace(" ", "_"),
        moves=skill.moves,
        object=things[0] if things else None,
        recipient=named if things else None,
        person=named if skill.approaches else None,
        requester=context.party(action.requester_id, parameters),
        held=context.held(ontology),
        near=context.nearby(parameters),
        places=frozenset(normalise(place) for place in (*values["place"], context.place) if place),
        hour=context.hour,
        stale=context.stale,
        target=things[1] if len(things) > 1 else None,
        beside=context.beside(names[-1:], ontology),
        destination=_kinds(values["place"], ontology),
        here=_kinds([context.place], ontology),
        speed_mps=abs(context.speed_mps),
        battery=context.battery,
        degraded=context.degraded,
        topics=frozenset().union(*(ontology.topics_of(text) for text in values["text"])),
    )


def _by_role(action: ProposedAction, skill: SkillEntry, context: Context) -> dict[str, list[str]]:
    """The arguments' values; a target that names a person is a person, any other one a thing."""
    values: dict[str, list[str]] = {"object": [], "person": [], "place": [], "target": [], "text": [], "amount": []}
    for name, role in skill.arguments.items():
        value = action.argument(name)
        is_person = role == "target" and bool(context.people_named(_self_or(value, action)))
        values["person" if is_person else role].append(value)
    return values


def _kinds(places: Iterable[str], ontology: Ontology) -> frozenset[str]:
    return frozenset().union(*(ontology.kinds_of_place(place) for place in places if place))


def thing_named(value: str, context: Context, ontology: Ontology) -> Thing:
    """An object argument as the rules see it: everything that its id, its class and its name suggest."""
    known = context.object_named(value)
    return _union(ontology, known, value, known.class_name if known else "")


def age_group(person: Person, min_confidence: float) -> AgeGroup:
    """The age group to reckon with; UNKNOWN when perception is not sure enough or says nonsense."""
    sure = person.age_group_confidence >= min_confidence
    return _GROUPS.get(person.age_group, AgeGroup.UNKNOWN) if sure else AgeGroup.UNKNOWN


def is_authorised(person: Person, parameters: Parameters) -> bool:
    """Whether somebody may permit what others may not: known by name, surely of an age group that may, and listed if anybody is."""
    sure = person.age_group_confidence >= parameters.authorised_confidence
    listed = not parameters.authorised or person.id in parameters.authorised
    return sure and listed and bool(person.name) and _GROUPS.get(person.age_group) in parameters.authorised_age_groups


def _union(ontology: Ontology, known: WorldObject | None, value: str, class_name: str) -> Thing:
    """Properties of all names together: when they disagree, the more dangerous one counts."""
    names = [value, class_name, *((known.class_name, known.name) if known else ())]
    things = [ontology.of(name) for name in names if name]
    recognised = [thing for thing in things if thing.known]
    spoken = normalise(known.name) if known and known.name else things[0].name
    if not recognised:
        return Thing(spoken, "", _all_properties(things))
    return Thing(spoken, recognised[-1].class_name, _all_properties(recognised))


def _all_properties(things: Iterable[Thing]) -> frozenset[str]:
    return frozenset().union(*(thing.properties for thing in things))


def _self_or(value: str, action: ProposedAction) -> str:
    return action.requester_id if normalise(value) in ("me", "myself") else value


def _distance_m(person: Person, pose: RobotPose) -> float:
    distance_m = math.hypot(person.position_m[0] - pose.x_m, person.position_m[1] - pose.y_m)
    return distance_m if math.isfinite(distance_m) else 0.0
