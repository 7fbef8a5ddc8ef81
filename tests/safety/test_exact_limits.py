"""The last step of each limit: what `make mutate` found that no other test looked at."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from pydantic import ValidationError

from safety import door, latch
from safety.config import GateConfig
from safety.latch import Latch, LatchFile
from safety.types import Verdict
from safety.verdicts import Limits, decision

CONFIG = GateConfig(state_dir="memory")
ARM_N = CONFIG.joints["arm"].effort


@pytest.mark.parametrize(("allowed_n", "sent_n"), [(0.5, 0.5), (ARM_N + 1, ARM_N), (-1.0, 0.0), (math.inf, ARM_N), (math.nan, 0.0)])
def test_effort_is_between_nothing_and_the_most_of_the_joint(allowed_n: float, sent_n: float) -> None:
    command = door.joint_command((("arm", 0.2),), CONFIG, 0.0, {"arm": allowed_n})
    assert command is not None and command.efforts == (sent_n,)


def _stopped() -> Latch:
    stopped = Latch()
    stopped.trip("word", "stop", 10.0)
    return stopped


@pytest.mark.parametrize(("stamp_s", "now_s", "lifts"), [(10.0, 10.0, True), (10.0, 12.0, True), (10.0, 12.01, False), (12.0, 10.0, True)])
def test_a_request_counts_to_the_very_end_of_its_time(stamp_s: float, now_s: float, lifts: bool) -> None:
    assert (_stopped().refusal(stamp_s, now_s, 2.0) == "") is lifts


def test_a_free_latch_says_that_there_is_nothing_to_lift() -> None:
    assert Latch().refusal(0.0, 0.0, 2.0) == "nothing is stopped"


def test_a_deep_folder_is_made_and_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(latch, "sync_path", synced.append)
    file = LatchFile(tmp_path / "a" / "b" / "latch.json")
    file.save(_stopped())
    file.sync()
    assert synced == [file.path, file.path.parent]


@pytest.mark.parametrize(("name", "most", "least"), [("joint_speed_ratio", 1.0, 0.1), ("keep_distance_m", 3.0, 0.0)])
def test_limits_have_limits(name: str, most: float, least: float) -> None:
    assert Limits(**{name: most}) and Limits(**{name: least})
    for wrong in (most + 0.5, least - 0.5):
        with pytest.raises(ValidationError):
            Limits(**{name: wrong})


def test_no_limits_limit_nothing() -> None:
    assert Limits().model_dump() == {
        "max_speed_mps": math.inf, "max_turn_radps": math.inf, "joint_speed_ratio": 1.0, "keep_distance_m": 0.0,
    }  # fmt: skip


def test_a_decision_leads_in_the_order_of_its_file() -> None:
    assert decision(Verdict.DENY, "a", "b").lead.order == 0
