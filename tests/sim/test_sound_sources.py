"""Television, dishes, guests, doors: where they are, as loud as they are asked to be, when they are asked to."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from pydantic import ValidationError

from robot_runtime.messages import SoundCommand
from sim.acoustics import Acoustics
from sim.description import HomeDescription
from sim.sound.description import SoundDescription, SoundSource
from sim.sound.effects import EffectKind, effect
from sim.sound.programmes import SENTENCES, programme
from sim.sound.units import NOMINAL_DBFS, RATE_HZ
from sim.voices import active_rms, render
from tests.sim.home_runner import HomeRunner
from tests.sim.sound_rig import home, level_dbfs, listen

DISHES = {"kind": "dishes", "at_m": [4.2, 3.5]}


def dishes(**more: Any) -> HomeDescription:
    return home(sources={"dishes": {**DISHES, **more}})


def test_nothing_plays_that_nobody_has_switched_on() -> None:
    assert level_dbfs(listen(Acoustics(home(), 1), 50)[0]) < -90


def test_what_plays_from_the_start_is_heard_at_its_level() -> None:
    heard = listen(Acoustics(dishes(playing=True, level_db=-6.0), 1), 500)[0]  # 1 m away
    assert 20 * np.log10(active_rms(heard.astype(float)) / 32768) == pytest.approx(NOMINAL_DBFS - 6, abs=3)


def test_a_switch_turns_it_on_louder_and_off() -> None:
    acoustics = Acoustics(dishes(), 1)
    source = acoustics.sources["dishes"]
    levels = []
    for on, louder_db in ((False, 0.0), (True, 0.0), (False, 0.0)):
        source.switch(on, louder_db)
        levels.append(level_dbfs(listen(acoustics, 200)[0]))
    assert levels[0] < -90 < levels[1] and levels[2] < -60 and levels[1] > -55
    assert "dishes" not in acoustics.arriving


def test_it_is_at_its_place() -> None:
    near, far = (level_dbfs(listen(Acoustics(dishes(playing=True), 1), 300, robot=(4.2, y, 0.0))[0]) for y in (2.5, 0.5))
    assert near - far == pytest.approx(20 * np.log10(3.0), abs=0.3)


def test_a_door_slams_once_each_time() -> None:
    acoustics = Acoustics(home(), 1)
    for _ in range(2):
        acoustics.sources["kitchen door"].switch(True)
        heard = listen(acoustics, 100)[0]
        assert level_dbfs(heard[: RATE_HZ // 2]) > level_dbfs(heard[RATE_HZ:]) + 40
        acoustics.sources["kitchen door"].switch(False)
        listen(acoustics, 1)


@pytest.mark.parametrize("kind", ["television", "babble"])
def test_talk_follows_the_seed(kind: Any) -> None:
    source = SoundSource(kind=kind, at_m=(0, 0))
    assert np.array_equal(programme(source, 1), programme(source, 1))
    assert not np.array_equal(programme(source, 1), programme(source, 2))


def test_the_television_says_nothing_that_wakes_or_stops_a_robot() -> None:
    words = {word for sentence in SENTENCES for word in sentence.split()}
    assert not words & {"stop", "halt", "freeze", "robot", "bring", "fetch", "go", "come", "follow", "find", "resume"}


@pytest.mark.parametrize("kind", get_args(EffectKind))
def test_effects_are_short_and_differ(kind: EffectKind) -> None:
    one, other = effect(kind, 1), effect(kind, 2)
    assert 0.1 < len(one) / RATE_HZ < 2.0
    assert np.array_equal(one, effect(kind, 1))
    assert len(one) != len(other) or not np.array_equal(one, other)
    assert np.all(np.isfinite(one))


def test_people_cough_and_laugh() -> None:
    anna, leo = (home().people[id_] for id_ in ("anna", "leo"))
    assert not np.array_equal(render("*cough*", anna), render("*cough*", leo))
    assert active_rms(render("*cough*", anna).astype(float)) > active_rms(render("hello", anna).astype(float))
    assert len(render("*laugh*", anna)) > RATE_HZ // 2


@pytest.mark.parametrize(
    ("sound", "says"),
    [
        ({"sources": {"radio": {"kind": "television"}}}, "exactly one of at_m, stands_on"),
        ({"sources": {"radio": {"kind": "television", "at_m": [0, 0], "stands_on": "sink"}}}, "exactly one of at_m, stands_on"),
        ({"rt60_s": {"kitchen": 30}}, "from 0.1 to 3 s"),
        ({"echo": True}, "Extra inputs"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(sound: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        SoundDescription.model_validate(sound)


def test_unknown_places_are_named() -> None:
    asked = SoundDescription.model_validate({"rt60_s": {"kitchn": 0.5}, "sources": {"tv": {"kind": "television", "stands_on": "tv bank"}}})
    problems = " ".join(home().unknown_in(asked))
    assert "did you mean 'kitchen'" in problems and "did you mean 'tv bench'" in problems


def test_the_home_obeys_switches_and_tells_of_unknown_ones(caplog: pytest.LogCaptureFixture) -> None:
    runner = HomeRunner()
    runner.step(sim__sound=[SoundCommand(0.0, "dishes", True, 20.0), SoundCommand(0.0, "gramophone", True, 0.0)])
    runner.idle(3.0)
    heard = np.concatenate([frame.samples for frame in runner.sent["audio/in"]])
    assert level_dbfs(heard) > -60
    assert "nothing called 'gramophone'" in caplog.text
    assert any(abs(direction.bearing_rad) < np.pi for direction in runner.sent["audio/direction"])
