"""What a scan must show, each demand at its limit, and where its points lie."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from safety.mount import Mount
from safety.scan import KEPT_RAYS, NO_OBSTACLES, BrokenScanError, Needs, obstacles, thinned
from safety.types import Scan

DEGREE = math.radians(1)
NEEDS = Needs(horizon_m=2.0, body_m=0.25)


def turn(
    count: int = 360,
    first_rad: float = -math.pi,
    step_rad: float = DEGREE,
    broken: Any = (),
    range_min_m: float = 0.05,
    range_max_m: float = 12.0,
) -> Scan:
    """One metre all around."""
    ranges = np.full(count, 1.0, np.float32)
    ranges[list(broken)] = math.nan
    return Scan(0.0, first_rad, step_rad, range_min_m, range_max_m, ranges)


def trusted(scan: Scan, needs: Needs = NEEDS) -> bool:
    try:
        obstacles(scan, needs)
    except BrokenScanError:
        return False
    return True


@pytest.mark.parametrize(
    ("scan", "sound"),
    [
        (turn(180, step_rad=math.radians(2)), True),
        (turn(180, step_rad=math.radians(2.001)), False),
        (turn(range_max_m=2.0), True),
        (turn(range_max_m=1.99), False),
        (turn(range_min_m=0.25), True),
        (turn(range_min_m=0.26), False),
        (turn(broken=range(0, 360, 10)), True),  # a tenth of all
        (turn(broken=[*range(0, 360, 10), 5]), False),
        (turn(broken=range(100, 109)), True),
        (turn(broken=range(100, 110)), False),  # blind over ten degrees
        (turn(350, first_rad=0.0), True),
        (turn(349, first_rad=0.0), False),
        (turn(range_max_m=2.0, range_min_m=-1.0), True),
    ],
)
def test_each_demand_at_its_limit(scan: Scan, sound: bool) -> None:
    assert trusted(scan) is sound


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize(
    ("off_deg", "sound"), [(0, True), (5.25, True), (-5.25, True), (5.75, False), (-5.75, False), (36.5, False), (365.25, True)]
)
def test_a_smaller_field_of_view_may_be_five_degrees_off(off_deg: float, sound: bool, direction: int) -> None:
    looks = turn(271, math.radians(off_deg - 135 * direction), DEGREE * direction)
    assert trusted(looks, Needs(2.0, 0.25, math.radians(270))) is sound


@pytest.mark.parametrize(("count", "sound"), [(261, True), (259, False)])
def test_a_smaller_field_of_view_may_lack_ten_degrees(count: int, sound: bool) -> None:
    assert trusted(turn(count, -DEGREE * (count - 1) / 2), Needs(2.0, 0.25, math.radians(270))) is sound


def test_what_lies_at_the_limit_of_the_sensor_or_of_the_horizon_is_there() -> None:
    far = turn(range_max_m=2.0)
    far.ranges_m[:] = 2.0
    assert trusted(far)
    ranges = np.full(360, 3.0, np.float32)
    ranges[180], ranges[90], ranges[0] = 2.0, 1.5, 2.01
    found = obstacles(Scan(0.0, -math.pi, DEGREE, 0.05, 12.0, ranges), NEEDS)
    assert np.allclose(np.hypot(found.x_m, found.y_m), [1.5, 2.0])
    assert found.nearest_m == pytest.approx(1.5) and found.coarse_m == 0.0


def test_before_the_first_scan_nothing_is_known() -> None:
    assert (NO_OBSTACLES.x_m.size, NO_OBSTACLES.y_m.size, NO_OBSTACLES.nearest_m, NO_OBSTACLES.coarse_m) == (0, 0, math.inf, 0.0)


@pytest.mark.parametrize(("count", "group"), [(KEPT_RAYS, 1), (KEPT_RAYS + 1, 2), (2 * KEPT_RAYS, 2), (3 * KEPT_RAYS, 3)])
def test_a_group_of_rays_stands_in_its_middle(count: int, group: int) -> None:
    step_rad = 2 * math.pi / count
    ranges = np.full(count, 1.0, np.float32)
    ranges[1000] = 0.5
    found = obstacles(Scan(0.0, -math.pi, step_rad, 0.05, 12.0, ranges), NEEDS)
    assert found.x_m.size == math.ceil(count / group) <= 1440
    nearest = int(np.argmin(np.hypot(found.x_m, found.y_m)))
    middle = 1000 // group * group + (group - 1) / 2
    assert math.atan2(found.y_m[nearest], found.x_m[nearest]) == pytest.approx(-math.pi + step_rad * middle, abs=1e-6)


def test_many_points_are_thinned_to_one_a_cell_and_more_of_them_more_thoroughly() -> None:
    def cloud(*places: tuple[float, int]) -> tuple[list[float], float]:
        """So many points at each x; mirrored in y, so that both axes are tried."""
        x_m = np.concatenate([np.full(count, place, np.float32) for place, count in places])
        kept_x, kept_y, coarse_m = thinned(x_m, np.float32(0.0) * x_m)
        flat_x, flat_y, _ = thinned(np.float32(0.0) * x_m, x_m)
        assert kept_x.tolist() == flat_y.tolist() and not kept_y.any() and not flat_x.any()
        return sorted(round(float(value), 3) for value in kept_x), coarse_m

    assert cloud((0.5, 2500)) == ([0.5] * 2500, 0.0)
    assert cloud((0.5, 2501))[0] == [0.5]
    places, coarse_m = cloud((2.0, 1), (-1.0, 900), (-0.985, 900), (-0.975, 900))
    assert places in ([-1.0, -0.975, 2.0], [-0.985, -0.975, 2.0])
    assert coarse_m == pytest.approx(0.02 * math.sqrt(2.0))

    grid = np.arange(3000, dtype=np.float32) * np.float32(0.025)
    kept, _, coarse_m = thinned(grid, np.float32(0.0) * grid)
    assert coarse_m == pytest.approx(0.08 * math.sqrt(2.0))
    assert np.diff(np.sort(kept)).min() + 1e-5 >= 0.06 - 0.025 and kept.size == pytest.approx(3000 * 0.025 / 0.06, abs=2)


def test_a_mount_turns_about_the_fixed_axes_of_the_base() -> None:
    """Roll, then pitch, then yaw: the product of the three single turns."""

    def about(axis: int, angle_rad: float) -> Any:
        turned = np.eye(3)
        one, two = [index for index in range(3) if index != axis]
        sign = -1 if axis == 1 else 1
        turned[[one, two], [one, two]] = math.cos(angle_rad)
        turned[one, two], turned[two, one] = -sign * math.sin(angle_rad), sign * math.sin(angle_rad)
        return turned

    ones = Mount(x_m=1, y_m=1, z_m=1, roll_rad=1, pitch_rad=1, yaw_rad=1)
    for mount in (Mount(x_m=0.3, y_m=-0.2, roll_rad=0.4, pitch_rad=-0.7, yaw_rad=2.1), Mount(pitch_rad=0.5), Mount(y_m=0.5), ones):
        turned = about(2, mount.yaw_rad) @ about(1, mount.pitch_rad) @ about(0, mount.roll_rad)
        assert np.allclose(mount.rotation(), turned)
        x_m, y_m = mount.planar(np.array([0.8]), np.array([0.6]))
        assert np.allclose((x_m[0], y_m[0]), (turned @ np.array([0.8, 0.6, 0.0]))[:2] + np.array([mount.x_m, mount.y_m]))
    x_m = np.array([0.8])
    assert Mount(z_m=0.3).at_origin and Mount().planar(x_m, x_m)[0] is x_m
