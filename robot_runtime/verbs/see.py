"""``robot-runtime see IMAGE…`` or ``see --camera SOURCE``: what the eyes find in pictures, without a robot."""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2

from robot_runtime import model_catalogue as catalogue
from robot_runtime.cli import JobError, UsageError
from robot_runtime.paths import resolve
from robot_runtime.perceive import pictures
from robot_runtime.perceive.ages import GROUPS
from robot_runtime.perceive.boxes import Bgr
from robot_runtime.perceive.config import PerceiveConfig
from robot_runtime.perceive.crops import PersonClassifier
from robot_runtime.perceive.detector import Detector
from robot_runtime.perceive.glance import Glance, Seen, drawn, words
from robot_runtime.perceive.pictures import PictureError
from robot_runtime.sense.address import is_stream, shown
from robot_runtime.sense.camera import Camera
from robot_runtime.sense.pictures import SourceLostError
from robot_runtime.window import Window
from safety.files import FileError, parse

NO_PEOPLE = "none"

_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
_SHORTEST_S = 1 / 30
"""Between two pictures of a camera: a file that holds one picture gives it as often as it is asked."""
_LOOK_S = 0.005
_OTHER = "`robot-runtime models pull yolox-s` fetches one, then `see --detector yolox-s --people none …`"

EPILOG = """\
One line a picture. With --json it has file (or camera), width_px, height_px, detections (label, score, box_px: left, top,
width, height), people (box_px, score, age_group, age_confidence, age_probabilities, facing, facing_probability),
models (file, SHA-256, provider) and latency_ms, from the picture in memory to the answers. A file that is no picture gets
{"file": …, "error": …}, the others go on, and the exit status is 2 at the end.

Ages and attention are those of one picture; the robot itself gathers many before it believes them.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    robots = PerceiveConfig()
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("files", nargs="*", metavar="IMAGE", help="JPEG, PNG or another picture that OpenCV reads")
    parser.add_argument(
        "--camera", default="", metavar="SOURCE", help="live: a number N for /dev/videoN, a video file, rtsp://… or http://…; Ctrl-C ends"
    )
    parser.add_argument("--show", action="store_true", help="with --camera: a window with the boxes")
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="with --camera: end after so many pictures")
    parser.add_argument("--size", default="640x480", metavar="WxH", help="with --camera: size of its pictures (%(default)s)")
    parser.add_argument("--out", default="", metavar="FILE|FOLDER", help="keep pictures with boxes: here, or as NAME_seen.jpg in here")
    parser.add_argument(
        "--detector", default=robots.detector_file, metavar="FILE|NAME", help="ONNX file, or a model of `models list` (%(default)s)"
    )
    parser.add_argument(
        "--people", default=robots.people_file or NO_PEOPLE, metavar="FILE|none", help="network for age and attention (%(default)s)"
    )
    parser.add_argument("--threshold", type=float, default=None, metavar="P", help="least score, instead of the detector's own")
    parser.add_argument("--json", action="store_true", help="one machine-readable line a picture")


def run(args: argparse.Namespace) -> int:
    """Returns 0 when every picture could be looked at, whatever was found, else 2; an unusable one does not stop the others.

    :raises UsageError: arguments that do not go together
    :raises FileError: a network cannot be used, or there is none
    :raises JobError: no display, no camera, or no room for ``--out``
    """
    _check(args)
    if args.camera:
        return _live(args)
    eyes = _Eyes(args)
    status, taken = 0, set[Path]()
    for file in args.files:
        try:
            picture = pictures.read(file)
            seen, latency_ms = eyes.look(picture)
        except PictureError as error:
            text = str(error).removeprefix(f"{file}: ")
            print(f"robot-runtime see: {file}: {text}", file=sys.stderr)
            if args.json:
                print(json.dumps({"file": file, "error": text}), flush=True)
            status = 2
            continue
        kept = _keep(args, file, drawn(picture, seen), taken) if args.out else None
        line = {"file": file, **as_json(seen), **({"out": str(kept)} if kept else {}), "models": eyes.models, "latency_ms": latency_ms}
        print(json.dumps(line) if args.json else f"{file}: {as_text(seen)}, {latency_ms:.0f} ms", flush=True)
    return status


def _check(args: argparse.Namespace) -> None:
    if bool(args.files) == bool(args.camera):
        raise UsageError("give pictures, or a camera by --camera, such as `see kitchen.jpg` or `see --camera 0 --show`")
    for flag in ("show", "limit"):
        if getattr(args, flag) and not args.camera:
            raise UsageError(f"--{flag} is for a camera: --camera 0, a video file or an address")
    if args.out and args.camera:
        raise UsageError("--out is for pictures in files")
    if args.threshold is not None and not 0 < args.threshold < 1:
        raise UsageError(f"--threshold {args.threshold}: expected a score between 0 and 1")
    if args.limit < 0:
        raise UsageError(f"--limit {args.limit}: expected 1 or more")
    if args.out and len(args.files) > 1 and (Path(args.out).suffix.lower() in _ENDINGS or Path(args.out).is_file()):
        raise UsageError(f"--out {args.out}: a folder is needed for several pictures")


# ---------------------------------------------------------------- the networks


class _Eyes:
    """Both networks, with what the lines tell of them."""

    def __init__(self, args: argparse.Namespace) -> None:
        """:raises FileError: a network is missing or cannot be used"""
        detector = Detector(_model(args.detector), score_threshold=args.threshold)
        people = None if args.people == NO_PEOPLE else PersonClassifier(_model(args.people))
        self._glance = Glance(detector, people)
        self.models: dict[str, Any] = {"detector": {"file": args.detector, "sha256": detector.hash, "provider": detector.provider}}
        if people is not None:
            self.models["people"] = {"file": args.people, "sha256": people.hash, "provider": people.provider}

    def look(self, picture: Bgr) -> tuple[Seen, float]:
        """What is seen, and how long it took in milliseconds."""
        started_s = time.perf_counter()
        seen = self._glance(picture)
        return seen, round((time.perf_counter() - started_s) * 1e3, 2)


def _model(given: str) -> Path:
    """The file of a network, which is given by its path or by its name in the catalogue.

    :raises FileError: it is not here; says how to get one
    """
    listed = catalogue.load().get(given)
    if listed is None:
        at = resolve(given)
        if not at.is_file():
            raise FileError(f"{given}: no such network; {_OTHER}")
        return at
    at = catalogue.place(given, next((file for file in listed.files if file.name.endswith(".onnx")), listed.files[0]))
    if not at.is_file():
        raise FileError(f"{given}: is not on this machine yet; `robot-runtime models pull {given}` fetches it")
    return at


# ---------------------------------------------------------------- what was found, told


def as_json(seen: Seen) -> dict[str, Any]:
    """What was found, with numbers rounded to what they are worth; what is not a number is null."""
    boxes = [
        {"label": seen.label(row), "score": _number(seen.boxes.scores[row]), "box_px": _box_px(seen, row)} for row in range(len(seen.boxes))
    ]
    people = [_person(seen, row) for row in seen.people]
    return {"width_px": seen.width_px, "height_px": seen.height_px, "detections": boxes, "people": people}


def _person(seen: Seen, row: int) -> dict[str, Any]:
    told: dict[str, Any] = {"box_px": _box_px(seen, row), "score": _number(seen.boxes.scores[row])}
    look = seen.looks.get(row)
    if look is not None:
        told["age_group"] = look.group.value
        told["age_confidence"] = _number(look.age.max())
        told["age_probabilities"] = {group.value: _number(share) for group, share in zip(GROUPS, look.age, strict=True)}
        told["facing"] = look.facing >= 0.5 if math.isfinite(look.facing) else None
        told["facing_probability"] = _number(look.facing)
    return told


def _box_px(seen: Seen, row: int) -> list[float]:
    return [round(float(value), 1) for value in seen.boxes.ltwh_px[row]]


def _number(value: float) -> float | None:
    return round(float(value), 4) if math.isfinite(value) else None


def as_text(seen: Seen) -> str:
    """One line for people."""
    found = "; ".join(words(seen, row) for row in range(len(seen.boxes)))
    return f"{seen.width_px} x {seen.height_px}: {found or 'nothing known'}"


def _keep(args: argparse.Namespace, file: str, picture: Bgr, taken: set[Path]) -> Path:
    """Write a picture with boxes; returns where.

    :raises UsageError: that is one of the pictures themselves
    :raises JobError: it cannot be written
    """
    out = Path(args.out)
    if out.suffix.lower() not in _ENDINGS or out.is_dir():
        out = _free(out / f"{Path(file).stem}_seen.jpg", taken)
    if out.resolve() in {Path(name).resolve() for name in args.files}:
        raise UsageError(f"--out: would write over {out}, one of the pictures to look at")
    taken.add(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        good, data = cv2.imencode(out.suffix.lower(), picture)
        if not good:
            raise JobError(f"{out}: a picture of {picture.shape[1]} x {picture.shape[0]} pixels cannot be written as {out.suffix}")
        out.write_bytes(data.tobytes())
    except OSError as error:
        raise JobError(f"{out}: cannot be written: {error.strerror}") from error
    return out


def _free(path: Path, taken: set[Path]) -> Path:
    """Pictures of several folders may have the same name.

    >>> str(_free(Path("a_seen.jpg"), {Path("a_seen.jpg")}))
    'a_seen_2.jpg'
    """
    number, free = 1, path
    while free in taken:
        number += 1
        free = path.with_stem(f"{path.stem}_{number}")
    return free


# ---------------------------------------------------------------- live


def _live(args: argparse.Namespace) -> int:
    """Until Ctrl-C, the end of the window, or ``--limit``."""
    source = _source(args.camera)
    window = Window(f"robot-runtime see: {shown(source)}") if args.show else None
    camera = _open(source, args.size)
    try:
        eyes = _Eyes(args)
        with _ctrl_c() as is_pressed:
            _watch(args, shown(source), camera, eyes, window, is_pressed)
    finally:
        camera.close()
        if window is not None:
            window.close()
    return 0


@contextmanager
def _ctrl_c() -> Iterator[Callable[[], bool]]:
    """Whether it was pressed.  Raised wherever the program happens to be, in a callback of a library it would be lost."""
    pressed = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: pressed.set())
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def _source(given: str) -> str:
    """The camera as ``camera.source`` names it.

    >>> _source("0"), _source("walk.mp4"), _source("rtsp://10.0.0.7/main")
    ('device:0', 'file:walk.mp4', 'rtsp://10.0.0.7/main')
    """
    if given.isdecimal():
        return f"device:{given}"
    return given if is_stream(given) or given.startswith(("device", "file:")) else f"file:{given}"


def _open(source: str, size: str) -> Camera:
    """:raises UsageError: no such size
    :raises FileError: no such file
    :raises JobError: no such camera
    """
    width, _, height = size.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise UsageError(f"--size {size}: expected such as 640x480")
    settings = {"source": source, "width_px": int(width), "height_px": int(height)}
    try:
        return Camera(parse(settings, Camera.Config, "command line"))
    except FileError as error:
        if isinstance(error.__cause__, SourceLostError):  # the rest of its text is about a robot's parameters
            raise JobError(str(error.__cause__)) from error
        raise


def _watch(args: argparse.Namespace, name: str, camera: Camera, eyes: _Eyes, window: Window | None, is_ended: Callable[[], bool]) -> None:
    """:raises JobError: there is no picture to begin with; a camera that is lost later is waited for"""
    count = 0
    while not is_ended() and (window is None or window.is_open) and not (args.limit and count == args.limit):
        begin_s = time.monotonic()
        image = next((message for topic, message in camera.step({}, begin_s) if topic == "camera/image"), None)
        if image is None and camera.problem and not count:
            raise JobError(f"{name}: {camera.problem}")
        if image is not None:
            count += 1
            seen, latency_ms = eyes.look(image.bgr)
            if args.json:
                print(json.dumps({"camera": name, **as_json(seen), "models": eyes.models, "latency_ms": latency_ms}), flush=True)
            elif window is None:
                print(f"{as_text(seen)}, {latency_ms:.0f} ms", flush=True)
            if window is not None:
                window.show(drawn(image.bgr, seen))
        if window is not None:
            window.update()
        rest_s = _LOOK_S if image is None else _SHORTEST_S - (time.monotonic() - begin_s)
        time.sleep(max(rest_s, 0.0))
