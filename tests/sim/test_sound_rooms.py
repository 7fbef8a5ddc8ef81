"""Rooms reverberate as long as they are asked to, walls keep sound out, doors let it through, and walkers make no clicks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from sim.acoustics import Acoustics
from sim.sound import images
from sim.sound.rooms import doorways, room_sounds
from sim.sound.units import RATE_HZ, SPEED_OF_SOUND_MPS
from sim.voices import render
from tests.sim.sound_rig import QUIET_DBFS, ROBOT, click, home, level_dbfs, listen

pytest.importorskip("pyroomacoustics")

PLACES = {
    "kitchen": ((4.1, 5.7, 0.0), (2.0, 6.8)),
    "living room": (ROBOT, (1.2, 3.0)),
    "bedroom": ((7.1, 4.7, 0.0), (9.0, 5.0)),
    "hall": ((7.4, 1.8, 0.0), (9.0, 1.0)),
}


def response(robot: tuple[float, float, float], anna: tuple[float, float], frames: int = 60, **sound: object) -> NDArray[np.float64]:
    acoustics = Acoustics(home(reverberation=True, **sound), 1)
    acoustics.person_says("anna", click())
    return np.asarray(listen(acoustics, frames, {"anna": anna}, robot)[0], np.float64)


def decay_s(sound: NDArray[np.float64]) -> float:
    """Reverberation time from -5 to -25 dB of Schroeder's backward integral (ISO 3382)."""
    energy = np.cumsum(sound[::-1] ** 2)[::-1]
    level = 10 * np.log10(energy / energy[0] + 1e-12)
    first, last = int(np.argmax(level < -5)), int(np.argmax(level < -25))
    return 3.0 * (last - first) / RATE_HZ


@pytest.mark.parametrize("room", PLACES)
@pytest.mark.parametrize("asked_s", [0.3, 0.5, 0.8])
def test_a_room_reverberates_as_long_as_asked(room: str, asked_s: float) -> None:
    middle = butter(4, [355, 1410], "bandpass", fs=RATE_HZ, output="sos")  # the octaves 500 Hz and 1 kHz
    heard = sosfiltfilt(middle, response(*PLACES[room], rt60_s={room: asked_s}))
    assert decay_s(heard) == pytest.approx(asked_s, rel=0.2)


def test_materials_give_rooms_of_a_home_reverberation_as_in_life() -> None:
    """Furnished living rooms and bedrooms have about half a second; tiled kitchens and halls more."""
    middle = {name: float(np.mean(room.rt60_s[2:4])) for name, room in room_sounds(home(), {}).items()}
    assert 0.3 < middle["bedroom"] < middle["living room"] < 0.7 < 1.2
    assert middle["kitchen"] > middle["living room"]


def test_an_outline_that_is_no_rectangle_is_a_room_too() -> None:
    plan = home(reverberation=True, rt60_s={"hall": 0.5})
    hall = plan.rooms["hall"].model_copy(update={"polygon_m": [(5.8, 0), (10, 0), (10, 2), (8, 2), (8, 3.6), (5.8, 3.6)]})
    acoustics = Acoustics(plan.model_copy(update={"rooms": {**plan.rooms, "hall": hall}}), 1)
    acoustics.person_says("anna", click())
    heard = listen(acoustics, 60, {"anna": (9.0, 1.0)}, (7.0, 2.0, 0.0))[0].astype(float)
    assert decay_s(heard) == pytest.approx(0.5, rel=0.25)


@pytest.mark.parametrize("distance_m", [0.8, 1.5, 3.0])
def test_the_straight_way_comes_first_and_in_time(distance_m: float) -> None:
    heard = response(ROBOT, (ROBOT[0] - distance_m, ROBOT[1]))
    way_m = math.hypot(distance_m, 1.70 * 0.92 - 1.25)
    assert int(np.argmax(np.abs(heard[:160]))) == pytest.approx(way_m / SPEED_OF_SOUND_MPS * RATE_HZ, abs=1.5)


def test_a_room_evens_out_distance() -> None:
    """In the free field 12 dB for four times as far; where echoes prevail, much less."""
    words = render("bring me the red cup", home().people["anna"])

    def level(distance_m: float, **sound: object) -> float:
        acoustics = Acoustics(home(**sound), 1)
        acoustics.person_says("anna", words)
        return level_dbfs(listen(acoustics, 70, {"anna": (ROBOT[0] - distance_m, ROBOT[1])})[0])

    free = [level(d) for d in (0.8, 3.2)]
    room = [level(d, reverberation=True) for d in (0.8, 3.2)]
    assert free[0] - free[1] == pytest.approx(12.0, abs=0.5)
    assert 1.0 < room[0] - room[1] < 7.0
    assert room[1] > free[1] + 4


def test_next_door_is_quieter_and_behind_walls_much_quieter() -> None:
    levels = [level_dbfs(response(ROBOT, place)) for place in ((2.2, 2.5), (1.0, 7.0), (9.0, 7.0))]
    assert levels[0] - 12 < levels[1] < levels[0] - 3
    assert levels[2] < levels[1] - 3


def test_a_closed_room_lets_only_its_walls_through() -> None:
    plan = home(reverberation=True)
    closed = [wall.model_copy(update={"openings": []}) for wall in plan.walls]
    acoustics = Acoustics(plan.model_copy(update={"walls": closed}), 1)
    acoustics.person_says("anna", click())
    heard = listen(acoustics, 60, {"anna": (1.0, 7.0)})[0]
    assert doorways(plan) and not doorways(plan.model_copy(update={"walls": closed}))
    assert level_dbfs(heard) < level_dbfs(response(ROBOT, (1.0, 7.0))) - 20


def test_a_walk_from_room_to_room_makes_no_clicks() -> None:
    times_s = np.arange(4 * RATE_HZ) / RATE_HZ
    tone = (4000 * np.sin(2 * np.pi * 440 * times_s)).astype(np.int16)
    acoustics = Acoustics(home(reverberation=True), 1)
    acoustics.person_says("anna", tone)
    heard = np.concatenate([acoustics.mix(i / 50, ROBOT, {"anna": (4.2, 3.0 + 0.02 * i)})[0] for i in range(190)]).astype(float)
    steady = heard[RATE_HZ // 2 :]
    high = sosfiltfilt(butter(6, 2500, "highpass", fs=RATE_HZ, output="sos"), steady)
    assert np.max(np.abs(high)) < 0.02 * np.max(np.abs(steady))


def test_one_seed_gives_the_same_and_a_cache_changes_nothing() -> None:
    acoustics = Acoustics(home(reverberation=True, noise_dbfs=-65), 5)

    def hear(which: Acoustics) -> NDArray[np.int16]:
        which.reset()
        which.person_says("anna", render("come here", home().people["anna"]))
        return np.concatenate([which.mix(i / 50, (4.2 - 0.01 * i, 2.5, 0.0), {"anna": (1.2 + 0.02 * i, 3.0)})[0] for i in range(60)])

    first = hear(acoustics)
    assert np.array_equal(first, hear(acoustics))
    assert np.array_equal(first, hear(Acoustics(home(reverberation=True, noise_dbfs=-65), 5)))
    assert not np.array_equal(first, hear(Acoustics(home(reverberation=True, noise_dbfs=-65), 6)))


def test_without_the_library_the_field_is_free_and_says_so(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(images, "available", lambda: False)
    heard = response(ROBOT, (2.2, 2.5))
    assert "pyroomacoustics is not installed" in caplog.text
    arrived = np.flatnonzero(np.abs(heard) > 32768 * 10 ** (QUIET_DBFS / 20) * 8)
    assert arrived[-1] - arrived[0] < 16, "one arrival, between two samples"
