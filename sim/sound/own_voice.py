"""The robot hears itself: its loudspeaker, late by the sound card, through its body, through the air, and off the walls.

Levels: a loudspeaker that speaks at 60 to 65 dB SPL at 1 m, as people do (ISO 9921), is some 12 dB louder at a microphone
a quarter of a metre away; off the loudspeaker's axis a little less.  The path through the body is that of a light shell: a few
damped resonances between 180 and 1200 Hz, at their loudest after about 1 ms; their frequencies are an assumption.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from scipy.signal import butter, sosfilt

from sim.sound.description import OwnVoice
from sim.sound.field import Field, Path
from sim.sound.units import FRAME, FRAMES_PER_S, FULL_SCALE, NOMINAL_DBFS, RATE_HZ, SPEED_OF_SOUND_MPS, Signal

USUAL_DBFS = -26.0
"""Active level of speech at its usual volume on ``audio/out`` (robot_runtime/speak/loudness.py)."""
DISTANCE_M = 0.25
HEIGHT_M = 1.0
BODY_DELAY_S = 0.001
_MODES = 7
_BODY_S = 0.012
_MOST_WAITING = FRAMES_PER_S
_LOUD = 0.5  # amplitude, as a share of full scale, at which the distortion is stated


class OwnVoicePath:
    """Takes frames as they are played, and gives what the microphones hear of them.

    :param seed: of the resonances of the shell
    """

    def __init__(self, settings: OwnVoice, field: Field, seed: int) -> None:
        self._settings, self._field = settings, field
        self._response = _near_response(settings, field.channels, seed)
        self._at_1m = 10 ** ((_gain_db(settings) + 20 * math.log10(DISTANCE_M)) / 20)
        self._filter = butter(2, [150, 7000], "bandpass", fs=RATE_HZ, output="sos")
        self._delay_frames, self._delay_samples = divmod(round(settings.latency_s * RATE_HZ), FRAME)
        self.reset()

    def reset(self) -> None:
        self._waiting: deque[Signal] = deque(maxlen=_MOST_WAITING)
        self._delayed: deque[Signal] = deque([np.zeros(FRAME)] * (self._delay_frames + 2), maxlen=self._delay_frames + 2)
        self._state = np.zeros((len(self._filter), 2))
        self._past = np.zeros(self._response.shape[1] - 1)
        self._path = Path(self._field, own=True)
        self._quiet = math.inf  # frames since something was played

    def play(self, samples: Signal) -> None:
        """20 ms for the sound card; it plays one of them a frame.  Of several at once after silence none waits longer than the last."""
        self._waiting.append(samples)

    def hear(self, robot: tuple[float, float, float]) -> Signal | None:
        """What the microphones hear of it in this frame, shape (microphones, samples); None for silence."""
        if self._quiet:
            for back in range(min(len(self._waiting) - 1, self._delay_frames), 0, -1):
                self._delayed[-back] = self._waiting.popleft()
        self._quiet = 0 if self._waiting else self._quiet + 1
        if self._quiet > self._delay_frames + 4 and self._path.silent:
            return self._field.reverberation(own=True)
        self._delayed.append(self._waiting.popleft() if self._waiting else np.zeros(FRAME))
        sound = self._membrane(self._late())
        extended = np.concatenate((self._past, sound))
        self._past = extended[FRAME:]
        heard = np.stack([np.convolve(extended, response, "valid") for response in self._response])
        echoes = self._path.echo(sound * self._at_1m, (robot[0], robot[1], HEIGHT_M))
        late = self._field.reverberation(own=True)
        return sum((sound for sound in (echoes, late) if sound is not None), start=heard)

    def _late(self) -> Signal:
        """The frame that leaves the sound card now."""
        before, now = self._delayed[0], self._delayed[1]
        return np.concatenate((before[FRAME - self._delay_samples :], now[: FRAME - self._delay_samples]))

    def _membrane(self, sound: Signal) -> Signal:
        """A small loudspeaker: mildly non-linear (second and third harmonic), and deaf to the lowest tones."""
        amount = self._settings.distortion / _LOUD
        share = sound / FULL_SCALE
        bent = share + 1.6 * amount * share**2 - 2.4 * amount / _LOUD * share**3
        heard, self._state = sosfilt(self._filter, bent * FULL_SCALE, zi=self._state)
        return np.asarray(heard)


def _gain_db(settings: OwnVoice) -> float:
    """From ``audio/out`` to the microphone."""
    return settings.level_db + NOMINAL_DBFS - USUAL_DBFS


def _near_response(settings: OwnVoice, channels: int, seed: int) -> Signal:
    """Air and body together, of the level that the settings ask for; shape (microphones, samples)."""
    rng = np.random.default_rng((seed, 3))
    times_s = np.arange(round(_BODY_S * RATE_HZ)) / RATE_HZ
    frequencies_hz = np.geomspace(180, 1200, _MODES) * rng.uniform(0.92, 1.08, _MODES)
    responses = []
    for _ in range(channels):
        phases, strengths = rng.uniform(0, 2 * np.pi, _MODES), rng.uniform(0.5, 1.0, _MODES)
        rings = strengths[:, None] * np.cos(2 * np.pi * frequencies_hz[:, None] * times_s + phases[:, None])
        body = rings.sum(axis=0) * times_s * np.exp(-times_s / BODY_DELAY_S)  # rises to its most within that time
        body *= 10 ** (settings.body_db / 20) / np.linalg.norm(body)
        air = np.zeros(len(times_s))
        air[round(DISTANCE_M / SPEED_OF_SOUND_MPS * RATE_HZ)] = 1.0
        response = air + body
        responses.append(response * 10 ** (_gain_db(settings) / 20) / _gain_for_speech(response))
    return np.stack(responses)


def _gain_for_speech(response: Signal) -> float:
    """Of the level of speech, whose power falls by 9 dB an octave above 500 Hz (D. Byrne et al., JASA 96(4), 1994)."""
    frequencies_hz = np.fft.rfftfreq(1024, 1 / RATE_HZ)
    speech = np.where(frequencies_hz < 150, 0.0, np.minimum(1.0, (500 / np.maximum(frequencies_hz, 1.0)) ** 3))
    return float(np.sqrt(np.sum(speech * np.abs(np.fft.rfft(response, 1024)) ** 2) / np.sum(speech)))
