"""The model's voice at the pace that the person needs: stretched while it runs, with a bounded lag that pauses pay back."""

from __future__ import annotations

import numpy as np

from robot_runtime.duplex.frames import FRAME_S, RATE_HZ, SAMPLES, Cut, Sound
from robot_runtime.speak.engine import NEUTRAL_WPM
from robot_runtime.speak.stretch import RATIOS, Stretch

MOST_LAG_S = 2.0
"""What is heard is never further behind what the model says, but for the time in which the robot was silent for somebody."""

_SPARE_S = 0.1  # of lag that is no lag: what the engine's own jitter needs
_SILENT = 100.0  # root mean square of int16: -50 dBFS
_LONGEST_PAUSE_S = 1.0  # more silence than that is nothing to play
_LEAST_WORDS = 8  # before the model's own pace is believed


class Pacing:
    """Sound at 16 kHz in, frames of 20 ms out."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._stretch = Stretch()
        self._cut = Cut(SAMPLES)
        self._ready: list[Sound] = []
        self._pause_s = 0.0
        self._wanted_wpm = NEUTRAL_WPM
        self._keep_pause_s = 0.25
        self._words = 0
        self._voiced_s = 0.0
        self.most_lag_s = 0.0
        self.paid_back_s = 0.0

    @property
    def lag_s(self) -> float:
        """Sound that waits to be heard."""
        return (len(self._ready) * SAMPLES + self._cut.waiting + self._stretch.lag_samples) / RATE_HZ

    @property
    def own_wpm(self) -> float:
        """Words a minute that the model speaks by itself, pauses left out."""
        return 60.0 * self._words / self._voiced_s if self._words >= _LEAST_WORDS and self._voiced_s else NEUTRAL_WPM

    @property
    def ratio(self) -> float:
        """Output to input duration that is applied now."""
        wanted = min(max(self.own_wpm / self._wanted_wpm, RATIOS[0]), RATIOS[1])
        if wanted <= 1.0:
            return wanted if self.lag_s > _SPARE_S + FRAME_S else 1.0  # nothing can be heard before it is said
        left = max(0.0, 1.0 - (self.lag_s + 2 * FRAME_S) / MOST_LAG_S)  # what is being taken now lags too
        return 1.0 + (wanted - 1.0) * min(1.0, 2.0 * left)

    def want(self, rate_wpm: float, pause_s: float) -> None:
        """The style that fits the person; pauses between sentences stay at least so long."""
        self._wanted_wpm, self._keep_pause_s = rate_wpm, pause_s

    def push(self, sound: Sound, words: int) -> None:
        """One frame of the model, and how many words began in it."""
        self._words += words
        if _silent(sound):
            seconds = len(sound) / RATE_HZ
            self._pause_s += seconds
            if self._pause_s > _LONGEST_PAUSE_S or (self._pause_s > self._keep_pause_s and self.lag_s > _SPARE_S):
                self.paid_back_s += seconds
                return
        else:
            self._pause_s = 0.0
            self._voiced_s += len(sound) / RATE_HZ
        self._stretch.set_ratio(self.ratio)
        self._ready += self._cut.push(self._stretch.push(sound))
        self.most_lag_s = max(self.most_lag_s, self.lag_s)

    def pop(self) -> Sound | None:
        """The next 20 ms; None if there are none."""
        return self._ready.pop(0) if self._ready else None

    def put_back(self, sound: Sound) -> None:
        """What was taken last is to be heard after all."""
        self._ready.insert(0, sound)

    def drop(self) -> None:
        """Forget all sound that waits; what is known of the pace stays."""
        self._stretch.reset()
        self._cut.drop()
        self._ready.clear()
        self._pause_s = 0.0


def _silent(sound: Sound) -> bool:
    return not len(sound) or float(np.sqrt(np.mean(np.square(sound.astype(np.float64))))) < _SILENT
