"""People drawn alone: as the whole picture has them, and many of them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from models.eyes import portraits, studio
from models.eyes.arrange import Arranger
from models.eyes.homes import draw_home
from models.eyes.people_data import load
from models.eyes.settings import Job, Settings
from models.eyes.studio import Studio
from robot_runtime.messages import AgeGroup
from robot_runtime.perceive.ages import GROUPS
from sim.mjcf import build_model
from tests import opengl

pytestmark = pytest.mark.timeout(500)  # software rendering, on a processor shared with other tests
JOB = Job(Settings(seed=3, train=3, val=0, per_home=3, width_px=640, height_px=480, picture_format="jpg"), "train", 0, 3)


def test_a_close_up_shows_what_the_picture_shows_there(monkeypatch: pytest.MonkeyPatch) -> None:
    home = draw_home(JOB.name, JOB.chance("home"), of_each_age=1)
    model, layout = build_model(home, looks=True)
    with opengl.needed():
        drawn = Studio(model, layout, home, (640, 480), JOB.chance("patterns"))
    moment = Arranger(home, crowded=True, at_people=1.0).arrange(JOB.chance("moment", 0))
    before, x0, y0, x1, y1 = drawn.shoot(moment, JOB.chance("looks", 0)), 200, 40, 320, 280
    different = drawn.close_up(moment, before, (x0, y0, x1, y1), 1.0, JOB.chance("others"))
    after = drawn.shoot(moment, JOB.chance("looks", 0))
    assert (after.bgr == before.bgr).all() and (after.geoms == before.geoms).all()  # a close-up leaves nothing behind
    monkeypatch.setattr(drawn, "_wardrobe", SimpleNamespace(dress=lambda rng, others=False: None, light=lambda rng: None))
    monkeypatch.setattr(studio, "add_lamps", lambda *_: None)
    whole = drawn.shoot(moment, JOB.chance("looks", 0))
    part = whole.bgr[y0:y1, x0:x1].astype(int)
    alone = drawn.close_up(moment, whole, (x0, y0, x1, y1), 1.0, JOB.chance("others"))
    assert np.abs(alone - part).mean() < 1 < np.abs(different - part).mean()  # edges may fall otherwise by a pixel
    half = drawn.close_up(moment, whole, (x0, y0, x1, y1), 0.5, JOB.chance("others"))
    assert half.shape == (120, 60, 3) and abs(half.mean() - part.mean()) < 2


def test_everybody_is_drawn_several_times_with_the_measures_of_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portraits, "_OF_EACH_AGE", 1)
    with opengl.needed():
        made = portraits.make(tmp_path, JOB, 3)
    people = load(tmp_path, "train")
    assert made == len(people) > 0 and made % portraits.LOOKS == 0 and load(tmp_path, "val") == []
    same = people[: portraits.LOOKS]
    assert len({one.around.tobytes() for one in same}) == len(same) and len({(one.age, *one.box_px.tolist()) for one in same}) == 1
    for one in people:
        left, top, width, height = one.ltwh_px.tolist()
        high, wide = one.around.shape[:2]
        assert left >= 0 and top >= 0 and left + width <= wide + 1 and top + height <= high + 1 and high <= 300
    assert len({(one.shown.head_px, one.shown.stoop_deg) for one in same if one.shown is not None}) == 1
    for one in people:
        assert one.shown is not None and not (one.shown.grey and GROUPS[one.age] is AgeGroup.CHILD)
        if one.shown.head_px is not None:  # what is seen of a head is within what is seen of somebody
            (left, top, width, height), (x, y, wide, high) = one.shown.head_px, one.box_px.tolist()
            assert left >= x and top >= y and left + width <= x + wide and top + height <= y + high
    written = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.*")}
    assert portraits.make(tmp_path, JOB, 3) == made  # what is done is not done again
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.*")} == written
