"""Publishes what the eyes find in the messages of others as well, where their packages are installed; see docs/see.md.

Without a package the node says so, in the log and in /diagnostics, and everything else runs.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from pydantic import Field, field_validator
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import Bool, Float32, String

from robot_runtime import messages as m
from robot_runtime.config import StageConfig
from robot_runtime.nodes import Node
from robot_runtime.ros import others
from robot_runtime.ros.host import Host
from robot_runtime.ros.qos import profile
from robot_runtime.ros.shell import Shell
from robot_runtime.sense.pictures import FRAME_ID
from robot_runtime.topics import TOPICS, Qos
from safety.files import suggestion

PACKAGES = ("vision_msgs", "hri_msgs")
_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
_TF = QoSProfile(depth=100)


class AdaptersConfig(StageConfig):
    """Parameters of the adapters."""

    packages: str = Field("", description=f"whose messages: {', '.join(PACKAGES)}, or both with a comma between them")
    camera_frame: str = Field(FRAME_ID, description="frame_id of boxes in pictures")
    humans: str = Field("/humans", min_length=1, description="REP-155's namespace; the same for all robots unless it is set")
    memory_s: float = Field(10.0, gt=0, le=600, description="location_confidence falls from 1 to 0 in this time out of sight")

    @field_validator("packages")
    @classmethod
    def _known(cls, value: str) -> str:
        for name in value.split(","):
            if name and name.strip() not in PACKAGES:
                raise ValueError(f"unknown package '{name.strip()}'{suggestion(name.strip(), list(PACKAGES))}")
        return value

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.packages.split(",") if name)


@dataclass
class _Human:
    """The topics of one person, and what was said there last."""

    publishers: dict[str, Any]
    level: int = 0
    name: str = field(default="?")


class Adapters(Shell):
    """The node."""

    Config = AdaptersConfig

    def __init__(self, row: Node, host: Host) -> None:
        """:raises FileError: the parameters do not fit"""
        super().__init__(row, host)
        self._missing = ""
        self._humans: dict[str, _Human] = {}
        self._pose: m.RobotPose | None = None

    def configure(self) -> None:
        """Import the packages, and connect what there is."""
        self._missing = ""
        if (vision := self._imported("vision_msgs")) is not None:
            self._connect_vision(vision)
        if (hri := self._imported("hri_msgs")) is not None:
            self._connect_hri(hri)

    def deactivate(self) -> None:
        """Nobody is tracked any more; latched topics of people go."""
        for human in list(self._humans):
            self._drop_human(human)

    def status(self) -> Any:
        """As any node's, with what is not installed."""
        status = super().status()
        if self._missing:
            status.level, status.message = DiagnosticStatus.WARN, self._missing
        return status

    def _imported(self, package: str) -> Any:
        """Its messages; None when they are not wanted, or not installed."""
        if package not in self.config.names:
            return None
        try:
            return importlib.import_module(f"{package}.msg")
        except ImportError as error:
            fix = f"install ros-$ROS_DISTRO-{package.replace('_', '-')}, or build {package} from source"
            text = f"{package} is not installed ({error}): nothing is published in its messages; {fix}"
            self.get_logger().warning(text)
            self._missing = "; ".join(filter(None, (self._missing, text)))
            return None

    def _lasting(self, kind: Any, topic: str, qos: QoSProfile) -> Any:
        """A publisher that lives as long as the node is configured, and is silent unless it is active."""
        publisher = self.create_lifecycle_publisher(kind, topic, qos)
        self._own_publishers.append(publisher)
        return publisher

    # ---------------------------------------------------------------- vision_msgs

    def _connect_vision(self, vision: Any) -> None:
        flat = self._lasting(vision.Detection2DArray, "detections/vision_2d", profile(Qos.SENSOR))
        solid = self._lasting(vision.Detection3DArray, "detections/vision_3d", profile(Qos.SENSOR))

        def on_detections(found: m.Detections) -> None:
            flat.publish(others.detections_2d(found, vision, self.config.camera_frame))
            solid.publish(others.detections_3d(found, vision))

        self.subscribe("detections", on_detections)

    # ---------------------------------------------------------------- hri_msgs

    def _connect_hri(self, hri: Any) -> None:
        self._hri = hri
        self._tracked, self._known = (
            self._lasting(hri.IdsList, f"{self.config.humans}/persons/{name}", _LATCHED) for name in ("tracked", "known")
        )
        self._frames: Any = None
        try:
            kind = importlib.import_module("tf2_msgs.msg").TFMessage
            self._frames = kind, self._lasting(kind, "/tf", _TF)
        except ImportError:
            self.get_logger().warning("tf2_msgs is not installed: no frames person_<id>")
        self.subscribe("pose", self._on_pose)
        self.subscribe("people", self._on_people)

    def _on_pose(self, pose: m.RobotPose) -> None:
        self._pose = pose

    def _on_people(self, people: m.People) -> None:
        if self.state != "active":
            return
        known, tracked = list(people.people), [person for person in people.people if person.seen]
        self._known.publish(others.ids(people.stamp_s, known, self._hri))
        self._tracked.publish(others.ids(people.stamp_s, tracked, self._hri))
        for gone in self._humans.keys() - {others.ros_id(person.id) for person in known}:
            self._drop_human(gone)
        for person in known:
            self._tell(person, people.stamp_s)
        if self._frames is not None:
            kind, publisher = self._frames
            publisher.publish(kind(transforms=others.transforms(tracked, people.stamp_s)))

    def _tell(self, person: m.Person, stamp_s: float) -> None:
        human = self._human(others.ros_id(person.id))
        if person.name != human.name:
            human.name = person.name
            human.publishers["anonymous"].publish(Bool(data=not person.name))
            human.publishers["name"].publish(String(data=person.name))
        human.level = others.engagement_level(person, self._fresh_pose(stamp_s), human.level, self._hri)
        level = self._hri.EngagementLevel(header=others.header(stamp_s, ""), level=human.level)
        human.publishers["engagement_status"].publish(level)
        sure = others.location_confidence(person, stamp_s, self.config.memory_s)
        human.publishers["location_confidence"].publish(Float32(data=sure))

    def _fresh_pose(self, now_s: float) -> m.RobotPose | None:
        max_age_s = TOPICS["pose"].max_age_s or 0.0
        return self._pose if self._pose is not None and now_s - self._pose.stamp_s <= max_age_s else None

    def _human(self, name: str) -> _Human:
        if name not in self._humans:
            kinds = {
                "anonymous": (Bool, _LATCHED),
                "name": (String, _LATCHED),
                "engagement_status": (self._hri.EngagementLevel, QoSProfile(depth=1)),
                "location_confidence": (Float32, QoSProfile(depth=1)),
            }
            place = f"{self.config.humans}/persons/{name}"
            publishers = {topic: self.create_publisher(kind, f"{place}/{topic}", qos) for topic, (kind, qos) in kinds.items()}
            self._humans[name] = _Human(publishers, int(self._hri.EngagementLevel.UNKNOWN))
        return self._humans[name]

    def _drop_human(self, name: str) -> None:
        for publisher in self._humans.pop(name).publishers.values():
            self.destroy_publisher(publisher)
