"""How well ages could be told at best, by what the rendered people show of them.

    python -m models.eyes.ceiling

Children are told by size and proportions: counted as told always.  Adults and elderly people differ in grey hair, which shows where
the head is in the picture, and in how far the back leans, which shows from the side, a little wrong.  What is known of somebody else
(skin, glasses, clothes) says next to nothing.  So an eye that knows these two and how often each occurs (``inhabitants.py``) is right
as often as any network can be; walls and things in the way, and pictures that are dark or blurred, come on top.  The views are those of
the homes that validate; nothing is drawn.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from models.eyes.arrange import Arranger, Person
from models.eyes.homes import draw_home
from models.eyes.inhabitants import GREY_SHARES, STOOPS_DEG
from models.eyes.settings import SETS, Job, Settings
from models.eyes.views import lens_of, nominal_view
from robot_runtime.perceive.camera_model import View
from sim.robot_model import CAMERA_HFOV_DEG
from sim.shapes.human import Proportions, proportions
from sim.targets import HEAD, TORSO

_SETTINGS = Settings(seed=1, train=0, val=800, per_home=40, width_px=640, height_px=480, picture_format="jpg")
_ERRORS_DEG = (1.5, 3.0, 6.0)
_DRAWS = 400
_SURE = 0.8
_GROWN = ("adult", "elderly")
_NEAREST_M = 0.3


@dataclass(frozen=True)
class Sight:
    """What of one person is in the picture."""

    head: bool
    back: bool
    aside: float  # 1 seen from the side, 0 from the front or from behind


def sights(settings: Settings = _SETTINGS) -> Iterator[Sight]:
    """Of everybody who is in the robot's room and at least partly in its picture."""
    lens = lens_of(settings.width_px, settings.height_px, settings.width_px / 2 / math.tan(math.radians(CAMERA_HFOV_DEG) / 2))
    for k in range(settings.val // settings.per_home):
        job = Job(settings, SETS[1], k, settings.per_home)
        home = draw_home(job.name, job.chance("home"))
        arranger, bodies = Arranger(home), {id_: proportions(person) for id_, person in home.people.items()}
        for number in range(job.pictures):
            moment = arranger.arrange(job.chance("moment", number))
            view = nominal_view({"base": moment.base, "joints": moment.joints}, lens)
            for id_, person in moment.people.items():
                sight = _sight(person, bodies[id_], view)
                if (sight.head or sight.back) and arranger.same_room(moment, id_):
                    yield sight


def _sight(person: Person, body: Proportions, view: View) -> Sight:
    head_m, hips_m = person.position[HEAD], person.position[TORSO]
    points_m = np.array([head_m, hips_m, hips_m])
    points_m[:, 2] += 0.2 * body.head, 0.1, body.shoulder
    size_px = np.array([view.lens.width_px, view.lens.height_px])
    away_m = points_m - view.pose.position_m
    if (away_m @ view.rays(size_px[None] / 2)[0]).min() < _NEAREST_M:
        return Sight(False, False, 0.0)
    points_px = view.project(points_m)
    inside = np.all((points_px > 0) & (points_px < size_px), axis=1)
    bearing_rad = math.atan2(away_m[1, 1], away_m[1, 0])
    return Sight(bool(inside[0]), bool(inside[1] or inside[2]), abs(math.sin(person.stance.yaw_rad - bearing_rad)))


def told(sight: Sight, error_deg: float, rng: np.random.Generator, draws: int = _DRAWS) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The probability that somebody is elderly, and whether they are, of as many adults as elderly people in this view."""
    elderly = np.arange(draws) % 2 == 1
    odds = np.zeros(draws)
    if sight.head:
        shares = [GREY_SHARES[group] for group in _GROWN]
        grey = rng.random(draws) < np.where(elderly, shares[1], shares[0])
        odds += np.where(grey, math.log(shares[1] / shares[0]), math.log((1 - shares[1]) / (1 - shares[0])))
    if sight.back and sight.aside > 0:
        std_deg = error_deg / sight.aside  # from nearly ahead a lean is hardly seen
        low, high = (np.where(elderly, STOOPS_DEG["elderly"][k], STOOPS_DEG["adult"][k]) for k in (0, 1))
        seen_deg = rng.uniform(low, high) + rng.normal(0, std_deg, draws)
        densities = [_density(seen_deg, *STOOPS_DEG[group], std_deg) for group in _GROWN]
        odds += np.log(densities[1]) - np.log(densities[0])
    return 1 / (1 + np.exp(-odds)), elderly


def _density(seen: NDArray[np.float64], low: float, high: float, std: float) -> NDArray[np.float64]:
    """Of something between two limits, seen with an error."""
    return np.asarray(np.maximum((ndtr((seen - low) / std) - ndtr((seen - high) / std)) / (high - low), 1e-12))


def share_right(sights: list[Sight], error_deg: float) -> tuple[float, float, float]:
    """Right about how many, about how many of those it is sure of, and how many these are; children are a third of all."""
    rng, right, sure = np.random.default_rng(0), [], []
    for sight in sights:
        probability, elderly = told(sight, error_deg, rng)
        right.append((probability > 0.5) == elderly)
        sure.append(np.maximum(probability, 1 - probability) >= _SURE)
    rights, sures = np.concatenate(right), np.concatenate(sure)
    grown = 2 / 3
    sure_share = 1 - grown + grown * float(sures.mean())
    return 1 - grown + grown * float(rights.mean()), (1 - grown + grown * float((rights & sures).mean())) / sure_share, sure_share


def main() -> int:
    """Print a table."""
    found = list(sights())
    with_head = [sight for sight in found if sight.head]
    print(f"{len(found)} people, {len(with_head) / len(found):.0%} of whom have their head in the picture")
    print(f"{'lean seen to':>14}{'all':>8}{'head':>8}{'no head':>9}   sure by {_SURE}: share, right")
    for error_deg in _ERRORS_DEG:
        every, right_of_sure, sure = share_right(found, error_deg)
        head, no_head = (share_right([one for one in found if one.head == has], error_deg)[0] for has in (True, False))
        print(f"{error_deg:>12.1f} °{every:>8.1%}{head:>8.1%}{no_head:>9.1%}   {sure:>14.0%}, {right_of_sure:.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
