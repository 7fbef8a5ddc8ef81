"""Our findings in the messages of others: ``vision_msgs`` for things, ``hri_msgs`` with the topics of REP-155 for people.

Neither package comes with the ROS wheels, so nothing here imports them: the functions get the package's module of messages.
"""

from __future__ import annotations

import hashlib
import math
import re
from typing import Any

from geometry_msgs.msg import Point, Quaternion, TransformStamped, Vector3
from std_msgs.msg import Header

from robot_runtime import messages as m
from robot_runtime.perceive.engagement import engagement
from robot_runtime.ros.stamp import to_time

MAP = "map"
_ENGAGED_FROM, _ENGAGED_TO, _DISENGAGED_BELOW = 0.6, 0.5, 0.3
"""Of :func:`engagement`: somebody near who faces the robot has 0.65, and whoever only faces it, from afar, 0.4."""


def header(stamp_s: float, frame_id: str) -> Any:
    return Header(stamp=to_time(stamp_s), frame_id=frame_id)


# ---------------------------------------------------------------- things


def detections_2d(found: m.Detections, vision: Any, frame_id: str) -> Any:
    """As ``vision_msgs/Detection2DArray``: boxes by their centre, in pixels; the ids are those of the tracks."""
    message = vision.Detection2DArray(header=header(found.stamp_s, frame_id))
    message.detections = [_detection_2d(thing, message.header, vision) for thing in found.detections]
    return message


def _detection_2d(thing: m.Detection, head: Any, vision: Any) -> Any:
    left, top, width, height = (float(value) for value in thing.box_px)
    detection = vision.Detection2D(header=head, id=thing.track_id, results=[_hypothesis(thing, vision)])
    detection.bbox.center.position.x, detection.bbox.center.position.y = left + width / 2, top + height / 2
    detection.bbox.size_x, detection.bbox.size_y = width, height
    return detection


def detections_3d(found: m.Detections, vision: Any) -> Any:
    """As ``vision_msgs/Detection3DArray`` in the map; sizes are 0, since they are not known.  What has no place is left out."""
    message = vision.Detection3DArray(header=header(found.stamp_s, MAP))
    placed = [thing for thing in found.detections if all(map(math.isfinite, thing.position_m))]
    message.detections = [_detection_3d(thing, message.header, vision) for thing in placed]
    return message


def _detection_3d(thing: m.Detection, head: Any, vision: Any) -> Any:
    detection = vision.Detection3D(header=head, id=thing.track_id)
    result = _hypothesis(thing, vision)
    result.pose.pose.position = _point(thing.position_m)
    variance = float(thing.position_std_m) ** 2
    for diagonal in (0, 7, 14):  # x, y, z of a row-major 6 x 6
        result.pose.covariance[diagonal] = variance
    detection.results = [result]
    detection.bbox.center.position = _point(thing.position_m)
    return detection


def _hypothesis(thing: m.Detection, vision: Any) -> Any:
    result = vision.ObjectHypothesisWithPose()
    result.hypothesis.class_id, result.hypothesis.score = thing.class_name, float(thing.score)
    return result


def _point(position_m: tuple[float, float, float]) -> Any:
    x, y, z = (float(value) for value in position_m)
    return Point(x=x, y=y, z=z)


# ---------------------------------------------------------------- people


def ros_id(person_id: str) -> str:
    """An id that can stand in the name of a topic and of a frame.

    >>> ros_id("person-1"), ros_id("anna"), ros_id("zoë")
    ('person_1', 'anna', 'p_2752b886')
    """
    plain = person_id.replace("-", "_")
    if re.fullmatch(r"[A-Za-z]([A-Za-z0-9]|_(?!_))*(?<!_)", plain):
        return plain
    return f"p_{hashlib.sha256(person_id.encode('utf-8', 'replace')).hexdigest()[:8]}"


def ids(stamp_s: float, people: list[m.Person], hri: Any) -> Any:
    """As ``hri_msgs/IdsList``."""
    return hri.IdsList(header=header(stamp_s, ""), ids=[ros_id(person.id) for person in people])


def engagement_level(person: m.Person, robot: m.RobotPose | None, before: int, hri: Any) -> int:
    """The level of ``hri_msgs/EngagementLevel``; between the ends it tells from which of them somebody comes.

    :param robot: None while its place is not known, or is old
    :param before: the level of the last call for this person, UNKNOWN at first
    """
    levels = hri.EngagementLevel
    if robot is None or not person.seen:
        return int(levels.UNKNOWN)
    value = engagement(person, robot)
    if value >= (_ENGAGED_TO if before == levels.ENGAGED else _ENGAGED_FROM):
        return int(levels.ENGAGED)
    if value < _DISENGAGED_BELOW:
        return int(levels.DISENGAGED)
    return int(levels.DISENGAGING if before in (levels.ENGAGED, levels.DISENGAGING) else levels.ENGAGING)


def location_confidence(person: m.Person, now_s: float, memory_s: float) -> float:
    """1 while somebody is seen, then falling to 0 within ``memory_s``; 0 as well for who was only ever heard."""
    if person.seen:
        return 1.0
    unseen_s = now_s - person.last_seen_s
    return min(max(1.0 - unseen_s / memory_s, 0.0), 1.0) if math.isfinite(unseen_s) else 0.0


def transforms(people: list[m.Person], stamp_s: float) -> list[Any]:
    """The frames ``person_<id>`` of REP-155 in the map; who has no place has none."""
    return [_transform(person, stamp_s) for person in people if all(map(math.isfinite, person.position_m))]


def _transform(person: m.Person, stamp_s: float) -> Any:
    """Upright and without a heading, which is not known."""
    x, y, z = (float(value) for value in person.position_m)
    message = TransformStamped(header=header(stamp_s, MAP), child_frame_id=f"person_{ros_id(person.id)}")
    message.transform.translation, message.transform.rotation = Vector3(x=x, y=y, z=z), Quaternion(w=1.0)
    return message
