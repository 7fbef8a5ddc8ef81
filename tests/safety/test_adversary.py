"""Nothing unsafe leaves the gate in hostile episodes, and the judge of that can see when something does.

`make adversary` plays ten thousand episodes; here are as many as fit into some seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from safety.approvals import Approvals
from safety.caps import Caps
from safety.joints import JointGate
from safety.latch import Latch
from safety.ramp import Ramp
from safety.stops import Stops
from safety.types import Verdict
from safety.verdicts import decision
from tests.safety.adversary import play

EPISODES = 90
PARTS = 6
"""So that several cores can share them."""


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_unsafe_is_emitted(part: int) -> None:
    results = [play(seed) for seed in range(part, EPISODES, PARTS)]
    unsafe = [f"seed {result.seed}: {result.unsafe[0]}" for result in results if result.unsafe]
    assert not unsafe, "\n".join([*unsafe, "again: python -m tests.safety.adversary --seed N"])
    assert sum(result.moved for result in results) > 0.8 * len(results)  # a gate that moves nothing shows nothing


# ---------------------------------------------------------------- a gate that is broken is caught


def _nothing(*_: Any, **__: Any) -> list[Any]:
    return []


def _no_separation(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Caps, "_people", _nothing)
    patch.setattr(Caps, "_contacts", _nothing)


def _no_obstacles(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Caps, "_obstacles", _nothing)


def _no_latch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Latch, "latched", property(lambda self: False))


def _anybody_may_rearm(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Stops, "_voice_refusal", lambda self, request, people, now_s: self._refusal(request, now_s))


def _old_rearms_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Latch, "refusal", lambda self, stamp_s, now_s, max_age_s: "")


def _no_ramp(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ramp, "towards", lambda self, wanted, dt_s: wanted)


def _stale_senses_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("safety.inputs.Inputs.age_s", lambda self, topic, now_s: 0.0)
    patch.setattr("safety.inputs.Inputs.fresh", lambda self, topic, now_s, grace_s=0.0: self.latest(topic) is not None)


def _old_commands_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        "safety.wanted.Wanted.approved",
        lambda self, now_s: (None if self.newest is None else self._approvals.get(self.newest.action_id), ""),
    )


def _plans_need_no_goal(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Approvals, "_has_goal", lambda self, action: True)


def _every_yes_counts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("safety.approvals.with_yes", lambda judged, said: judged if judged.verdict.value != "confirm" else _allowed())


def _allowed() -> Any:
    return decision(Verdict.ALLOW, "broken", "broken")


def _no_rules(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("safety.semantic._rule_decisions", _nothing)


def _the_hand_always_opens(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("safety.reach.may_release", lambda held, around, parameters: True)


def _the_arm_reaches_everywhere(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("safety.reach.reach_limit_m", lambda around, config: 9.0)


def _joints_jump(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(JointGate, "_advance", lambda self, name, move, start, seen, limits, dt_s: move.target)


def _joints_start_where_they_were_seen(patch: pytest.MonkeyPatch) -> None:
    def start(self: JointGate, name: str, seen: float | None, seen_s: float, now_s: float) -> float | None:
        last = self._commanded.get(name)
        return last.position if last is not None and now_s - last.at_s < 0.03 else seen

    patch.setattr(JointGate, "_start", start)


def _joints_start_where_they_were_told_to_be(patch: pytest.MonkeyPatch) -> None:
    def start(self: JointGate, name: str, seen: float | None, seen_s: float, now_s: float) -> float | None:
        return self._commanded[name].position if name in self._commanded else seen

    patch.setattr(JointGate, "_start", start)


def _reused_ids_count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Approvals, "_problem", lambda self, action, now_s: None)


SABOTAGE: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
    _no_separation, _no_obstacles, _no_latch, _anybody_may_rearm, _old_rearms_count, _no_ramp, _stale_senses_count, _old_commands_count,
    _plans_need_no_goal, _every_yes_counts, _no_rules, _the_hand_always_opens, _the_arm_reaches_everywhere, _joints_jump,
    _joints_start_where_they_were_seen, _joints_start_where_they_were_told_to_be,
    _reused_ids_count,
)  # fmt: skip


TELLING = (0, 39, 156, 51, 44, 26)
"""Seeds of episodes that notice what few others do, so that they come first."""


@pytest.mark.parametrize("sabotage", SABOTAGE, ids=lambda sabotage: sabotage.__name__.strip("_"))
def test_the_judge_sees_a_broken_gate(sabotage: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    sabotage(monkeypatch)
    assert any(play(seed).unsafe for seed in (*TELLING, *range(4 * EPISODES))), "no episode has noticed it"
