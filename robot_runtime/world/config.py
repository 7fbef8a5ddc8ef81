"""Parameters of the world."""

from __future__ import annotations

from pydantic import Field

from robot_runtime.config import StageConfig


class WorldConfig(StageConfig):
    site: str = Field("", description="folder with semantic_map.yaml; empty when the robot was told of no place")
    memory_file: str = Field("", description="database that keeps the memory across restarts; empty: it ends with the process")
    told_confidence: float = Field(0.7, gt=0, le=1, description="in a thing of which the robot was told, before it has seen it")
    association_m: float = Field(0.6, gt=0, le=5, description="a new track this near to a remembered, unseen twin is that object")
    confidence_gain: float = Field(0.4, gt=0, le=1, description="how far one sighting moves the confidence towards its score")
    forget_half_life_s: float = Field(3600.0, gt=0, description="confidence in an object that nobody looks at halves in this time")
    door_half_life_s: float = Field(300.0, gt=0, description="confidence in a door's being open or closed halves in this time")
    miss_after_s: float = Field(1.5, gt=0, le=60, description="this long in clear view without a sighting is a contradiction")
    miss_factor: float = Field(0.3, ge=0, lt=1, description="a contradiction multiplies the confidence by it")
    view_range_m: tuple[float, float] = Field((0.5, 2.5), description="distances at which a thing in view would be recognised")
    camera_height_m: float = Field(1.25, gt=0, le=3, description="height of the head camera")
    camera_hfov_rad: float = Field(1.31, gt=0.1, le=3, description="horizontal field of view; 75 degrees")
    gripper_reach_m: float = Field(0.32, gt=0, le=2, description="the grasp point's x in base_link with the arm drawn in")
    hand_over_m: float = Field(0.9, gt=0, le=2, description="who is this near when the gripper lets go is taken to hold the thing")
    stranger_forget_s: float = Field(
        600.0, ge=60, description="somebody without a name who was not seen for so long is forgotten: mostly a ghost of the tracker"
    )
    pose_max_age_s: float = Field(0.5, gt=0, le=10, description="an older pose is not used")
