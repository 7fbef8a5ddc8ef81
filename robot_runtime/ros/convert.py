"""Dataclasses of ``robot_runtime.messages`` ↔ ROS messages, one codec a topic.

Own types are mapped by their equal field names (``own.py``), standard types by hand (``standard.py``).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from robot_runtime.ros.errors import ConversionError
from robot_runtime.ros.own import own_codec
from robot_runtime.ros.standard import BY_MESSAGE, STANDARD
from robot_runtime.topics import TOPICS, Topic

__all__ = ["Codec", "ConversionError", "codec", "ros_class"]


@dataclass(frozen=True)
class Codec:
    """Both directions of one topic."""

    ros_class: Any
    to_ros: Callable[[Any], Any]
    """:raises ConversionError: the message holds what the ROS type cannot carry; the field is named"""
    from_ros: Callable[[Any, float], Any]
    """ROS message and time of receipt [s] (the stamp of types that carry none) → dataclass"""


@cache
def codec(topic: str) -> Codec:
    """The codec of a topic of the table.

    :raises KeyError: no such topic
    :raises ConversionError: its ROS type is not installed, or does not fit its dataclass
    """
    row = TOPICS[topic]
    ros = ros_class(row)
    if row.ros_type in STANDARD:
        to_ros, from_ros = BY_MESSAGE.get(row.message) or STANDARD[row.ros_type]
        return Codec(ros, to_ros, from_ros)
    encode, decode = own_codec(row.message, ros)
    return Codec(ros, encode, lambda message, now_s: decode(message))


def ros_class(topic: Topic) -> Any:
    """Import the ROS class of a topic.

    :raises ConversionError: its package is not installed
    """
    package, _, name = topic.ros_type.rpartition("/")
    try:
        return getattr(importlib.import_module(package.replace("/", ".")), name)
    except ModuleNotFoundError as error:
        raise ConversionError(f"topic {topic.name}: {topic.ros_type} is not installed (no module {error.name})") from error
    except AttributeError as error:
        raise ConversionError(f"topic {topic.name}: no {topic.ros_type} installed; build its package again") from error
