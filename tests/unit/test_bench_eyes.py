"""The benchmark of the eyes: who takes turns with whom, what is compared, and the peer's process, with a stand-in for ultralytics."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import psutil
import pytest

from robot_runtime.bench import eyes, peer
from robot_runtime.bench.eyes import Measured, accuracy, race, ratio, spread, throughput, variants
from robot_runtime.bench.eyes_pictures import Moment, of_samples, of_validation_set
from robot_runtime.bench.eyes_table import SHIPPED
from robot_runtime.bench.peer import Peer, PeerError
from robot_runtime.cli import UsageError, main
from robot_runtime.messages import Image
from robot_runtime.paths import resolve
from robot_runtime.perceive.boxes import Boxes
from robot_runtime.perceive.config import PerceiveConfig
from robot_runtime.perceive.engine_config import EngineConfig
from tests.unit.tiny_networks import save_brightest

NAMES = ("person", "cup")


class Racer:
    memory_mib = 0.0

    def __init__(self, name: str, turns: list[tuple[str, int, int]]) -> None:
        self.name, self._turns = name, turns
        self.measured = {"boxes": Measured()}

    def take(self, first: int, last: int) -> None:
        self._turns.append((self.name, first, last))


@pytest.mark.long
def test_all_look_at_the_same_pictures_and_who_begins_changes() -> None:
    turns: list[tuple[str, int, int]] = []
    done: list[int] = []
    race([Racer("a", turns), Racer("b", turns)], pictures=5, rounds=3, block=2, told=done.append)
    assert turns == [("a", 0, 2), ("b", 0, 2), ("b", 2, 4), ("a", 2, 4), ("a", 0, 2), ("b", 0, 2)]
    assert done == [1, 2, 3]


@pytest.mark.long
def test_a_block_may_be_longer_than_the_pictures_are_many() -> None:
    turns: list[tuple[str, int, int]] = []
    race([Racer("a", turns)], pictures=3, rounds=2, block=8, told=lambda done: None)
    assert turns == [("a", 0, 3), ("a", 0, 3)]


def test_the_ratio_is_that_of_rounds_so_that_a_slow_machine_cancels() -> None:
    mine = [[10.0, 10.0], [40.0, 40.0], [20.0, 20.0]]
    others = [[20.0, 20.0], [80.0, 80.0], [40.0, 40.0]]
    assert ratio(mine, others) == spread(np.array([2.0, 2.0, 2.0]))
    assert throughput(mine).tolist() == [100.0, 25.0, 50.0]


def _moment(*labels: tuple[str, list[float], bool]) -> Moment:
    (moment,) = of_samples(Path("none.onnx"), ())[:1]
    entries = [{"class_name": name, "box_px": box_px, "ignore": ignore} for name, box_px, ignore in labels]
    return Moment(moment.bgr, moment.focal_px, moment.base, moment.pan_rad, moment.tilt_rad, moment.depth_m, tuple(entries))


def _boxes(*rows: tuple[list[float], float, int]) -> Boxes:
    return Boxes(
        np.array([row[0] for row in rows], np.float32).reshape(-1, 4),
        np.array([row[1] for row in rows], np.float32),
        np.array([row[2] for row in rows], np.int64),
    )


def test_average_precision_counts_what_occurs_and_leaves_out_what_is_ignored() -> None:
    moment = _moment(("cup", [10, 10, 20, 20], False), ("cup", [60, 60, 20, 20], True))
    right = _boxes(([10, 10, 20, 20], 0.9, 1), ([60, 60, 20, 20], 0.95, 1))
    assert accuracy([right], [moment], NAMES) == eyes.Accuracy(1.0, 1.0)
    beside = _boxes(([10, 14, 20, 20], 0.9, 1))  # overlap 2/3: found at 0.50 … 0.65
    found = accuracy([beside], [moment], NAMES)
    assert found.map50 == pytest.approx(1.0)
    assert found.map50_95 == pytest.approx(0.4)


def test_depths_of_the_empty_room_are_those_of_floor_and_wall() -> None:
    depth_m = of_samples(Path("none.onnx"), ())[0].depth_m
    assert depth_m.shape == (480, 640)
    assert (depth_m[:120] == 3.5).all()
    # Focal length 417 px, 0.3 rad down, 1.25 m high: the lowest row looks 0.3 + atan(239.5 / 417) below level.
    down_rad = np.arctan(239.5 / 417.0)
    expected_m = (1.25 - 0.055 * np.sin(0.3)) / np.sin(0.3 + down_rad) * np.cos(down_rad)
    assert depth_m[479, 320] == pytest.approx(expected_m, abs=0.01)


def test_a_variant_measures_boxes_and_facts_of_every_picture(tmp_path: Path) -> None:
    (tmp_path / "eyes.yaml").write_text("layout: yolo\nclass_names: [red, blue]\n", encoding="utf-8")
    model = save_brightest(tmp_path / "eyes.onnx")
    config = PerceiveConfig(backend="cnn", people_file="", engine=EngineConfig(threads=1))
    moments = of_samples(model, ())
    (variant,) = variants([model], config, ["cpu"], moments)
    race([variant], len(moments), rounds=2, block=2, told=lambda done: None)
    boxes, facts = variant.measured["boxes"], variant.measured["facts"]
    assert [len(one) for one in facts.wall_ms] == [2, 2]
    pairs = zip(chain.from_iterable(boxes.wall_ms), chain.from_iterable(facts.wall_ms), strict=True)
    assert all(0 < boxes_ms < facts_ms for boxes_ms, facts_ms in pairs)
    assert [row.count for row in variant.stages()] == [4] * len(eyes.STAGES)
    assert variant.stages_ms["people's crops"] == [0.0] * 4
    assert len(variant.all_boxes()) == len(moments)
    assert variant.refused == ()


def test_moments_hand_over_picture_pose_and_lens() -> None:
    moment = _moment()
    inbox = moment.inbox(3.0)
    (picture,) = inbox["camera/image"]
    assert isinstance(picture, Image)
    assert picture.stamp_s == 3.0 and picture.info is not None
    assert picture.info.k[0] == pytest.approx(417.0)


def test_a_folder_without_pictures_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder of"):
        of_validation_set(tmp_path, 3)


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--pictures", "0"], "at least 1"), (["--peer-python", "python"], "give both, or none"), (["--threads", "-1"], "at least 0")],
)
def test_wrong_use_is_told_in_one_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "eyes", *words]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


# ------------------------------------------------ the peer

STAND_IN = """
import json, sys
import numpy as np
print("noise of a library", file=sys.stderr)
words = dict(zip(sys.argv[1::2], sys.argv[2::2]))
pictures = np.load(words["--pictures"])
print(json.dumps({"size": sys.argv[6:8], "pictures": list(pictures.shape)}), flush=True)
for line in sys.stdin:
    question = json.loads(line)
    if "boxes" in question:
        np.savez(question["boxes"], ltrb_px=np.array([[1.0, 2.0, 4.0, 8.0]]), scores=np.array([question["conf"]]),
                 class_ids=np.array([1]), pictures=np.array([1]))
        print(json.dumps(question), flush=True)
    elif question["first"] == 9:
        sys.exit("ValueError: nine")
    else:
        print(json.dumps({"ms": [[k + 0.5, 0.25] for k in range(question["first"], question["last"])]}), flush=True)
"""


def _start(folder: Path, monkeypatch: pytest.MonkeyPatch, python: str = sys.executable) -> Peer:
    script = folder / "stand_in.py"
    script.write_text(STAND_IN, encoding="utf-8")
    monkeypatch.setattr(peer, "SCRIPT", script)
    np.save(folder / "pictures.npy", np.zeros((2, 4, 6, 3), np.uint8))
    return Peer(Path(python), folder / "last.pt", folder / "pictures.npy", (320, 256), 1, folder)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Peer]:
    found = _start(tmp_path, monkeypatch)
    yield found
    found.close()


def test_the_peer_answers_and_is_stopped_in_between(stand_in: Peer) -> None:
    assert stand_in.about == {"size": ["320", "256"], "pictures": [2, 4, 6, 3]}
    assert stand_in.timed_ms(0, 2) == [(0.5, 0.25), (1.5, 0.25)]
    process = psutil.Process(stand_in._process.pid)
    assert process.status() == psutil.STATUS_STOPPED
    none, one = stand_in.boxes(0.001, 2)
    assert len(none) == 0
    assert one.ltwh_px.tolist() == [[1.0, 2.0, 3.0, 6.0]]
    assert (one.scores.tolist(), one.class_ids.tolist()) == ([pytest.approx(0.001)], [1])
    assert process.status() == psutil.STATUS_STOPPED


def test_a_peer_that_dies_is_told_with_its_last_words(stand_in: Peer) -> None:
    with pytest.raises(PeerError, match="the peer ended: ValueError: nine"):
        stand_in.timed_ms(9, 10)


def test_an_interpreter_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PeerError, match="cannot be run"):
        _start(tmp_path, monkeypatch, str(tmp_path / "python"))


def test_a_peer_without_ultralytics_is_told(tmp_path: Path) -> None:
    np.save(tmp_path / "pictures.npy", np.zeros((2, 4, 6, 3), np.uint8))
    with pytest.raises(PeerError, match="ultralytics"):
        Peer(Path(sys.executable), tmp_path / "last.onnx", tmp_path / "pictures.npy", (320, 256), 0, tmp_path)


def test_rows_are_one_line_of_json_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "eyes.yaml").write_text("layout: yolo\nclass_names: [red, blue]\n", encoding="utf-8")
    model = str(save_brightest(tmp_path / "eyes.onnx"))
    assert main(["bench", "eyes", "--detector", model, "--people", "", "--providers", "cpu", "--repeats", "2", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows[:3]] == ["eyes, cpu: boxes", "eyes, cpu: facts", "eyes, cpu"]
    assert rows[0]["figure"]["count"] == 6 and rows[0]["ratio"] is None and rows[2]["accuracy"] is None


def test_the_networks_that_it_takes_by_itself_ship() -> None:
    assert all(resolve(file).is_file() for file in SHIPPED)
