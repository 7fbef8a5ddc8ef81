"""Waiting, greeting, telling how it is, looking for somebody and leading them: what the robot does, says, and does not claim."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.act.durations import PATTERNS, seconds
from robot_runtime.hear.vocabulary import robot_grammar
from robot_runtime.messages import Battery, ProposedAction, SafetyMode, SpeechStyle
from safety.ontology import Ontology
from tests.unit.mind_rig import Rig, Thing, write_site


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(write_site(tmp_path)).run(0.5)


def out_of_sight(rig: Rig, who: str) -> None:
    """From now on they are known, and not seen."""
    rig.people[who] = replace(rig.people[who], seen=False, last_seen_s=rig.now_s)


# ------------------------------------------------------------ wait


def test_wait_stands_for_as_long_as_it_was_asked_to(rig: Rig) -> None:
    rig.hear("wait", duration="ten seconds").run(9.5)
    assert rig.statuses("wait")[-1] == "wait running"
    rig.run(1)
    assert rig.said == ["I will wait.", "I have waited."]
    assert rig.goals == []


def test_wait_without_a_span_waits_a_minute(rig: Rig) -> None:
    rig.hear("wait").run(59)
    assert rig.said == ["I will wait."]
    rig.run(2)
    assert rig.said[-1] == "I have waited."


def test_somebody_before_the_robot_does_not_spoil_its_waiting(rig: Rig) -> None:
    rig.hear("wait", duration="two minutes").run(1)
    rig.mode = SafetyMode.PROTECTIVE_STOP.value
    rig.run(121)
    assert rig.said[-1] == "I have waited."


@pytest.mark.parametrize("words", ["ten minutes", "a moment", "half an hour", "two hours", "one minute", "forty five seconds"])
def test_every_span_that_can_be_heard_is_understood(words: str) -> None:
    grammar = robot_grammar(load_catalogue(), Ontology.load(), [], [])
    meaning = grammar.interpret(f"wait for {words}")
    assert meaning is not None and meaning.intent == "wait" and meaning.slots[0].value == words
    assert seconds(words)
    assert all(pattern == pattern.lower() for pattern in PATTERNS)


# ------------------------------------------------------------ greet


def test_greeting_looks_at_the_person_and_says_their_name(rig: Rig) -> None:
    rig.hear("greet", person="rose").run(1)
    assert rig.said == ["Hello Rose."]
    pans = [dict(zip(p.names, p.positions, strict=True))["head_pan"] for p in rig.sent("joints/proposed")]
    assert pans[0] > 2.0 and pans[-1] == 0.0  # she stands behind the robot, to its left; then it looks ahead again


def test_who_is_not_in_view_is_not_greeted(rig: Rig) -> None:
    out_of_sight(rig, "rose")
    rig.run(4).hear("greet", person="rose").run(1)
    assert rig.said == ["I do not see Rose."]
    assert rig.statuses()[-1] == "greet failed"


def test_a_greeting_is_not_claimed_when_nothing_was_heard_of_it(rig: Rig) -> None:
    rig.voice_speaks = False
    rig.hear("greet", person="rose").run(40)
    assert "greet succeeded" not in rig.statuses()


# ------------------------------------------------------------ report_status


@pytest.mark.parametrize(
    ("battery", "sentence"),
    [
        (None, "I am well. I am in the living room. I have no news of a battery."),
        (0.42, "I am well. I am in the living room. My battery is at 42 percent."),
        (float("nan"), "I am well. I am in the living room. I have no news of a battery."),
    ],
)
def test_status_tells_what_is_known(rig: Rig, battery: float | None, sentence: str) -> None:
    if battery is not None:
        rig.send("battery", Battery(rig.now_s, 24.0, 1.0, battery, False))
    rig.hear("report_status").run(1)
    assert rig.said == [sentence]


def test_status_tells_of_an_old_battery_nothing_and_of_the_hand_what_it_holds(rig: Rig) -> None:
    rig.send("battery", Battery(rig.now_s, 24.0, 1.0, 0.9, False)).run(61)
    rig.holding = "red_cup"
    rig.run(0.2).hear("report_status").run(1)
    assert rig.said == ["I am well. I am in the living room. I hold the red cup. I have no news of a battery."]


# ------------------------------------------------------------ look_for_person


def test_who_is_in_view_need_not_be_looked_for(rig: Rig) -> None:
    rig.hear("look_for_person", name="leo").run(1)
    assert rig.said == ["I will look for Leo.", "I see Leo in the living room."]
    assert rig.goals == []


def test_somebody_is_found_at_another_place(rig: Rig) -> None:
    out_of_sight(rig, "rose")
    rig.run(4).hear("look_for_person", name="rose").run_until(lambda: rig.pose[1] > 4)
    rig.people["rose"] = replace(rig.people["rose"], position_m=(3.0, 6.5, 0.0), seen=True)
    rig.run(6)
    assert (rig.goals[0].x_m, rig.goals[0].y_m) == (1.2, 3.0)  # where she was last comes first
    assert rig.said[-1] == "I see Rose in the kitchen."


def test_somebody_who_is_nowhere_is_not_said_to_be_found(rig: Rig) -> None:
    out_of_sight(rig, "rose")
    rig.run(4).hear("look_for_person", name="rose").run(60)
    assert rig.said[-1] == "I cannot find Rose."
    assert rig.statuses()[-1] == "look_for_person failed"


def test_looking_ends_at_a_private_door(tmp_path: Path) -> None:
    site = Path(write_site(tmp_path)) / "semantic_map.yaml"
    site.write_text(site.read_text(encoding="utf-8").replace("kitchen:", "bathroom:", 1), encoding="utf-8")
    site.write_text(site.read_text(encoding="utf-8").replace("place: kitchen", "place: bathroom"), encoding="utf-8")
    rig = Rig(str(tmp_path)).run(0.5)
    out_of_sight(rig, "rose")
    rig.run(4).hear("look_for_person", name="rose").run(60)
    assert all(goal.y_m < 4 for goal in rig.goals)


# ------------------------------------------------------------ guide


def walking_behind(rig: Rig, who: str, seconds_: float, gap_m: float = 1.0) -> None:
    for _ in range(round(seconds_ / 0.05)):
        x, y, _ = rig.pose
        rig.people[who] = replace(rig.people[who], position_m=(x - 0.1, y - gap_m if y > 5 else y, 0.0))
        rig.tick()


def test_guiding_leads_somebody_who_comes_along_at_their_speed(rig: Rig) -> None:
    rig.style = SpeechStyle(0.0, "anna", "test", 150, 1, 1, 0.3, 1.3, 0.25, "", 1)
    rig.people["anna"] = replace(rig.people["anna"], position_m=(3.5, 2.0, 0.0))
    rig.hear("guide", person="anna", place="kitchen")
    walking_behind(rig, "anna", 5, gap_m=0.5)
    assert rig.said == ["I will take you to the kitchen.", "Please come with me, Anna.", "Here we are in the kitchen."]
    assert {goal.max_speed_mps for goal in rig.goals if not goal.cancel} == {0.25}


def test_who_falls_behind_is_waited_for_and_then_told(rig: Rig) -> None:
    rig.drive_s = 4.0
    rig.hear("guide", person="anna", place="kitchen").run(2)
    rig.people["anna"] = replace(rig.people["anna"], position_m=(5.9, 0.1, 0.0))
    rig.run(2)
    assert rig.goals[-1].cancel
    rig.run(32)
    assert rig.said[-1] == "I cannot see Anna any more."
    assert rig.statuses()[-1] == "guide failed"


def test_arriving_alone_is_no_success(rig: Rig) -> None:
    rig.hear("guide", person="anna", place="kitchen").run(40)
    assert rig.said[-1] == "I am there, but I did not see Anna come along."


def test_nobody_is_guided_who_is_not_in_view(rig: Rig) -> None:
    out_of_sight(rig, "anna")
    rig.run(4).hear("guide", "leo", person="anna", place="kitchen").run(1)
    assert rig.said[-1] == "I do not see Anna."


def test_a_skill_that_is_cancelled_halts_and_looks_ahead(rig: Rig) -> None:
    rig.drive_s = 10.0
    rig.hear("guide", person="anna", place="kitchen").run(2)
    rig.hear("no").run(0.5)
    assert rig.goals[-1].cancel
    last = dict(zip(rig.sent("joints/proposed")[-1].names, rig.sent("joints/proposed")[-1].positions, strict=True))
    assert last["head_pan"] == 0.0
    assert rig.statuses()[-1] == "guide cancelled"


def test_hands_that_are_full_are_told(rig: Rig) -> None:
    """Of a manifest's preconditions; no skill of these needs an empty hand, so one is given to it here."""
    manifest = rig.mind._services.catalogue.skills["wait"]
    changed = {**rig.mind._services.catalogue.skills, "wait": manifest.model_copy(update={"preconditions": ("hands_empty()",)})}
    object.__setattr__(rig.mind._services.catalogue, "skills", changed)
    rig.things["red_cup"] = Thing("cup", "red", (3.3, 2.0, 0.8))
    rig.holding = "red_cup"
    rig.run(0.5).hear("wait").run(1)
    assert rig.said[-1].startswith("I am holding the red cup, so I cannot do that.")


def test_the_gate_is_asked_about_each_of_them(tmp_path: Path) -> None:
    asked: list[str] = []

    def deny(action: ProposedAction) -> tuple[str, str, float]:
        asked.append(action.skill)
        return ("deny", "No.", 0.0)

    rig = Rig(write_site(tmp_path), judge=deny).run(0.5)
    for intent in ("wait", "greet", "report_status", "guide"):
        rig.hear(intent, place="kitchen").run(0.5)
    rig.hear("look_for_person", name="leo").run(0.5)
    assert asked == ["wait", "greet", "report_status", "guide", "look_for_person"]
    assert rig.said == ["No."] * 5
