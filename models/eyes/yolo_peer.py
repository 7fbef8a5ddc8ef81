"""ultralytics predicting with its own export, for ``robot-runtime bench eyes`` to be compared with.

A process of its own, run by an interpreter whose environment holds ultralytics (AGPL-3.0) and need not hold this project; this is
the only file here that imports it, and nothing imports this file.  It answers lines of JSON on standard input with lines on
standard output, the first of which tells what it is:

    ← {"ultralytics": "8.4.190", "onnxruntime": "1.31.1", "model": "peer.onnx", "slimmed": false}
    → {"first": 0, "last": 10}                     ← {"ms": [[31.2, 29.8], …]}     wall and processor time of each predict()
    → {"boxes": "peer_boxes.npz", "conf": 0.001}   ← {"boxes": "peer_boxes.npz"}

It predicts as it comes: one picture a call, its own letterbox and suppression, threads that spin.  Only their number is set, if asked.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any, TextIO

import numpy as np

WARM_UP = 10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="trained weights (.pt), exported here first, or an export (.onnx)")
    parser.add_argument("--pictures", type=Path, required=True, help="numpy file, shape (n, height, width, 3), BGR")
    parser.add_argument("--size", type=int, nargs=2, required=True, metavar=("WIDTH", "HEIGHT"), help="of the network's input")
    parser.add_argument("--threads", type=int, default=0, help="0: as it comes")
    arguments = parser.parse_args()
    _end_with_parent()
    answers = _answers()
    if arguments.threads:
        _limit(arguments.threads)
    peer = _Peer(arguments.model, np.load(arguments.pictures, mmap_mode="r"), tuple(arguments.size))
    _tell(answers, peer.about)
    for line in sys.stdin:
        question = json.loads(line)
        if "boxes" in question:
            peer.save_boxes(question["boxes"], question["conf"])
            _tell(answers, {"boxes": question["boxes"]})
        else:
            _tell(answers, {"ms": [peer.timed_ms(k) for k in range(question["first"], question["last"])]})
    return 0


class _Peer:
    def __init__(self, model: Path, pictures: Any, size_px: tuple[int, int]) -> None:
        import onnxruntime
        import ultralytics

        self._pictures = pictures
        self._height_width = [size_px[1], size_px[0]]
        slimmed = importlib.util.find_spec("onnxslim") is not None  # without it the export would ask for it, and fetch it
        if model.suffix == ".pt":
            copy = Path("peer.pt")
            shutil.copy(model, copy)
            model = Path(ultralytics.YOLO(copy).export(format="onnx", imgsz=self._height_width, device="cpu", simplify=slimmed))
        self._yolo = ultralytics.YOLO(model, task="detect")
        for k in range(WARM_UP):
            self._predict(k % len(pictures))
        self.about = {
            "ultralytics": ultralytics.__version__,
            "onnxruntime": onnxruntime.__version__,
            "model": model.name,
            "slimmed": slimmed,
        }

    def timed_ms(self, index: int) -> tuple[float, float]:
        picture = np.array(self._pictures[index])  # in memory, before the clock starts
        wall_s, core_s = time.perf_counter(), time.process_time()
        self._yolo.predict(picture, imgsz=self._height_width, device="cpu", verbose=False)
        return (time.perf_counter() - wall_s) * 1000.0, (time.process_time() - core_s) * 1000.0

    def _predict(self, index: int, **settings: object) -> Any:
        return self._yolo.predict(np.array(self._pictures[index]), imgsz=self._height_width, device="cpu", verbose=False, **settings)[0]

    def save_boxes(self, file: str, conf: float) -> None:
        """Of all pictures: ``ltrb_px`` (n, 4), ``scores``, ``class_ids`` and ``pictures``, (n,) each."""
        found = [self._predict(k, conf=conf).boxes.data.numpy() for k in range(len(self._pictures))]
        rows = np.concatenate(found)
        which = np.repeat(np.arange(len(found)), [len(one) for one in found])
        np.savez(file, ltrb_px=rows[:, :4], scores=rows[:, 4], class_ids=rows[:, 5].astype(np.int64), pictures=which)


def _end_with_parent() -> None:
    """By SIGKILL, which reaches a process that is stopped (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _answers() -> TextIO:
    """Standard output for answers alone: what ultralytics prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def _tell(answers: TextIO, message: dict[str, Any]) -> None:
    print(json.dumps(message), file=answers, flush=True)


def _limit(threads: int) -> None:
    """predict() hands no number of threads to onnxruntime: given to each session as it is opened."""
    import onnxruntime
    import torch

    torch.set_num_threads(threads)
    open_session = onnxruntime.InferenceSession

    def with_threads(model: Any, options: Any = None, **rest: Any) -> Any:
        options = options or onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        return open_session(model, options, **rest)

    onnxruntime.InferenceSession = with_threads


if __name__ == "__main__":
    sys.exit(main())
