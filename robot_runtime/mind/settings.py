"""Parameters of the mind."""

from __future__ import annotations

from pydantic import Field, field_validator

from robot_runtime.act.settings import SkillSettings
from robot_runtime.mind.planners import PLANNERS
from robot_runtime.mind.vlm.settings import VlmConfig
from safety.files import suggestion


class MindConfig(SkillSettings):
    site: str = Field("", description="folder with semantic_map.yaml; empty when the robot was told of no place")
    planner_backend: str = Field("grounded", description="which planner makes plans of utterances")
    vlm: VlmConfig = Field(VlmConfig(), description="of the planner backend vlm")
    language: str = Field("en", description="of what the robot says")
    hears: str = Field("en", description="languages that the ear understands, as ear.hears says")
    ontology_file: str = Field("safety/ontology.yaml", description="classes of things, and what people call them")
    minimum_confidence: float = Field(0.3, ge=0, le=1, description="of an utterance; below it the robot asks again")
    sure_confidence: float = Field(0.65, ge=0, le=1, description="of a request for a task; below it the robot asks whether that was said")
    verdict_timeout_s: float = Field(1.0, gt=0, le=10, description="without a word of the gate for this long, an action is left")
    renew_s: float = Field(30.0, gt=0, le=600, description="an approval is asked for again at this period while it is in use")
    attend_hold_s: float = Field(2.0, gt=0, le=5, description="for it to be known who spoke, when they did out of the camera's view")
    view_half_rad: float = Field(0.55, gt=0, le=3.2, description="a voice within this of where the head points comes from somebody in view")
    clarify_timeout_s: float = Field(
        15.0, gt=0, le=120, description="for a person to say which of several things they mean, or yes to an offer"
    )
    cut_short_s: float = Field(20.0, ge=0, le=600, description="for a sentence that was interrupted to be said on")
    forget_timeout_s: float = Field(10.0, gt=0, le=60, description="for the world to say that a person is forgotten")
    rearm_timeout_s: float = Field(1.5, gt=0, le=10, description="for the gate to lift a stop before the robot says why it does not")
    withdrawn_settle_s: float = Field(0.3, gt=0, le=2, description="how long a withdrawn action waits for the stop that may have caused it")
    verify_s: float = Field(3.0, gt=0, le=10, description="for the world to show what a skill has done")
    still_limit_s: float = Field(60.0, gt=0, le=600, description="a step that a protective stop holds for this long has failed")
    excuse_after_s: float = Field(1.5, gt=0, le=30, description="of standing before somebody before the robot says so")
    excuse_period_s: float = Field(15.0, gt=0, le=600, description="at least, between two times of saying so")
    replans: int = Field(2, ge=0, le=2, description="times that a task whose skill gave up is planned anew")
    thinking_cue_s: float = Field(0.7, gt=0, le=10, description="a planner that needs longer is covered by a word")
    hour_at_start: float = Field(12.0, ge=0, lt=24, description="local hour at time zero, for clocks that show no date (simulation)")
    utc_offset_h: float = Field(0.0, ge=-12, le=14, description="local time minus UTC, for clocks that show a date; as the gate's")
    patience_s: float = Field(20.0, gt=0, le=600, description="within it, not understanding is said twice at most")

    @field_validator("planner_backend")
    @classmethod
    def _exists(cls, value: str) -> str:
        if value not in PLANNERS:
            raise ValueError(f"no such planner{suggestion(value, list(PLANNERS))}")
        return value
