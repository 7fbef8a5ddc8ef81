"""One line of the diagnosis."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """``cost`` says what one loses, ``fix`` how to get it; both are empty when all is well."""

    name: str
    present: bool
    detail: str = ""
    needed: bool = False  # for the simulated demo
    cost: str = ""
    fix: str = ""


def missing(name: str, detail: str, cost: str, fix: str, needed: bool = False) -> Finding:
    return Finding(name, False, detail, needed, cost, fix)
