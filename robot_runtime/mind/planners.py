"""The registry of planner backends: name → what builds it."""

from __future__ import annotations

from collections.abc import Mapping

from robot_runtime.mind.grounded import GroundedPlanner
from robot_runtime.mind.planner import PlannerFactory
from robot_runtime.mind.vlm.planner import VlmPlanner

PLANNERS: Mapping[str, PlannerFactory] = {"grounded": lambda known, _: GroundedPlanner(known), "vlm": VlmPlanner}
