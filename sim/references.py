"""Names in a scenario that must exist: typed as references, so that one walk over the scenario finds every wrong one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from safety.files import suggestion

M = TypeVar("M", bound=BaseModel)


class Model(BaseModel):
    """Base of everything in a scenario file: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Refers:
    """Marks a field whose text must be the name of an existing thing of this kind; "" names nothing."""

    kind: str


StepName = Annotated[str, Refers("step")]
PersonId = Annotated[str, Refers("person")]
Anybody = Annotated[str, Refers("person or 'anybody'")]
ObjectId = Annotated[str, Refers("object")]
Holder = Annotated[str, Refers("person or 'robot'")]
Holders = Annotated[tuple[str, ...], Refers("person or 'robot'")]
Room = Annotated[str, Refers("room")]
Surface = Annotated[str, Refers("furniture")]
SourceName = Annotated[str, Refers("source of sound")]
SkillName = Annotated[str, Refers("skill")]

ActionPhase = Literal["proposed", "running", "paused", "succeeded", "failed", "cancelled", "refused"]
ModeName = Literal["", "starting", "running", "protective_stop", "emergency_stop", "rearm_required"]
VerdictName = Literal["allow", "limit", "confirm", "deny", "stop"]


def unknown_names(model: BaseModel, known: Mapping[str, Sequence[str]], where: str = "") -> Iterator[str]:
    """One line for every reference below ``model`` that is not among the ``known`` names of its kind.

    >>> class Walk(Model):
    ...     who: PersonId
    >>> list(unknown_names(Walk(who="ana"), {"person": ["anna", "leo"]}))
    ["who: unknown person 'ana', did you mean 'anna'?"]
    """
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        kinds = [mark.kind for mark in field.metadata if isinstance(mark, Refers)]
        for kind in kinds:
            for reference in [value] if isinstance(value, str) else value:
                if reference and reference not in known[kind]:
                    yield f"{where}{name}: unknown {kind} '{reference}'{suggestion(reference, list(known[kind]))}"
        yield from _below(value, known, f"{where}{name}")


def _below(value: Any, known: Mapping[str, Sequence[str]], where: str) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from unknown_names(value, known, f"{where}.")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _below(item, known, f"{where}.{getattr(item, 'name', index)}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _below(item, known, f"{where}.{key}")


def exactly_one(model: M, names: Sequence[str]) -> M:
    """The model itself, for use in a validator.

    :raises ValueError: not exactly one of the fields is given
    """
    given = [name for name in names if name in model.model_fields_set]
    if len(given) != 1:
        raise ValueError(f"give exactly one of {', '.join(names)}" + (f", not {' and '.join(given)}" if given else ""))
    return model
