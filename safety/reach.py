"""What bounds hand and arm with people around: how far out, how fast, and whether the fingers may open."""

from __future__ import annotations

import math
from collections.abc import Mapping

from safety.caps import Surroundings
from safety.config import GateConfig
from safety.hand import held_cap
from safety.joints import JointLimits
from safety.ontology import Thing
from safety.rules import Parameters, Rules, Separation
from safety.separation import Neighbour
from safety.types import AgeGroup

_CHILDREN = (AgeGroup.CHILD, AgeGroup.UNKNOWN)


def reach_limit_m(around: Surroundings, config: GateConfig) -> float:
    """How far the arm may extend so that the hand keeps its distance from everybody in front; 0 while people are unseen."""
    if around.blind:
        return 0.0
    in_front = (n.x_m for n in around.neighbours if n.x_m > 0 and abs(n.y_m) < config.reach_margin_m + 0.15)
    return min((x_m - config.reach_margin_m - config.grasp_reach_m for x_m in in_front), default=math.inf)


def somebody_at_hand(around: Surroundings, config: GateConfig, separation: Mapping[AgeGroup, Separation]) -> bool:
    """Whether the hand could touch somebody: a child need only be near, others within reach; true while people are unseen."""
    limit = config.joints.get("arm")
    within_m = config.grasp_reach_m + (limit.upper if limit else 0.0) + config.near_hand_m

    def near(somebody: Neighbour) -> bool:
        near_m = max(within_m, separation[somebody.group].near_m) if somebody.group in _CHILDREN else within_m
        return somebody.distance_m <= near_m

    return bool(around.blind) or any(map(near, around.neighbours))


def hand_limits(held: Thing | None, around: Surroundings, config: GateConfig, rules: Rules, joint_speed_ratio: float) -> JointLimits:
    """All that bounds the joints at this moment, by who is near and what is held."""
    at_hand = somebody_at_hand(around, config, rules.separation)
    cap = held_cap(held, config.held_caps)
    return JointLimits(
        speed_ratio=joint_speed_ratio,
        hand_speed_ratio=min(cap.speed_ratio, config.near_hand_speed_ratio if at_hand else 1.0),
        max_arm_m=reach_limit_m(around, config),
        may_release=may_release(held, around, rules.parameters),
        hand_effort_ratio=config.near_hand_effort_ratio if at_hand else 1.0,
        grip_ratio=cap.grip_ratio,
    )


def may_release(held: Thing | None, around: Surroundings, parameters: Parameters) -> bool:
    """False while the gripper holds something dangerous and a child, or somebody unseen, could take it."""
    if held is None or not held.properties & parameters.hazards:
        return True
    children = (n for n in around.neighbours if n.group in _CHILDREN)
    return not around.blind and all(child.distance_m > parameters.release_distance_m for child in children)
