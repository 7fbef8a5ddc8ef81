"""Parameters of the eyes.  Read without any network: the backend ``oracle`` needs none."""

from __future__ import annotations

import math

from pydantic import Field, field_validator

from robot_runtime.config import StageConfig
from robot_runtime.perceive.camera_model import HeadMount
from robot_runtime.perceive.engine_config import EngineConfig
from robot_runtime.perceive.followed import TrackSettings
from robot_runtime.perceive.people import PeopleSettings
from robot_runtime.perceive.places import PlaceSettings
from safety.files import suggestion

BACKENDS = ("oracle", "cnn")


class PerceiveConfig(StageConfig):
    backend: str = Field("cnn", description="cnn: from pictures; oracle: reads the simulated home, and tells a robot nothing")
    home: str = Field("", description="folder of the simulated home, for the backend oracle")
    scenario_file: str = Field("", description="scenario that is played, for the backend oracle, whose mistakes it tells")
    site: str = Field("", description="folder with semantic_map.yaml, whose surfaces things stand on; empty: no surface is known")
    detector_file: str = Field(
        "models/eyes/shipped/detector_int8.onnx",
        description="ONNX detector of a documented layout; its settings are in the .yaml beside it",
    )
    people_file: str = Field(
        "", description="ONNX classifier of people's crops, likewise; empty: nobody's age is known, and unknown is treated with care"
    )
    engine: EngineConfig = Field(default_factory=EngineConfig, description="on what the networks run: providers, threads, cache_folder …")
    score_threshold: float = Field(
        0.0, ge=0, lt=1, description="boxes with a lower score are not looked at; 0: as the detector's settings say"
    )
    most_crops: int = Field(4, ge=0, le=64, description="so many people a picture are classified, those first who were not for longest")
    hfov_rad: float = Field(
        math.radians(75), gt=0.1, lt=3.1, description="horizontal field of view of a camera that comes without a calibration"
    )
    mount: HeadMount = Field(default_factory=HeadMount, description="where the camera sits; as delivered, that of the simulated robot")
    pan_joint: str = Field("head_pan", description="the joint that turns the camera to the left; empty: none does")
    tilt_joint: str = Field("head_tilt", description="the joint that turns the camera downwards; empty: none does")
    pan_rad: float = Field(0.0, ge=-3.2, le=3.2, description="how far the camera looks to the left besides")
    tilt_rad: float = Field(0.0, ge=-1.6, le=1.6, description="how far it looks downwards besides")
    gripper_reach_m: float = Field(0.32, gt=0, le=2, description="the grasp point's x in base_link with the arm drawn in")
    places: PlaceSettings = Field(default_factory=PlaceSettings, description="where the things in boxes are")
    tracks: TrackSettings = Field(default_factory=TrackSettings, description="which box is which thing")
    people: PeopleSettings = Field(default_factory=PeopleSettings, description="who is who; known_people tells who lives here")

    @field_validator("backend")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in BACKENDS:
            raise ValueError(f"unknown backend '{value}'{suggestion(value, list(BACKENDS))}")
        return value
