"""How each kind of topic is carried: the table's :class:`~robot_runtime.topics.Qos` as rclpy profiles."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

from robot_runtime.topics import Qos

_DEPTH = {
    Qos.SENSOR: 5,  # REP-2003
    Qos.STREAM: 100,  # two seconds of 20 ms sound frames
    Qos.EVENT: 50,
    Qos.STATE: 1,
    Qos.PICTURE: 2,
}


def profile(qos: Qos) -> QoSProfile:
    """The profile that publishers and subscriptions of such a topic share.

    :raises ValueError: the topic is local and has none
    """
    if qos is Qos.LOCAL:
        raise ValueError("a local topic is not carried by ROS")
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=_DEPTH[qos],
        reliability=ReliabilityPolicy.BEST_EFFORT if qos is Qos.SENSOR else ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if qos is Qos.STATE else DurabilityPolicy.VOLATILE,
    )


CLOCK = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
"""What ROS itself uses for /clock."""

DIAGNOSTICS = QoSProfile(depth=10)
