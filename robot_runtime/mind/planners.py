"""The registry of planner backends: name → what builds it."""

from __future__ import annotations

from robot_runtime.mind.grounded import GroundedPlanner
from robot_runtime.mind.planner import PlannerFactory

PLANNERS: dict[str, PlannerFactory] = {"grounded": GroundedPlanner}
