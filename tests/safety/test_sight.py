"""What is kept of people between two messages is what they would be seen as anew."""

from __future__ import annotations

import math
from typing import Any

import pytest

from safety.config import GateConfig
from safety.inputs import Inputs
from safety.rules import Parameters
from safety.separation import Neighbour
from safety.sight import Sight
from safety.types import AgeGroup, GripperState, JointPositions, Listening, Odometry, People, Person, RobotPose, Scan
from tests.safety.rig import person, scan

CONFIG = GateConfig(remember_s=0.15)
PARAMETERS = Parameters(hazards=frozenset({"sharp"}), min_age_confidence=0.6)
SURE, UNSURE = person("anna", "adult", 2.0), person("leo", "child", 1.0, 1.0, age_group_confidence=0.7)
HEARD = person("rose", "elderly", -1.0, seen=False, last_seen_s=0.0)
NOWHERE = person("tom", "adult", math.nan)


class Watch:
    """One sight over some steps, compared with one that begins anew at every step."""

    def __init__(self) -> None:
        self.inputs = Inputs(CONFIG)
        self.sight = Sight(CONFIG, PARAMETERS, 2.0)
        self.parameters = PARAMETERS

    def people(self, *people: Person, now_s: float) -> None:
        self.inputs.take({"people": [People(now_s, "test", people)]}, now_s)

    def pose(self, x_m: float, now_s: float) -> None:
        self.inputs.take({"pose": [RobotPose(now_s, x_m, 0.0, 0.0, 0.02)]}, now_s)

    def adopt(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.sight.adopt(parameters)

    def look(self, now_s: float) -> dict[str, Neighbour]:
        kept = self.sight.surroundings(self.inputs, now_s)
        anew = Sight(CONFIG, self.parameters, 2.0).surroundings(self.inputs, now_s)
        assert (kept.neighbours, kept.blind) == (anew.neighbours, anew.blind)
        return {somebody.id: somebody for somebody in kept.neighbours}


@pytest.fixture
def watch() -> Watch:
    watch = Watch()
    watch.people(SURE, UNSURE, HEARD, NOWHERE, now_s=0.0)
    watch.pose(0.0, now_s=0.0)
    return watch


def test_somebody_is_only_remembered_once_the_time_is_over_without_any_message(watch: Watch) -> None:
    tracked = [watch.look(now_s)["rose"].tracked for now_s in (0.0, 0.1, 0.2, 0.3)]
    assert tracked == [True, True, False, False]
    assert watch.look(0.3)["anna"].tracked


def test_a_new_pose_moves_everybody(watch: Watch) -> None:
    before_m = watch.look(0.0)["anna"].x_m
    watch.pose(0.5, now_s=0.02)
    assert watch.look(0.02)["anna"].x_m == pytest.approx(before_m - 0.5)


def test_new_people_take_the_place_of_those_before(watch: Watch) -> None:
    assert set(watch.look(0.0)) == {"anna", "leo", "rose"}
    watch.people(UNSURE, now_s=0.02)
    assert set(watch.look(0.02)) == {"leo"}


def test_somebody_of_whom_it_is_not_known_where_counts_in_every_step(watch: Watch) -> None:
    for now_s in (0.0, 0.02):
        assert "not known where" in watch.sight.surroundings(watch.inputs, now_s).blind


def test_other_rules_say_anew_who_is_a_child(watch: Watch) -> None:
    assert watch.look(0.0)["leo"].group == AgeGroup.CHILD
    watch.adopt(PARAMETERS.model_copy(update={"min_age_confidence": 0.9}))
    assert watch.look(0.02)["leo"].group == AgeGroup.UNKNOWN


# ---------------------------------------------------------------- what is not known, and for how long it counts


def sight_of(config: GateConfig, now_s: float = 0.0, **news: Any) -> tuple[Sight, Inputs]:
    """``a__b`` is the topic ``a/b``."""
    inputs = Inputs(config)
    inputs.take({topic.replace("__", "/"): [message] for topic, message in news.items()}, now_s)
    return Sight(config, PARAMETERS, 2.0), inputs


@pytest.mark.parametrize(
    ("now_s", "hour"), [(0.0, 9.0), (3600.0, 10.0), (15 * 3600.0, 0.0), (1e9, 10.777777), (1e9 + 3600, 4.777777), (1.5e9, 4.666666)]
)
def test_the_hour_by_a_clock_that_shows_a_date_and_by_one_that_does_not(now_s: float, hour: float) -> None:
    sight, _ = sight_of(GateConfig(hour_at_start=9.0, utc_offset_h=2.0))
    assert sight.hour(now_s) == pytest.approx(hour, abs=1e-5)


def test_before_any_news() -> None:
    sight, inputs = sight_of(CONFIG)
    around, context = sight.surroundings(inputs, 0.0), sight.context(inputs, 0.0)
    assert (around.linear_mps, around.angular_radps, around.odom_s) == (0.0, 0.0, -math.inf)
    assert (around.obstacles.x_m.size, around.neighbours) == (0, ()) and "no people; no pose" in around.blind
    assert (around.scan_age_s, around.people_age_s, around.arm_m) == (math.inf, math.inf, 0.5)
    assert sight.stops(inputs, 0.0)[:2] == ("no scan", "no odom")
    assert (context.place, context.people, context.objects, context.holding, context.holding_class) == ("", (), (), "", "")
    assert context.stale == {"people", "pose", "world/facts", "gripper/state"} and math.isnan(context.speed_mps)


def test_what_the_base_does_is_told_with_its_time() -> None:
    sight, inputs = sight_of(CONFIG, 1.0, odom=Odometry(1.0, 0.0, 0.0, 0.0, 0.3, -0.2))
    around = sight.surroundings(inputs, 1.1)
    assert (around.linear_mps, around.angular_radps, around.odom_s) == (0.3, -0.2, 1.0)
    assert sight.context(inputs, 1.1).speed_mps == 0.3
    assert math.isnan(sight.context(inputs, 9.0).speed_mps)


@pytest.mark.parametrize("older", ["people", "pose"])
def test_people_are_as_old_as_the_older_of_what_places_them(older: str) -> None:
    ages = {"people": 0.1, "pose": 0.1, older: 0.4}
    sight, inputs = sight_of(
        CONFIG, 1.0, people=People(1.0 - ages["people"], "test", (SURE,)), pose=RobotPose(1.0 - ages["pose"], 0, 0, 0, 0.0)
    )
    around = sight.surroundings(inputs, 1.0)
    assert around.people_age_s == pytest.approx(0.4) and len(around.neighbours) == 1


@pytest.mark.parametrize(("age_s", "held"), [(2.0, False), (2.001, True)])
def test_how_long_nobody_may_listen(age_s: float, held: bool) -> None:
    sight, inputs = sight_of(CONFIG, 0.0, scan=scan(0.0), safety__listening=Listening(0.0, 1))
    assert ("nobody listens for the stop word" in sight.stops(inputs, age_s)) is held
    assert sight.surroundings(inputs, age_s).unheard == "nobody listens for the stop word"
    deaf, inputs = sight_of(GateConfig(require_listening=False))
    assert "nobody listens for the stop word" not in deaf.stops(inputs, age_s) and deaf.surroundings(inputs, age_s).unheard == ""


def test_a_scan_counts_once_and_a_broken_one_is_named_until_a_sound_one_comes() -> None:
    sight, inputs = sight_of(CONFIG, 0.0, scan=scan(0.0, math.inf))
    assert "scan is broken: none of its rays hits anything" in sight.stops(inputs, 0.0)
    assert sight.surroundings(inputs, 0.0).obstacles.x_m.size == 0
    inputs.take({"scan": [scan(0.02, 1.0)]}, 0.02)
    around = sight.surroundings(inputs, 0.02)
    assert around.obstacles.nearest_m == pytest.approx(1.0) and around.obstacles is sight.surroundings(inputs, 0.04).obstacles
    assert not [cause for cause in sight.stops(inputs, 0.02) if "broken" in cause]


ARM = JointPositions(0.0, ("lift", "arm"), (0.6, 0.2))
NO_JOINTS = GateConfig(required_inputs=("scan", "odom"))


@pytest.mark.parametrize(
    ("config", "joints", "now_s", "arm_m"),
    [
        (CONFIG, ARM, 0.3, 0.2),
        (CONFIG, ARM, 0.31, 0.5),  # too old: it may be out
        (CONFIG, None, 0.0, 0.5),
        (CONFIG, JointPositions(0.0, ("lift",), (0.6,)), 0.0, 0.0),
        (NO_JOINTS, None, 0.0, 0.0),
        (NO_JOINTS, ARM, 0.31, 0.5),
        (GateConfig(joints={"lift": CONFIG.joints["lift"]}), ARM, 0.0, 0.0),
    ],
)
def test_how_far_the_arm_is_out(config: GateConfig, joints: JointPositions | None, now_s: float, arm_m: float) -> None:
    sight, inputs = sight_of(config, 0.0, **({"joint_states": joints} if joints else {}))
    assert sight.surroundings(inputs, now_s).arm_m == arm_m


def test_a_robot_without_a_hand_is_not_asked_what_it_holds() -> None:
    sight, inputs = sight_of(NO_JOINTS)
    assert "gripper/state" not in sight.context(inputs, 0.0).stale
    inputs.take({"gripper/state": [GripperState(0.0, True, "knife", "knife")]}, 0.0)
    context = sight.context(inputs, 1.0)
    assert (context.holding, context.holding_class, "gripper/state" in context.stale) == ("knife", "knife", False)
    assert "gripper/state" in sight.context(inputs, 5.0).stale


FENCED = GateConfig.model_validate({"fences": {"here": {"kind": "keep_out", "polygon_m": [[-1, -1], [1, -1], [1, 1]]}}})


def test_the_pose_is_told_only_where_fences_need_it_and_while_it_is_fresh() -> None:
    pose = RobotPose(0.0, 1.0, 2.0, 0.5, 0.1)
    sight, inputs = sight_of(FENCED, 0.0, pose=pose)
    around = sight.surroundings(inputs, 0.25)
    assert (around.pose, around.pose_uncertainty_m, around.pose_age_s) == ((1.0, 2.0, 0.5), 0.2, 0.25)
    assert sight.surroundings(inputs, 5.0).pose is None
    assert sight_of(FENCED)[0].surroundings(Inputs(FENCED), 0.0).pose is None
    plain, inputs = sight_of(CONFIG, 0.0, pose=pose)
    assert plain.surroundings(inputs, 0.25).pose is None


@pytest.mark.parametrize(("lidar_s", "others_s"), [(0.25, 0.125), (0.125, 0.25)])
def test_with_other_sensors_the_older_news_count(lidar_s: float, others_s: float) -> None:
    config = GateConfig.model_validate({"sources": {"rear": {"kind": "scan"}}})
    whole = scan(1.0 - others_s, 1.5)
    rear = Scan(1.0 - others_s, whole.angle_min_rad, whole.angle_increment_rad, 0.05, 12.0, whole.ranges_m, "rear")
    sight, inputs = sight_of(config, 1.0, scan=scan(1.0 - lidar_s), scan__others=rear)
    around = sight.surroundings(inputs, 1.0)
    assert around.scan_age_s == 0.25 and around.obstacles.nearest_m == pytest.approx(1.5)
    assert "no rear" in sight.stops(Inputs(config), 0.0)
