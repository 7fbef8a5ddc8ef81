"""What the record holds of the joints: enough to tell what moved when, and not every step of it."""

from __future__ import annotations

import math

from safety.joint_notes import JointNotes
from safety.types import JointPositions, ProposedJoints


def at(position: float) -> JointPositions:
    return JointPositions(0.0, ("lift",), (position,), (math.inf,))


def test_a_motion_is_noted_when_it_begins_each_second_and_when_it_is_over() -> None:
    notes, told = JointNotes(), []
    for now_s, command in (
        (100.0, at(0.6)),
        (100.5, at(0.7)),
        (101.0, at(0.8)),
        (101.9, at(0.9)),
        (102.0, None),
        (102.1, None),
        (102.2, at(0.5)),
    ):
        note = notes.motion(command, ["b", "a"], now_s)
        told.append((note[1]["phase"], note[1]["positions"][0]) if note else None)
    assert told == [("begins", 0.6), None, ("goes on", 0.8), None, ("over", 0.9), None, ("begins", 0.5)]
    assert notes.motion(at(0.6), ["b", "a"], 104.0) == (
        "joint-motion", {"phase": "goes on", "actions": ["a", "b"], "names": ("lift",), "positions": (0.6,)}
    )  # fmt: skip


def test_at_rest_there_is_nothing_to_note() -> None:
    assert JointNotes().motion(None, [], 100.0) is None


def test_a_proposal_is_noted_once_until_it_or_its_answer_changes() -> None:
    notes = JointNotes()
    one, other = ProposedJoints(0.0, "a1", ("lift",), (1.0,)), ProposedJoints(0.1, "a1", ("lift",), (0.9,))
    noted = [
        notes.proposal(*news)
        for news in ((one, ""), (one, ""), (one, "stopped"), (other, "stopped"), (None, "malformed"), (None, "malformed"))
    ]
    assert [note and (note[0], note[1]["proposal"], note[1]["refused"]) for note in noted] == [
        ("joints", one, ""), None, ("joints", one, "stopped"), ("joints", other, "stopped"), ("joints", None, "malformed"), None,
    ]  # fmt: skip
