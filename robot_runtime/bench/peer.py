"""Another program that finds boxes, in a process of its own: ``models/eyes/yolo_peer.py`` by the interpreter that holds ultralytics.

While it is not asked it is stopped (SIGSTOP): threads that wait for work by spinning would take the cores from what is
measured in turn with it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from robot_runtime.paths import ROOT
from robot_runtime.perceive.boxes import Boxes

SCRIPT = ROOT / "models" / "eyes" / "yolo_peer.py"
OFFLINE = {"YOLO_OFFLINE": "1", "YOLO_AUTOINSTALL": "false"}


class PeerError(RuntimeError):
    """The peer did not start, or died: one line."""


class Peer:
    """Started, exported and warmed up when this returns, and stopped until it is asked."""

    def __init__(self, python: Path, model: Path, pictures: Path, size_px: tuple[int, int], threads: int, folder: Path) -> None:
        """
        :param python: interpreter of an environment with ultralytics
        :param model: weights (.pt), which it exports itself, or its own export (.onnx)
        :param pictures: numpy file, shape (n, height, width, 3)
        :param size_px: width and height of the network's input
        :param folder: where it may write
        :raises PeerError: it does not start
        """
        self._folder = folder
        self._log = folder / "peer.log"
        config = folder / "Ultralytics"
        config.mkdir(exist_ok=True)
        (config / "Arial.ttf").touch()  # for charts, which nobody draws; it would be fetched
        command = [str(python.absolute()), str(SCRIPT), "--model", str(model.resolve()), "--pictures", str(pictures.resolve())]
        command += ["--size", str(size_px[0]), str(size_px[1]), "--threads", str(threads)]
        environment = {**os.environ, **OFFLINE, "YOLO_CONFIG_DIR": str(folder.resolve())}
        environment.pop("PYTHONPATH", None)  # its own packages, not ours
        try:
            with self._log.open("w", encoding="utf-8") as log:
                self._process = subprocess.Popen(
                    command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
                )
        except OSError as error:
            raise PeerError(f"{python}: cannot be run: {error.strerror}") from error
        self.about = self._answer()
        self._pause()

    def timed_ms(self, first: int, last: int) -> list[tuple[float, float]]:
        """Wall and processor time that it took for each of these pictures.

        :raises PeerError: it died
        """
        return [(wall_ms, core_ms) for wall_ms, core_ms in self._ask({"first": first, "last": last})["ms"]]

    def boxes(self, least_score: float, count: int) -> list[Boxes]:
        """What it finds in all pictures, of which there are ``count``.

        :raises PeerError: it died
        """
        file = self._folder / "peer_boxes.npz"
        self._ask({"boxes": str(file), "conf": least_score})
        with np.load(file) as rows:
            ltrb_px, scores, class_ids, pictures = (rows[name] for name in ("ltrb_px", "scores", "class_ids", "pictures"))
        ltwh_px = np.concatenate([ltrb_px[:, :2], ltrb_px[:, 2:] - ltrb_px[:, :2]], axis=1).astype(np.float32)
        mine = [pictures == k for k in range(count)]
        return [Boxes(ltwh_px[one], scores[one].astype(np.float32), class_ids[one].astype(np.int64)) for one in mine]

    def memory_mib(self) -> float:
        return float(psutil.Process(self._process.pid).memory_info().rss) / 2**20

    def close(self) -> None:
        """End it; it may have ended by itself."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        self._process.send_signal(signal.SIGCONT)
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the answer that does not come tells why
        answer = self._answer()
        self._pause()
        return answer

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.close()
            said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise PeerError(f"the peer ended: {said[-1] if said else 'it said nothing'}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _pause(self) -> None:
        """Returns when it stands still, or has ended."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
