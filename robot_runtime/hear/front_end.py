"""From the microphone's sound to what others said: without the robot's own voice, and at the level of recognition.

microphone ─┬─ linear echo filter ──┬─ mix ─ noise suppression ─ gain ─ audio/clean
            └─ WebRTC's canceller ──┘   ↑
audio/out ─── delay, drift ───────── echo watch ─ audio/state

While only the robot is heard, WebRTC's canceller is, which leaves next to nothing.  As soon as somebody else speaks, and while nothing
is played, the linear filter's sound is: it takes less of an echo away, and of a person nothing at all.  docs/sound.md has figures.
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.hear.activity import LevelGate
from robot_runtime.hear.alignment import LEAST, Alignment, between
from robot_runtime.hear.canceller import Canceller, Engine
from robot_runtime.hear.echo_delay import LONGEST_S, LOOK_EVERY, RATE_HZ, SIZE, SURE_DB, EchoDelay, worth_a_look
from robot_runtime.hear.echo_watch import Echo, EchoWatch
from robot_runtime.hear.linear_echo import Learnt, LinearEcho
from robot_runtime.hear.noise import NoiseSuppression
from robot_runtime.hear.own_speech import OwnSpeech
from robot_runtime.hear.reference import Reference, position
from robot_runtime.hear.speech_gain import SpeechGain
from robot_runtime.messages import AudioFrame, Odometry, SoundState, SpeechRequest, SpeechState
from robot_runtime.stage import Inbox, Outbox, latest, news

FRAME = 320
_FRAME_S = FRAME / RATE_HZ
_MOST_OFF = RATE_HZ // 10  # samples between counting frames and their stamps, before the stamps are believed
_RINGS_S = LONGEST_S + 0.3
_PLAYS = 1e-3  # of full scale
_SPEECH_MARGIN_DB = 15.0
_LEAST_MPS, _LEAST_RADPS = 0.02, 0.05
_TURNS_M = 0.3  # way that changes the room's echoes as much as a turn of one radian
_DIVERGED_DB = 6.0  # so much louder behind the filter than before it …
_DIVERGED_FRAMES = 10  # … for so long
_BEHIND_S = 0.1  # that the reference may lag the microphone while the robot speaks; a voice catches up with no more
_KEPT_LOOKS = 10  # the jump of a delay is noticed within 2 s: what was learnt before is kept for so long
_LATE_S = 10.0  # of played sound, after which an echo that is not cancelled is a problem

_log = logging.getLogger(__name__)

Floats = NDArray[np.float32]


class FrontEndConfig(StageConfig):
    echo_s: float = Field(0.32, ge=0.1, le=1, description="length of the echo path that is learnt: the room's reverberation counts [s]")
    noise_suppression: Literal["never", "moving", "always"] = Field(
        "never", description="WebRTC's noise suppressor: never, while the robot drives, or always; it costs recognition in quiet rooms"
    )
    noise_level: int = Field(1, ge=0, le=3, description="how much noise it takes away: 6, 12, 18 or 21 dB")
    quietest_dbfs: float = Field(-44.0, ge=-80, le=-20, description="softer speech is amplified to this level")
    loudest_dbfs: float = Field(-20.0, ge=-40, le=0, description="louder speech is attenuated to this level")
    most_gain_db: float = Field(12.0, ge=0, le=40, description="most amplification")


class FrontEnd:
    """Gives each frame of ``audio/in`` as ``audio/clean``, at once, with its stamp and number, and its ``audio/state`` just before it.

    Frames of ``audio/out`` are expected before those of ``audio/in`` that begin 20 ms later, as they are where a voice keeps
    pace with the clock.  Then the result depends on the sound alone, not on how it arrives.  While the robot may speak and its sound
    has not come, or some of it was lost, the echo is ``uncancelled``.

    :param engine: in place of WebRTC's echo canceller; for tests
    """

    Config = FrontEndConfig

    def __init__(self, config: FrontEndConfig, engine: Engine | None = None) -> None:
        self._config = config
        self._reference = Reference()
        self._delay, self._trace = EchoDelay(), EchoDelay()
        self._alignment = Alignment()
        self._linear = LinearEcho(config.echo_s)
        self._canceller = Canceller(engine)
        self._watch = EchoWatch()
        self._noise = None if config.noise_suppression == "never" else NoiseSuppression(config.noise_level)
        self._gain = SpeechGain(config.quietest_dbfs, config.loudest_dbfs, config.most_gain_db)
        self.reset()

    def reset(self) -> None:
        for part in (self._reference, self._delay, self._trace, self._alignment, self._linear, self._canceller, self._watch):
            part.reset()
        if self._noise is not None:
            self._noise.reset()
        self._gain.reset()
        self._own_speech = OwnSpeech()
        self._learnt: deque[Learnt] = deque(maxlen=_KEPT_LOOKS)  # while the echo was cancelled, at each look
        self._lost_s = 0.0  # for so long there may be an echo of sound that never came here
        self._room = LevelGate(_SPEECH_MARGIN_DB)
        self._position: int | None = None
        self._sequence = 0
        self._frames = 0
        self._rings_s = 0.0
        self._uncancelled_s = 0.0
        self._suppressed = 0.0
        self._louder = 0
        self._moving = False
        self._odometry: Odometry | None = None

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        for request in news(inbox, "speech/say", SpeechRequest):
            self._own_speech.will_say(request)
        for state in news(inbox, "speech/state", SpeechState):
            self._own_speech.says(state)
        outbox: Outbox = []
        for frame in news(inbox, "audio/out", AudioFrame):
            if not self._reference.put(frame):
                self._lost_s = _RINGS_S
            outbox.append(("audio/played", frame))
        odometry = latest(inbox, "odom", Odometry)
        if odometry is not None:
            self._moves(odometry)
        for frame in news(inbox, "audio/in", AudioFrame):
            clean = self._clean(frame)
            outbox += [("audio/state", self._state(frame)), ("audio/clean", clean)]
        return outbox

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        """See :class:`robot_runtime.stage.Diagnosing`."""
        problem = self._canceller.problem
        if not problem and self._uncancelled_s > _LATE_S:
            problem = "the robot's own voice is not cancelled: it does not listen while it speaks"
        return problem, {
            "echo": self._watch.echo.value,
            "delay_ms": f"{self._delay_s() * 1e3:.1f}",
            "delay_peak_db": f"{self._delay.peak_db:.1f}",
            "drift_ppm": f"{self._alignment.drift * 1e6:.0f}",
            "erle_db": f"{self._watch.erle_db:.1f}",
            "gain_db": f"{self._gain.gain_db:.1f}",
        }

    def _moves(self, odometry: Odometry) -> None:
        self._moving = abs(odometry.linear_mps) > _LEAST_MPS or abs(odometry.angular_radps) > _LEAST_RADPS
        before, self._odometry = self._odometry, odometry
        if before is not None:
            turned_rad = abs(math.remainder(odometry.yaw_rad - before.yaw_rad, 2 * math.pi))
            self._linear.moved(math.hypot(odometry.x_m - before.x_m, odometry.y_m - before.y_m) + _TURNS_M * turned_rad)

    # ------------------------------------------------------------ one frame

    def _clean(self, frame: AudioFrame) -> AudioFrame:
        here = self._place(frame)
        heard = np.asarray(frame.samples, np.float32) / np.float32(32768)
        played = self._played(here)
        left = self._filtered(heard, played)
        self._look(heard, left, here)
        self._watch.judge(heard, left, played, self._may_ring(here), self._unknown(frame))
        self._count_uncancelled()
        mixed = self._mixed(frame, left, played)
        if self._noise is not None:
            wanted = self._moving or self._config.noise_suppression == "always"
            mixed = self._noise.suppress(mixed, wanted)
        mixed = self._gain.apply(mixed, self._speech_dbfs(mixed))
        samples = np.clip(np.rint(mixed * 32768), -32768, 32767).astype(np.int16)
        return AudioFrame(frame.stamp_s, frame.source, frame.sequence, RATE_HZ, samples)

    def _place(self, frame: AudioFrame) -> int:
        """Where the frame begins, counted by the microphone; its stamps jitter, and only tell of a jump."""
        stamped = position(frame.stamp_s)
        counted = stamped if self._position is None else self._position + FRAME * (frame.sequence - self._sequence)
        self._position = stamped if abs(counted - stamped) > _MOST_OFF else counted
        self._sequence = frame.sequence
        return self._position

    def _played(self, here: int) -> Floats:
        """What of the reference is heard now, or up to 20 ms later."""
        self._alignment.advance(FRAME)
        start = here - self._alignment.lag
        whole = math.floor(start)
        return between(self._reference.take(whole - 1, FRAME + 3, here), start - whole)

    def _filtered(self, heard: Floats, played: Floats) -> Floats:
        """Behind the linear filter; one that makes things worse begins anew."""
        left = self._linear.remove(heard, played)
        if self._watch.known is Echo.INAUDIBLE:  # nothing to learn from, and nothing to take away
            return heard
        before, after = float(heard @ heard), float(left @ left)
        self._louder = self._louder + 1 if not after <= before * 10 ** (_DIVERGED_DB / 10) + 1e-6 else 0
        if math.isfinite(after) and self._louder < _DIVERGED_FRAMES:
            return left
        self._diverged()
        return heard

    def _diverged(self) -> None:
        """Most often the delay has jumped, and what was learnt holds again once it is found."""
        _log.info("front end: the echo is not where it was")
        self._linear.reset()
        self._watch.lost()
        self._louder = 0

    def _unknown(self, frame: AudioFrame) -> bool:
        """Whether the robot's own voice may be heard of which the reference does not know."""
        self._lost_s = max(0.0, self._lost_s - _FRAME_S)
        behind = self._reference.end_s < frame.stamp_s - _BEHIND_S
        return self._lost_s > 0 or (behind and self._own_speech.may_speak(frame.stamp_s))

    def _look(self, heard: Floats, left: Floats, here: int) -> None:
        """Four times a second, while something is played: where is the echo, and is there a trace of it in what is left?"""
        self._delay.hear(heard)
        self._trace.hear(left)
        self._frames += 1
        if self._frames % LOOK_EVERY:
            return
        played = self._reference.take(here + FRAME - SIZE, SIZE, here)
        if not worth_a_look(played):
            return
        sure = self._delay.look(played)
        self._trace.look(played)
        lost = self._watch.known is Echo.UNCANCELLED
        if sure and self._delay.delay is not None and self._alignment.found(here / RATE_HZ, self._delay.delay, lost):
            self._moved()
        elif self._watch.echo is Echo.CANCELLED:
            self._learnt.append(self._linear.learnt())
        self._watch.looked(self._delay.peak_db, self._trace.peak_db, SURE_DB)

    def _moved(self) -> None:
        """The reference is read from elsewhere.  After a jump what was learnt before it holds again."""
        if self._learnt and self._alignment.jumped:
            self._linear.recall(self._learnt[0])
        else:
            self._linear.reset()
        self._learnt.clear()
        self._louder = 0
        self._watch.lost()

    def _may_ring(self, here: int) -> bool:
        """Whether an echo may be heard, whatever its delay is; where that is known the watch knows better."""
        newest = self._reference.take(here - FRAME, FRAME, here)
        self._rings_s = _RINGS_S if float(np.max(np.abs(newest))) > _PLAYS else max(0.0, self._rings_s - _FRAME_S)
        return self._rings_s > 0 and self._watch.known is not Echo.CANCELLED

    def _mixed(self, frame: AudioFrame, left: Floats, played: Floats) -> Floats:
        suppressed = self._canceller.suppress(frame.samples, np.rint(played * 32767).astype(np.int16))
        wanted = self._watch.echo is Echo.UNCANCELLED and not self._canceller.problem
        before, self._suppressed = self._suppressed, float(wanted)
        if not before and not self._suppressed:
            return left
        share = np.linspace(before, self._suppressed, FRAME, dtype=np.float32)
        return np.asarray(left + share * (suppressed.astype(np.float32) / 32768 - left), np.float32)

    def _speech_dbfs(self, samples: Floats) -> float | None:
        level = 10 * math.log10(float(samples @ samples) / FRAME + 1e-12)
        loud = self._room.is_above(level)
        return level if loud and self._watch.own_voice < 0.1 else None

    # ------------------------------------------------------------ what is known

    def _count_uncancelled(self) -> None:
        if self._watch.echo in (Echo.CANCELLED, Echo.INAUDIBLE):
            self._uncancelled_s = 0.0
        elif self._watch.echo is Echo.UNCANCELLED:
            self._uncancelled_s += _FRAME_S

    def _delay_s(self) -> float:
        return math.nan if self._delay.delay is None else self._delay.delay / RATE_HZ

    def _state(self, frame: AudioFrame) -> SoundState:
        echo = self._watch.echo
        if self._canceller.problem and echo is Echo.CANCELLED:
            echo = Echo.UNCANCELLED
        return SoundState(
            stamp_s=frame.stamp_s,
            sequence=frame.sequence,
            echo=echo.value,
            own_voice=self._watch.own_voice,
            delay_s=self._delay_s(),
            erle_db=self._watch.erle_db,
            drift_ppm=self._alignment.drift * 1e6,
            gain_db=self._gain.gain_db,
            moving=self._moving,
        )


assert LEAST >= FRAME + 2, "what is read of the reference has come"
