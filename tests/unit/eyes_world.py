"""A small world for the eyes: upright cards that hide each other, seen by the robot's camera in colour, depth and boxes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import RobotPose
from robot_runtime.perceive.boxes import Boxes
from robot_runtime.perceive.camera_model import HeadMount, Intrinsics, View, camera_pose

CLASSES = ("person", "cup")
LENS = Intrinsics.from_hfov(320, 240, math.radians(75))
BODY_M = 0.12


@dataclass
class Card:
    """Turned towards the camera; ``detected`` is False for furniture."""

    x_m: float
    y_m: float
    width_m: float = 0.45
    height_m: float = 1.7
    bgr: tuple[int, int, int] = (60, 60, 200)
    class_id: int = 0
    detected: bool = True
    bottom_m: float = 0.0


@dataclass
class Shot:
    """One picture and its boxes; ``shown[k]`` is the index of the card of box k."""

    boxes: Boxes
    bgr: NDArray[np.uint8]
    depth_m: NDArray[np.float32]
    shown: list[int] = field(default_factory=list)


def look_from(x_m: float, y_m: float, yaw_rad: float = 0.0, pan_rad: float = 0.0, tilt_rad: float = 0.15, std_m: float = 0.0) -> View:
    pose = camera_pose(RobotPose(0.0, x_m, y_m, yaw_rad, std_m), pan_rad, tilt_rad, HeadMount())
    assert pose is not None
    return View(LENS, pose)


def shoot(view: View, cards: list[Card]) -> Shot:
    """What the camera sees; who is half hidden has a low score, who is hidden has no box."""
    bgr = np.full((LENS.height_px, LENS.width_px, 3), 128, np.uint8)
    depth_m = np.full(bgr.shape[:2], 9.0, np.float32)
    owner = np.full(bgr.shape[:2], -1)
    whole = [_paint(k, card, view, bgr, depth_m, owner) for k, card in enumerate(cards)]
    shot = Shot(Boxes(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64)), bgr, depth_m)
    rows, scores = [], []
    for k, card in enumerate(cards):
        ys, xs = np.nonzero(owner == k)
        share = len(ys) / max(whole[k], 1)
        if card.detected and share > 0.15:
            rows.append((xs.min(), ys.min(), xs.max() + 1 - xs.min(), ys.max() + 1 - ys.min()))
            scores.append(0.2 + 0.7 * share)
            shot.shown.append(k)
    ids = np.array([cards[k].class_id for k in shot.shown], np.int64)
    shot.boxes = Boxes(np.array(rows, np.float32).reshape(-1, 4), np.array(scores, np.float32), ids)
    return shot


def shoot_figure(view: View, parts: list[Card], around: list[Card]) -> Shot:
    """Somebody made of several cards, in one box, on a floor, among other things; colours do not matter."""
    bgr = np.zeros((LENS.height_px, LENS.width_px, 3), np.uint8)
    grid = np.stack(np.meshgrid(np.arange(LENS.width_px) + 0.5, np.arange(LENS.height_px) + 0.5), axis=-1).reshape(-1, 2)
    depth_m = view.pose.to_camera(view.on_plane(grid))[:, 2].reshape(bgr.shape[:2])
    depth_m = np.where(depth_m < 9.0, depth_m, 9.0).astype(np.float32)
    owner = np.full(bgr.shape[:2], -1)
    for k, card in enumerate(parts + around):
        _paint(k, card, view, bgr, depth_m, owner)
    ys, xs = np.nonzero((owner >= 0) & (owner < len(parts)))
    ltwh = np.array([[xs.min(), ys.min(), xs.max() + 1 - xs.min(), ys.max() + 1 - ys.min()]], np.float32)
    return Shot(Boxes(ltwh, np.array([0.9], np.float32), np.array([0])), bgr, depth_m, [0])


def _paint(index: int, card: Card, view: View, bgr: NDArray[np.uint8], depth_m: NDArray[np.float32], owner: NDArray[np.int64]) -> int:
    """How many pixels the card would have if nothing hid it and the picture were large enough."""
    middle = np.array([card.x_m, card.y_m, card.bottom_m])
    right = view.pose.rotation[:, 0]
    corners = np.array([middle + side * right * card.width_m / 2 + (0, 0, up) for side in (-1, 1) for up in (0, card.height_m)])
    ahead_m = _depths(view, middle, BODY_M if card.class_id == 0 else 0.0)
    pixels = view.project(corners)
    if not (ahead_m > 0.1).all() or not np.isfinite(pixels).all():
        return 0
    low, high = np.round(pixels.min(axis=0)).astype(int), np.round(pixels.max(axis=0)).astype(int)
    spot = np.s_[max(low[1], 0) : max(high[1], 0), max(low[0], 0) : max(high[0], 0)]
    front_m = np.broadcast_to(ahead_m[spot[0], None], depth_m[spot].shape)
    nearer = depth_m[spot] > front_m
    depth_m[spot][nearer], bgr[spot][nearer], owner[spot][nearer] = front_m[nearer], card.bgr, index
    return int(np.prod(high - low))


def _depths(view: View, at_m: NDArray[np.float64], body_m: float) -> NDArray[np.float64]:
    """Of each row of the picture, along the optical axis, where an upright card stands; ``body_m`` is how far its front is before it."""
    rotation = view.pose.rotation
    ahead = rotation[:2, 2] / np.linalg.norm(rotation[:2, 2])
    rows = (np.arange(LENS.height_px) + 0.5 - LENS.cy_px) / LENS.fy_px
    return np.asarray((ahead @ (at_m - view.pose.position_m)[:2] - body_m) / (ahead @ rotation[:2, 2] + rows * (ahead @ rotation[:2, 1])))
