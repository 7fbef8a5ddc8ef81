"""A camera that is read by a thread of its own, so that a slow or vanished one never holds up a step.

This is the one place of the eyes that reads a clock, to tell how old a picture is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import cv2

from robot_runtime.messages import CameraInfo, Image
from robot_runtime.perceive.boxes import Bgr
from robot_runtime.perceive.pictures import PictureError, as_bgr
from robot_runtime.sense.calibration import check_shape
from robot_runtime.sense.pictures import FRAME_ID, Capture, SourceLostError, fit
from robot_runtime.sense.refusals import Refusals
from robot_runtime.stage import Inbox

_LEAST_PERIOD_S = 0.005
"""Between two pictures: a server that sends as fast as it can takes no more of the processor than 200 pictures a second do."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for the first picture, opening included, and for each further one; and how many in a row may fail."""

    first_s: float
    next_s: float
    misses: int


DEVICE = Patience(2.0, 2.0, 0)
"""Cameras deliver 5 a second or more, and need up to a second to start."""

STREAM = Patience(12.0, 5.0, 20)
"""A stream begins at a key frame, seconds apart, and radio has gaps and damaged pictures.  The gate has long been careful by then."""


class ReaderSource:
    """The newest picture of a capture; older ones that nobody fetched are dropped."""

    def __init__(
        self,
        open_capture: Callable[[], Capture],
        size_px: tuple[int, int],
        patience: Patience,
        info: CameraInfo | None = None,
        refusals: Refusals | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Return at once; ``open_capture`` is called by the thread, and may take its time and raise SourceLostError."""
        self._open, self._size_px, self._patience, self._info, self._clock = open_capture, size_px, patience, info, clock
        self._refusals = refusals or Refusals()
        self._lock = threading.Lock()
        self._newest: tuple[float, Bgr] | None = None
        self._bad, self._bad_reason, self._misses = 0, "", 0
        self._heard_s, self._patience_s = clock(), patience.first_s
        self._failure = ""
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)
        self._thread.start()

    @property
    def hangs(self) -> bool:
        """Whether the thread has not ended yet; until then it holds the camera."""
        return self._thread.is_alive()

    # ---------------------------------------------------------------- the thread

    def _run(self) -> None:
        try:
            capture = self._open()
        except SourceLostError as error:
            self._fail(str(error))
            return
        try:
            while not self._closed.wait(_LEAST_PERIOD_S) and self._take(*capture.read()):
                pass
        except cv2.error as error:
            self._fail(f"OpenCV: {error.err}")
        finally:
            capture.release()

    def _take(self, good: bool, picture: object) -> bool:
        if not good:
            return self._miss()
        self._misses = 0
        try:
            whole = as_bgr(picture)
            check_shape(self._info, whole.shape[1], whole.shape[0])
            fitted = fit(whole, *self._size_px)
        except PictureError as error:
            self._refuse(str(error))
            return True
        with self._lock:
            self._heard_s, self._patience_s = self._clock(), self._patience.next_s
            self._newest = self._heard_s, fitted
        return True

    def _miss(self) -> bool:
        """A picture that FFmpeg could not decode and the end of a stream look the same, but for what follows."""
        if self._misses == self._patience.misses:
            self._fail("the camera stopped giving pictures")
            return False
        self._misses += 1
        self._refuse("damaged")
        return True

    def _refuse(self, reason: str) -> None:
        with self._lock:
            self._bad, self._bad_reason = self._bad + 1, reason

    def _fail(self, failure: str) -> None:
        with self._lock:
            self._failure = failure

    # ---------------------------------------------------------------- the step

    def read(self, inbox: Inbox, now_s: float) -> Image | None:
        with self._lock:
            newest, self._newest = self._newest, None
            bad, self._bad, reason = self._bad, 0, self._bad_reason
            silent_s, failure = self._clock() - self._heard_s, self._failure
            patience_s = self._patience_s
        if bad:
            self._refusals.add(reason, now_s, bad)
        if newest is not None:
            taken_s, picture = newest
            return Image(now_s - max(0.0, self._clock() - taken_s), FRAME_ID, picture, None, self._info)
        if failure or silent_s > patience_s:
            raise SourceLostError(failure or f"the camera has given no picture for {silent_s:.1f} s")
        return None

    def close(self) -> None:
        """Ask the thread to end, and do not wait; it releases the camera."""
        self._closed.set()

    def wait(self, seconds: float) -> None:
        """… until the thread has ended, but no longer.  One that hangs in a driver is left behind (it is a daemon)."""
        self._thread.join(timeout=seconds)
