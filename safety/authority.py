"""Who may say yes, or lift a stop: somebody whom the gate sees now, and whose age group it is sure of."""

from __future__ import annotations

from collections.abc import Callable, Collection

from safety.ontology import normalise
from safety.types import AgeGroup, People, Person


def unfit(person_id: str, people: People | None, problem: Callable[[Person], str]) -> str:
    """Why nobody with this id may, "" when somebody may; of several with one id, all must be fit.

    :param people: None while the gate does not see who is here
    :param problem: why this person may not, "" when they may
    """
    if people is None:
        return "it is not known who is here"
    named = [person for person in people.people if person_id and person.id == person_id]
    if not named:
        return "this person is not seen"
    return next(filter(None, map(problem, named)), "")


def unseen(person: Person, now_s: float, seen_s: float) -> str:
    """Why this person does not count as being here, "" when they do."""
    return "" if person.seen and abs(now_s - person.last_seen_s) <= seen_s else "this person is not seen now"


def too_young(person: Person, groups: Collection[AgeGroup], confidence: float, what: str) -> str:
    """Why the age group of this person does not do, "" when it does.  Unknown age never does."""
    if person.age_group not in {group.value for group in groups if group != AgeGroup.UNKNOWN}:
        return f"a person of age group '{person.age_group[:20]}' may not {what}"
    return "" if person.age_group_confidence >= confidence else "the age group of this person is not sure enough"


def not_another(person: Person, asker_id: str, people: People | None) -> str:
    """Why this person cannot be told from whoever has this id, "" when they are surely two people.

    Perception may hold one person for two, so that two ids are not enough: they have different names, or both are seen.
    """
    askers = [somebody for somebody in (people.people if people else ()) if asker_id and somebody.id == asker_id]
    if not askers:
        return "it is not known who asked for it"
    if any(_alike(person, asker) for asker in askers):
        return "who asked for it may not confirm it"
    apart = all(asker.seen or (asker.name and person.name) for asker in askers)
    return "" if apart else "it is not sure that somebody else asked for it"


def _alike(one: Person, other: Person) -> bool:
    return one.id == other.id or normalise(one.name) == normalise(other.name) != ""
