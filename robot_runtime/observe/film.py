"""The run as a film: what the robot saw beside a view from above, with captions and sound.

Written as VP9 and Opus in MP4: free codecs that browsers play.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from robot_runtime.messages import ActionStatus, EncodedImage, SafetyState, SimState, SpeechState, Utterance, Velocity
from robot_runtime.observe.run import Run
from robot_runtime.observe.sound import RATE_HZ, mix

FPS = 10
PANE_PX = (640, 480)
CAPTION_PX = 84
_STATUS_PX = 280  # of the strip's upper right, for figures
Overhead = Callable[[Sequence[SimState]], Iterator[NDArray[np.uint8]]]
"""Draws the home from above: for each state a picture of shape (480, 640, 3), BGR, in order."""

_MODE_TEXT = {"running": ("moves when asked", (150, 200, 150)), "starting": ("starting", (190, 190, 190))}
_STOP_COLOUR = (240, 120, 100)


@dataclass(frozen=True)
class _Track:
    """Messages of one topic with quick access to the newest one at a given time."""

    stamps_s: list[float]
    messages: list[Any]

    @classmethod
    def of(cls, messages: list[Any], stamp: Callable[[Any], float] = lambda m: float(m.stamp_s)) -> _Track:
        ordered = sorted(messages, key=stamp)
        return cls([stamp(m) for m in ordered], ordered)

    def at(self, now_s: float, max_age_s: float = float("inf")) -> Any | None:
        index = bisect.bisect_right(self.stamps_s, now_s) - 1
        return self.messages[index] if index >= 0 and now_s - self.stamps_s[index] <= max_age_s else None


def write_film(run: Run, path: Path, overhead: Overhead | None, progress: Callable[[float], None] = lambda share: None) -> None:
    """Write the film; without ``overhead`` (a real robot) only the robot's own view is in it."""
    import av

    with av.open(str(path), "w") as container:
        video = container.add_stream("libvpx-vp9", rate=FPS)
        video.options = {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "crf": "36", "b": "0"}
        video.pix_fmt = "yuv420p"
        video.width, video.height = PANE_PX[0] * (2 if overhead else 1), PANE_PX[1] + CAPTION_PX
        sound = container.add_stream("libopus", rate=48000, layout="stereo")
        for index, picture in enumerate(_pictures(run, overhead)):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(video.encode(frame))
            progress(index / FPS / max(run.end_s - run.start_s, 1e-9))
        container.mux(video.encode())
        for block in _sound_blocks(run):
            container.mux(sound.encode(block))
        container.mux(sound.encode())


def _sound_blocks(run: Run) -> Iterator[Any]:
    import av

    resampler = av.AudioResampler(format="flt", layout="stereo", rate=48000)
    stereo = mix(run)
    for begin in range(0, len(stereo), RATE_HZ):
        block = np.ascontiguousarray(stereo[begin : begin + RATE_HZ].reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, begin, Fraction(1, RATE_HZ)
        yield from resampler.resample(frame)


def _pictures(run: Run, overhead: Overhead | None) -> Iterator[NDArray[np.uint8]]:
    times_s = [run.start_s + index / FPS for index in range(int((run.end_s - run.start_s) * FPS))]
    views = _Track.of(run.all("camera/image/compressed", EncodedImage))
    captions = _Captions(run)
    above = _from_above(run, times_s, overhead) if overhead else itertools.repeat(None)
    for now_s, picture in zip(times_s, above, strict=False):
        panes = [_view(views.at(now_s, max_age_s=2.0))]
        if picture is not None:
            panes.append(picture)
        yield np.vstack([np.hstack(panes), captions.draw(now_s, PANE_PX[0] * len(panes))])


def _from_above(run: Run, times_s: Sequence[float], overhead: Overhead) -> Iterator[NDArray[np.uint8]]:
    """A picture for each time; black before the first state."""
    track = _Track.of(run.all("sim/state", SimState))
    states = [track.at(now_s) for now_s in times_s]
    drawn = overhead([state for state in states if state is not None])
    return (next(drawn) if state is not None else _blank() for state in states)


def _blank() -> NDArray[np.uint8]:
    return np.zeros((PANE_PX[1], PANE_PX[0], 3), np.uint8)


def _view(image: EncodedImage | None) -> NDArray[np.uint8]:
    """The robot's picture at pane size; black when the camera has said nothing for two seconds."""
    picture = cv2.imdecode(np.frombuffer(image.data, np.uint8), cv2.IMREAD_COLOR) if image else None
    if picture is None:
        return _blank()
    return np.asarray(cv2.resize(picture, PANE_PX, interpolation=cv2.INTER_CUBIC), np.uint8)


class _Captions:
    """The strip below the pictures: what people say, what the robot says, how fast it goes and why it stands."""

    def __init__(self, run: Run) -> None:
        self._heard = _Track.of(run.all("speech/heard", Utterance), lambda u: float(u.start_s))
        self._said = _Track.of([s for s in run.all("speech/state", SpeechState) if s.phase == "started"])
        self._safety = _Track.of(run.all("safety/state", SafetyState))
        self._speed = _Track.of(run.all("cmd_vel", Velocity))
        self._doing = _Track.of([s for s in run.all("action/status", ActionStatus) if s.action_id != s.plan_id])
        self._start_s = run.start_s
        self._font = ImageFont.truetype(_font_file(), 22)
        self._small = ImageFont.truetype(_font_file(), 16)
        self._last: tuple[Any, NDArray[np.uint8]] | None = None

    def draw(self, now_s: float, width_px: int) -> NDArray[np.uint8]:
        heard, said = self._heard.at(now_s, 4.0), self._said.at(now_s, 5.0)
        safety, speed = self._safety.at(now_s), self._speed.at(now_s, 1.0)
        person = f"{heard.speaker_id or 'somebody'}: {heard.text}" if heard and heard.text else ""
        robot = f"robot: {said.text}" if said else ""
        mode = safety.mode if safety else "starting"
        doing = self._doing.at(now_s)
        action = f"{doing.skill.replace('_', ' ')}   " if doing and doing.phase == "running" else ""
        status = f"{action}{abs(speed.linear_mps) if speed else 0.0:.1f} m/s   {now_s - self._start_s:5.1f} s"
        key = (person, robot, mode, safety.causes[:1] if safety else (), status, width_px)
        if self._last is None or self._last[0] != key:
            self._last = (key, self._paint(*key))
        return self._last[1]

    def _paint(self, person: str, robot: str, mode: str, causes: tuple[str, ...], status: str, width_px: int) -> NDArray[np.uint8]:
        strip = Pillow.new("RGB", (width_px, CAPTION_PX), (24, 26, 30))
        pen = ImageDraw.Draw(strip)
        pen.text((16, 10), person, font=self._font, fill=(130, 180, 255))
        pen.text((16, 48), robot, font=self._font, fill=(150, 230, 160))
        text, colour = _MODE_TEXT.get(mode, (mode.replace("_", " ").upper(), _STOP_COLOUR))
        if mode not in _MODE_TEXT and causes:
            text = f"{text}: {causes[0]}"
        pen.text((width_px - 16, 10), status, font=self._small, fill=(220, 220, 220), anchor="ra")
        pen.text((width_px - _STATUS_PX, 10), text[:60], font=self._small, fill=colour, anchor="ra")
        return np.asarray(strip, np.uint8)[:, :, ::-1]


def _font_file() -> str:
    """DejaVu Sans as matplotlib ships it: there on every machine that can write a report."""
    import matplotlib as mpl

    return str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")
