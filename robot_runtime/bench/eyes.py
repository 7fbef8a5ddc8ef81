"""``robot-runtime bench eyes``: from a picture in memory to published facts, and against ultralytics on the same pictures.

Each variant (a detector's file on a provider) is the eyes as they run on the robot: detector, network over people's crops, places,
tracks, people, messages, with the settings that are shipped.  ``boxes`` is the detector alone, from picture to boxes, which is
what the peer does; ``facts`` is all of it, which the peer does not do.

Variants and peer take turns, block by block of the same pictures, and who begins changes: what else runs on the machine
hits all of them.  Their throughputs are compared within each round; the ratio is the median of rounds, with the range in which
eight rounds of ten lie.  ``core ms`` is the processor time of all threads, which says more where cores are shared.  The
peer, see ``models/eyes/yolo_peer.py``, exports the trained weights on its own and predicts as it comes: one picture a call,
scores from 0.25, overlaps up to 0.7, as many boxes as here, and the same number of threads.

Average precision is COCO's, on these pictures, with all boxes down to a score of 0.001.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from robot_runtime.bench.eyes_pictures import Moment
from robot_runtime.bench.gate import memory_mib
from robot_runtime.bench.peer import Peer
from robot_runtime.config import load_class
from robot_runtime.observe.figures import Figure, figure
from robot_runtime.perceive.boxes import Bgr, Boxes
from robot_runtime.perceive.cnn import CnnEyes
from robot_runtime.perceive.config import PerceiveConfig
from robot_runtime.perceive.crops import PersonClassifier, PersonLook
from robot_runtime.perceive.detector import Detector
from robot_runtime.perceive.engine_config import EngineConfig
from robot_runtime.perceive.measures import Measures

PERIOD_S = 0.1
LEAST_SCORE = 0.001
WARM_UP = 10
STAGES = ("picture → input", "network", "output → boxes", "people's crops", "places, tracks, people")


@dataclass(frozen=True)
class Spread:
    """Of one number over all rounds."""

    median: float
    low: float  # a tenth is lower
    high: float  # a tenth is higher


@dataclass(frozen=True)
class Accuracy:
    map50: float
    map50_95: float


@dataclass
class Measured:
    """What one contestant took for boxes, or for facts: a list a round, a number a picture."""

    wall_ms: list[list[float]] = field(default_factory=list)
    core_ms: list[list[float]] = field(default_factory=list)

    def add(self, wall_and_core_ms: Sequence[tuple[float, float]]) -> None:
        self.wall_ms.append([wall_ms for wall_ms, _ in wall_and_core_ms])
        self.core_ms.append([core_ms for _, core_ms in wall_and_core_ms])


class Stopwatch:
    """Wall and processor time since it was started, in ms."""

    def __init__(self) -> None:
        self._wall_s, self._core_s = time.perf_counter(), time.process_time()

    def read_ms(self) -> tuple[float, float]:
        return (time.perf_counter() - self._wall_s) * 1000.0, (time.process_time() - self._core_s) * 1000.0


class Contestant(Protocol):
    name: str
    measured: dict[str, Measured]  # "boxes" and "facts", as far as it finds them
    memory_mib: float

    def take(self, first: int, last: int) -> None:
        """Look at these pictures, as a round of its own."""
        ...


class Variant:
    """The eyes with one detector on one provider."""

    def __init__(self, name: str, detector: Path, config: PerceiveConfig, moments: Sequence[Moment]) -> None:
        """:raises FileError: a model cannot be used"""
        before_mib = memory_mib()
        self.name, self.file = name, detector
        self.detector = _Timed(Detector(detector, config.engine, clock=time.perf_counter))
        self._people = _TimedPeople(PersonClassifier(config.people_file, config.engine)) if config.people_file else None
        self._eyes = CnnEyes(config, self.detector, self._people)
        self._moments, self._engine = moments, config.engine
        self._pictures = 0
        self._begin()
        self.take(0, min(WARM_UP, len(moments)))
        self._begin()
        self.memory_mib = memory_mib() - before_mib

    def _begin(self) -> None:
        self.measured = {"boxes": Measured(), "facts": Measured()}
        self.stages_ms: dict[str, list[float]] = {stage: [] for stage in STAGES}

    def take(self, first: int, last: int) -> None:
        boxes_ms, facts_ms = [], []
        for moment in self._moments[first:last]:
            self._pictures += 1
            now_s = self._pictures * PERIOD_S
            inbox = moment.inbox(now_s)
            watch = Stopwatch()
            found = self._eyes.look(inbox, now_s)
            facts_ms.append(watch.read_ms())
            if found is None:
                raise RuntimeError(f"{self.name}: a picture was not looked at: {self._eyes.diagnose()[0]}")
            boxes_ms.append(self.detector.spent_ms)
            self._note(facts_ms[-1][0])
        self.measured["boxes"].add(boxes_ms)
        self.measured["facts"].add(facts_ms)

    @property
    def refused(self) -> tuple[str, ...]:
        """Why the provider that was asked for is not what it runs on."""
        return self.detector.rejected

    def _note(self, facts_ms: float) -> None:
        timings = self.detector.timings_ms
        people_ms = self._people.spent_ms() if self._people else 0.0
        rest_ms = facts_ms - self.detector.spent_ms[0] - people_ms
        for stage, spent_ms in zip(STAGES, (*timings, people_ms, rest_ms), strict=True):
            self.stages_ms[stage].append(spent_ms)

    def stages(self) -> list[Figure]:
        return [figure(f"{self.name}: {stage}", spent_ms) for stage, spent_ms in self.stages_ms.items()]

    def all_boxes(self) -> list[Boxes]:
        """Of all pictures, down to :data:`LEAST_SCORE`."""
        detector = Detector(self.file, self._engine, score_threshold=LEAST_SCORE)
        return [detector.detect([moment.bgr])[0] for moment in self._moments]


class Other:
    """The peer as a contestant; it ends with boxes."""

    def __init__(self, peer: Peer) -> None:
        self.peer, self.measured = peer, {"boxes": Measured()}
        about = peer.about
        self.name = f"ultralytics {about['ultralytics']}"
        self.memory_mib = peer.memory_mib()

    def take(self, first: int, last: int) -> None:
        self.measured["boxes"].add(self.peer.timed_ms(first, last))


class _Timed:
    """A detector, and how long its last call took."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self.hash, self.spent_ms = detector.hash, (0.0, 0.0)

    @property
    def class_names(self) -> tuple[str, ...]:
        return self._detector.class_names

    @property
    def provider(self) -> str:
        return self._detector.provider

    @property
    def rejected(self) -> tuple[str, ...]:
        return self._detector.rejected

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the network's input."""
        return self._detector.size_px

    @property
    def timings_ms(self) -> tuple[float, float, float]:
        timings = self._detector.timings
        return timings.letterbox_s * 1000.0, timings.run_s * 1000.0, timings.decode_s * 1000.0

    def detect(self, pictures: Sequence[Bgr]) -> list[Boxes]:
        watch = Stopwatch()
        found = self._detector.detect(pictures)
        self.spent_ms = watch.read_ms()
        return found


class _TimedPeople:
    """A classifier that is not called for every picture, and how long it took since it was last asked."""

    def __init__(self, classifier: PersonClassifier) -> None:
        self._classifier = classifier
        self.hash, self._spent_ms = classifier.hash, 0.0

    @property
    def provider(self) -> str:
        return self._classifier.provider

    def classify(self, picture: Bgr, boxes: Boxes, measures: Measures | None = None) -> list[PersonLook]:
        watch = Stopwatch()
        found = self._classifier.classify(picture, boxes, measures)
        self._spent_ms += watch.read_ms()[0]
        return found

    def spent_ms(self) -> float:
        spent_ms, self._spent_ms = self._spent_ms, 0.0
        return spent_ms


def variants(files: Sequence[Path], config: PerceiveConfig, providers: Sequence[str], moments: Sequence[Moment]) -> list[Variant]:
    """Each file on each of the providers; one that a provider does not take runs on the CPU instead, see :attr:`Variant.refused`.

    :raises FileError: a model cannot be used
    """
    found = []
    for file in files:
        for provider in providers:
            engine = EngineConfig(**{**config.engine.model_dump(), "providers": (provider,)})
            found.append(Variant(f"{file.stem}, {provider}", file, config.model_copy(update={"engine": engine}), moments))
    return found


def race(contestants: Sequence[Contestant], pictures: int, rounds: int, block: int, told: Callable[[int], None]) -> None:
    """Let all of them look at the same pictures, a block at a time, in turns.

    :param told: gets the number of rounds that are done
    """
    for number in range(rounds):
        first = number * block % max(pictures - block + 1, 1)
        begin = number % len(contestants)
        for contestant in (*contestants[begin:], *contestants[:begin]):
            gc.collect()
            contestant.take(first, min(first + block, pictures))
        told(number + 1)


def throughput(rounds_ms: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Pictures a second in each round.

    >>> throughput([[10.0, 30.0], [100.0]]).tolist()
    [50.0, 10.0]
    """
    return np.array([len(one) / sum(one) * 1000.0 for one in rounds_ms])


def spread(values: NDArray[np.float64]) -> Spread:
    low, median, high = np.percentile(values, (10, 50, 90)).tolist()
    return Spread(median, low, high)


def ratio(mine_ms: Sequence[Sequence[float]], others_ms: Sequence[Sequence[float]]) -> Spread:
    """How many times as many pictures a second, round by round.

    >>> ratio([[10.0], [10.0]], [[20.0], [20.0]]).median
    2.0
    """
    return spread(throughput(mine_ms) / throughput(others_ms))


def accuracy(found: Sequence[Boxes], moments: Sequence[Moment], class_names: Sequence[str]) -> Accuracy:
    """COCO's average precision over the classes that occur."""
    truth_of = load_class("models.eyes.figures:Truth")
    truth = [
        truth_of(
            np.array([label["box_px"] for label in moment.labels], np.float64).reshape(-1, 4),
            np.array([class_names.index(label["class_name"]) for label in moment.labels], np.int64),
            np.array([label["ignore"] for label in moment.labels], np.bool_),
        )
        for moment in moments
    ]
    rows = load_class("models.eyes.figures:average_precision")(found, truth, len(class_names))
    rows = rows[np.isfinite(rows).all(axis=1)]
    return Accuracy(float(rows[:, 0].mean()), float(rows.mean())) if len(rows) else Accuracy(float("nan"), float("nan"))
