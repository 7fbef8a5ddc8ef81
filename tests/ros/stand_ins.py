"""Classes with the fields of ``vision_msgs`` 4, ``hri_msgs`` 2 and both kinds of ``audio_common_msgs``, for machines without those
packages.  They accept no other field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar

from geometry_msgs.msg import Pose, PoseWithCovariance, Vector3
from std_msgs.msg import Header


@dataclass(slots=True)
class Point2D:
    x: float = 0.0
    y: float = 0.0


@dataclass(slots=True)
class Pose2D:
    position: Point2D = field(default_factory=Point2D)
    theta: float = 0.0


@dataclass(slots=True)
class BoundingBox2D:
    center: Pose2D = field(default_factory=Pose2D)
    size_x: float = 0.0
    size_y: float = 0.0


@dataclass(slots=True)
class BoundingBox3D:
    center: Any = field(default_factory=Pose)
    size: Any = field(default_factory=Vector3)


@dataclass(slots=True)
class ObjectHypothesis:
    class_id: str = ""
    score: float = 0.0


@dataclass(slots=True)
class ObjectHypothesisWithPose:
    hypothesis: ObjectHypothesis = field(default_factory=ObjectHypothesis)
    pose: Any = field(default_factory=PoseWithCovariance)


@dataclass(slots=True)
class Detection2D:
    header: Any = field(default_factory=Header)
    results: list[Any] = field(default_factory=list)
    bbox: BoundingBox2D = field(default_factory=BoundingBox2D)
    id: str = ""


@dataclass(slots=True)
class Detection3D:
    header: Any = field(default_factory=Header)
    results: list[Any] = field(default_factory=list)
    bbox: BoundingBox3D = field(default_factory=BoundingBox3D)
    id: str = ""


@dataclass(slots=True)
class Detection2DArray:
    header: Any = field(default_factory=Header)
    detections: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Detection3DArray:
    header: Any = field(default_factory=Header)
    detections: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class IdsList:
    header: Any = field(default_factory=Header)
    ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class EngagementLevel:
    UNKNOWN: ClassVar[int] = 0
    DISENGAGED: ClassVar[int] = 1
    ENGAGING: ClassVar[int] = 2
    ENGAGED: ClassVar[int] = 3
    DISENGAGING: ClassVar[int] = 4
    header: Any = field(default_factory=Header)
    level: int = 0


vision_msgs = SimpleNamespace(
    Detection2D=Detection2D,
    Detection2DArray=Detection2DArray,
    Detection3D=Detection3D,
    Detection3DArray=Detection3DArray,
    ObjectHypothesisWithPose=ObjectHypothesisWithPose,
)
hri_msgs = SimpleNamespace(IdsList=IdsList, EngagementLevel=EngagementLevel)


# ---------------------------------------------------------------- audio_common_msgs of mgonzs13


@dataclass(slots=True)
class SampleLists:
    float32_data: list[float] = field(default_factory=list)
    int32_data: list[int] = field(default_factory=list)
    int24_data: list[int] = field(default_factory=list)
    int16_data: Any = field(default_factory=list)
    int8_data: list[int] = field(default_factory=list)
    uint8_data: list[int] = field(default_factory=list)


@dataclass(slots=True)
class NumberedInfo:
    format: int = 0
    channels: int = 0
    rate: int = 0
    chunk: int = 0


@dataclass(slots=True)
class Audio:
    audio_data: SampleLists = field(default_factory=SampleLists)
    info: NumberedInfo = field(default_factory=NumberedInfo)


@dataclass(slots=True)
class AudioStamped:
    header: Any = field(default_factory=Header)
    audio: Audio = field(default_factory=Audio)


# ---------------------------------------------------------------- audio_common_msgs of ros-perception


@dataclass(slots=True)
class AudioData:
    data: Any = b""


@dataclass(slots=True)
class AudioDataStamped:
    header: Any = field(default_factory=Header)
    audio: AudioData = field(default_factory=AudioData)


@dataclass(slots=True)
class AudioInfo:
    channels: int = 0
    sample_rate: int = 0
    sample_format: str = ""
    bitrate: int = 0
    coding_format: str = ""


stamped_sound = SimpleNamespace(AudioStamped=AudioStamped)
sound_bytes = SimpleNamespace(AudioData=AudioData, AudioDataStamped=AudioDataStamped, AudioInfo=AudioInfo)
