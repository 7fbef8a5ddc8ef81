"""Whether the echo is really gone, and how likely what is left is the robot's own voice."""

from __future__ import annotations

import math
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from robot_runtime.hear.activity import LevelGate

Floats = NDArray[np.float32]

_AUDIBLE_DB = 10.0
"""So much above the room's floor an echo counts."""
_PLAYS_DBFS = -60.0
_RING_DB = 1.0  # a frame, by which what was played fades from the room: 60 dB in 1.2 s
_GONE_DB = 8.0  # echo return loss enhancement from which an echo counts as cancelled …
_BACK_DB = 5.0  # … and below which no more
_TRACE_DB = 20.0  # how plainly the reference may be seen in what is left, by EchoDelay.peak_db: 8 … 18 dB once the filter has learnt …
_PLAIN_DB = 21.5  # … 22 … 26 dB before, and after the delay has jumped
_FIRST_FRAMES = 100  # of played sound that are looked at before an echo is said to be inaudible
_FEW = 0.2  # of these that may be loud, by chance
_SHARE_KEPT = 0.98
_WORSE_KEPT = 0.9  # of the energies before and behind the filter, from one frame to the next …
_WORSE = 1.25  # … whose ratio tells that it adds to the echo; who speaks over the robot is in both
_OVER_DB = 5.0  # above what residue is expected, somebody else speaks
_SLOPE_DB = 1.5
_HANG = 0.9  # of the likelihood that somebody else speaks, from one frame to the next: words have gaps


class Echo(Enum):
    """What there is of the robot's own voice."""

    QUIET = "quiet"  # nothing is played
    INAUDIBLE = "inaudible"  # what is played does not reach the microphone
    CANCELLED = "cancelled"
    UNCANCELLED = "uncancelled"  # or not known to be


class EchoWatch:
    """Judges each frame of 20 ms; all state in here."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.echo = Echo.QUIET
        self.own_voice = 0.0
        """Likelihood that what is left of the newest frame is the robot's own voice."""
        self.erle_db = 0.0
        """Echo return loss enhancement of the linear filter, the upper third of frames: those in which hardly anybody else speaks."""
        self._floor = LevelGate(_AUDIBLE_DB)
        self._ringing_dbfs = -math.inf
        self._residue_db = 0.0  # what is left, relative to what was played; five of six frames are below
        self._somebody = 0.0
        self._over_db = -math.inf
        self.known = Echo.UNCANCELLED
        """Of the three that hold while something is played, the one that held last."""
        self._loud_share = 1.0
        self._frames = 0
        self._trace_db = math.inf
        self._energies = (0.0, 0.0)  # lately, before the filter and behind it

    def lost(self) -> None:
        """The echo is not cancelled any more, as is known from elsewhere."""
        if self.known is not Echo.INAUDIBLE:
            self.known, self.erle_db, self._trace_db = Echo.UNCANCELLED, min(self.erle_db, 0.0), math.inf

    def looked(self, mic_peak_db: float, left_peak_db: float, sure_db: float) -> None:
        """How plainly the reference was seen in the microphone's sound and in what is left of it (``EchoDelay.peak_db``)."""
        self._trace_db = left_peak_db
        if self.known is Echo.INAUDIBLE and mic_peak_db >= sure_db:
            self.known = Echo.UNCANCELLED

    def judge(self, heard: Floats, left: Floats, played: Floats, possible: bool, unknown: bool = False) -> None:
        """Take in a frame.

        :param unknown: something may be played that is not in ``played``
        :param played: what of the reference may be heard now
        :param possible: an echo may be heard, whatever its delay is
        """
        heard_dbfs, left_dbfs, played_dbfs = _dbfs(heard), _dbfs(left), _dbfs(played)
        loud = self._floor.is_above(heard_dbfs)
        self._ringing_dbfs = max(played_dbfs, self._ringing_dbfs - _RING_DB)
        if unknown:
            self.echo, self.own_voice, self._somebody = Echo.UNCANCELLED, 1.0, 0.0
            return
        if not possible and self._ringing_dbfs < _PLAYS_DBFS:
            self.echo, self.own_voice, self._somebody = Echo.QUIET, 0.0, 0.0
            return
        if possible:
            self._loud_share = _SHARE_KEPT * self._loud_share + (1 - _SHARE_KEPT) * loud
            self._frames += 1
        if loud and self._ringing_dbfs >= _PLAYS_DBFS:
            self.erle_db += 0.35 if heard_dbfs - left_dbfs > self.erle_db else -0.15
            self._learn_residue(left_dbfs - self._ringing_dbfs)
            self._compare(heard, left)
        self.echo = self.known = self._judged()
        self.own_voice = self._likelihood(left_dbfs)

    def _compare(self, heard: Floats, left: Floats) -> None:
        """A filter that adds to the echo has lost it: the delay has jumped, or the echo path has changed."""
        before, behind = self._energies
        before = _WORSE_KEPT * before + float(heard @ heard)
        behind = _WORSE_KEPT * behind + float(left @ left)
        self._energies = before, behind
        if self.known is Echo.CANCELLED and behind > _WORSE * before:
            self.lost()

    def _judged(self) -> Echo:
        if self.known is Echo.INAUDIBLE:
            return Echo.INAUDIBLE
        if self.known is Echo.CANCELLED:
            return Echo.CANCELLED if self.erle_db >= _BACK_DB and self._trace_db < _PLAIN_DB else Echo.UNCANCELLED
        if self.erle_db >= _GONE_DB and self._trace_db < _TRACE_DB:
            return Echo.CANCELLED
        if self._frames >= _FIRST_FRAMES and self._loud_share < _FEW:
            return Echo.INAUDIBLE
        return Echo.UNCANCELLED

    def _learn_residue(self, residue_db: float) -> None:
        """Quickly while the filter learns.  Later slowly, and hardly from what is so loud that it is likely somebody else."""
        over_db = residue_db - self._residue_db
        if self.known is not Echo.CANCELLED:
            self._residue_db += 0.5 if over_db > 0 else -0.1
        elif over_db > _OVER_DB:
            self._residue_db += 0.01
        else:
            self._residue_db += 0.2 if over_db > 0 else -0.04

    def _likelihood(self, left_dbfs: float) -> float:
        if self.echo is Echo.INAUDIBLE:
            return 0.0
        if self.echo is Echo.UNCANCELLED:
            self._somebody = 0.0
            return 1.0
        over_db = left_dbfs - (self._ringing_dbfs + self._residue_db + _OVER_DB)
        both_db, self._over_db = min(over_db, self._over_db), over_db  # a single frame is a click
        somebody = 0.0
        if self._floor.stands_out(left_dbfs):
            somebody = 1 / (1 + math.exp(-max(-50.0, min(50.0, both_db / _SLOPE_DB))))
        self._somebody = max(somebody, _HANG * self._somebody)
        return 1.0 - self._somebody


def _dbfs(samples: Floats) -> float:
    return 10 * math.log10(float(samples @ samples) / len(samples) + 1e-12)
