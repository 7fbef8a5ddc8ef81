"""Figures by name, a line each: what a long measurement found, and whether it passed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from robot_runtime.bench.machine import describe


def show(what: str, option: str, found: Mapping[str, Any], *, as_json: bool) -> int:
    """The exit status: 0 if ``found["passed"]``.

    :param what: verb of the benchmark
    :param found: a list has a line for each of its items
    """
    if as_json:
        print(json.dumps({"kind": option, **found, "machine": dict(describe())}, ensure_ascii=False), flush=True)
    else:
        print(f"bench {what} --{option}   " + " · ".join(value for _, value in describe()))
        for figure, value in found.items():
            for line in [] if figure == "passed" else value if isinstance(value, list) else [value]:
                print(f"  {figure.replace('_', ' ')}: {line}")
        print("  passed" if found["passed"] else "  failed")
    return 0 if found["passed"] else 1
