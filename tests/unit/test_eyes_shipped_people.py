"""The network for ages that ships, as the simulated robot opens it, on the pictures beside it."""

from __future__ import annotations

import numpy as np
import pytest

from robot_runtime.paths import ROOT
from robot_runtime.perceive import pictures
from robot_runtime.perceive.ages import GROUPS
from robot_runtime.perceive.boxes import Boxes
from robot_runtime.perceive.config import PerceiveConfig
from robot_runtime.perceive.crops import PersonClassifier
from robot_runtime.perceive.sessions import EngineConfig

SHIPPED = ROOT / "models" / "eyes" / "shipped"


@pytest.fixture(scope="module")
def classifier() -> PersonClassifier:
    return PersonClassifier(SHIPPED / "people.onnx", EngineConfig(providers=("cpu",), threads=1))


@pytest.mark.parametrize("group", [group.value for group in GROUPS])
def test_it_tells_the_people_whom_it_has_learned_from(classifier: PersonClassifier, group: str) -> None:
    for k in (1, 2):
        picture = pictures.read(SHIPPED / "samples" / f"{group}_{k}.jpg")
        height, width = picture.shape[:2]
        margin = 1 + 2 * classifier.settings.margin
        box = np.array([[width * (1 - 1 / margin) / 2, height * (1 - 1 / margin) / 2, width / margin, height / margin]], np.float32)
        (look,) = classifier.classify(picture, Boxes(box, np.ones(1, np.float32), np.zeros(1, np.int64)))
        assert look.age.sum() == pytest.approx(1.0)
        assert GROUPS[int(look.age.argmax())].value == group


def test_no_robot_looks_with_it_unless_it_is_told_to() -> None:
    """It has seen no real people."""
    assert PerceiveConfig().people_file == ""
