"""Some seconds of a home as the microphone hears them: somebody says something, in a room, with noise and perhaps the robot's own voice."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from models.stop.speech import RATE_HZ, Floats, Speaker
from models.stop.words import a_stop, no_stop
from robot_runtime.speak.synthesis import EspeakSynthesiser, Manner
from sim.sound.description import Motors, SoundSource
from sim.sound.effects import effect
from sim.sound.motors import MachineNoise
from sim.sound.programmes import programme
from sim.voice.echo import EchoRoom, response

LENGTH_S = 3.2
_SAMPLES = round(LENGTH_S * RATE_HZ)
_FULL_SCALE = 32768.0
_NOISE_SEEDS = 4  # a minute each of television, dishes and guests


@dataclass(frozen=True)
class Scene:
    """What a microphone hears."""

    samples: NDArray[np.int16]  # 16 kHz, LENGTH_S long
    stop_s: tuple[float, float] | None = None  # beginning and end of a stop word in it
    word: str = ""
    over_s: float = 0.0  # when what somebody says is over


@dataclass(frozen=True)
class OwnVoice:
    """What the robot says in one language."""

    voice: EspeakSynthesiser
    sentences: tuple[str, ...]


class Scenes:
    """Draws scenes; the same seed gives the same ones."""

    def __init__(self, speaker: Speaker, own: Sequence[OwnVoice], recordings: list[Floats], seed: int) -> None:
        self._speaker, self._own, self._recordings = speaker, own, recordings
        self._chance, self._rng = random.Random(f"scenes {seed}"), np.random.default_rng((seed, 8))

    def draw(self, stop: bool) -> Scene:
        """One in which somebody asks for a stop, or one in which nobody does."""
        chance, rng = self._chance, self._rng
        heard, span_s, word, end = np.zeros(_SAMPLES), None, "", 0
        if stop or chance.random() < 0.75:
            phrase = a_stop(chance) if stop else no_stop(chance)
            speech = self._speaker.say(phrase)
            if len(speech.sound):
                at = chance.randint(RATE_HZ // 10, max(RATE_HZ // 10 + 1, _SAMPLES - len(speech.sound) - RATE_HZ // 2))
                end = min(_SAMPLES, at + len(speech.sound))
                heard[at:end] = speech.sound[: end - at]
                if speech.stop_s is not None:
                    span_s, word = (at / RATE_HZ + speech.stop_s[0], at / RATE_HZ + speech.stop_s[1]), phrase.word
        if chance.random() < 0.7:
            room = response(chance.uniform(0.15, 0.8), chance.uniform(-14, 3 if chance.random() < 0.3 else -3), rng)
            heard = np.asarray(fftconvolve(heard, room)[:_SAMPLES])
        heard += self._noise(has_speech=bool(heard.any()))
        if chance.random() < (0.25 if stop else 0.35):
            heard += self._own_voice() * 10 ** (-chance.uniform(-8, 12) / 20)
        heard *= 10 ** (chance.uniform(-52, -16) / 20)  # of the loudest tenth of a second of somebody, against full scale
        heard += rng.normal(0, 10 ** (chance.uniform(-78, -62) / 20), _SAMPLES)
        return Scene(np.clip(np.rint(heard * _FULL_SCALE), -32768, 32767).astype(np.int16), span_s, word, end / RATE_HZ)

    def draw_other(self) -> Scene:
        """One with no more than what else is heard: talk of others, half of the time."""
        chance = self._chance
        sound = self._others() if chance.random() < 0.5 else chance.choice(self._noises())()
        if chance.random() < 0.3:
            sound = sound + chance.choice(self._noises())() * chance.uniform(0, 1)
        if chance.random() < 0.6:
            sound = np.asarray(fftconvolve(sound, response(chance.uniform(0.15, 0.8), chance.uniform(-12, 3), self._rng))[:_SAMPLES])
        sound = sound / (np.sqrt(np.mean(sound**2)) + 1e-9) * 10 ** (chance.uniform(-52, -24) / 20)
        sound += self._rng.normal(0, 10 ** (chance.uniform(-78, -62) / 20), _SAMPLES)
        return Scene(np.clip(np.rint(sound * _FULL_SCALE), -32768, 32767).astype(np.int16))

    # ------------------------------------------------------------ what else is heard

    def _noise(self, *, has_speech: bool) -> Floats:
        """Against somebody's speech of level one: nothing in a third of the scenes, at most as loud as it in few."""
        chance = self._chance
        if has_speech and chance.random() < 0.35:
            return np.zeros(_SAMPLES)
        noise = chance.choice(self._noises())()
        if chance.random() < 0.3:
            noise = noise + chance.choice(self._noises())()
        ratio_db = chance.uniform(0, 30) if chance.random() < 0.85 else chance.uniform(-6, 0)
        return np.asarray(noise / (np.sqrt(np.mean(noise**2)) + 1e-9) * 10 ** (-ratio_db / 20))

    def _noises(self) -> tuple[Callable[[], Floats], ...]:
        return (
            self._home, self._home, self._coloured, self._motors, self._sounds, self._music, self._people, self._people, self._others,
        )  # fmt: skip

    def _home(self) -> Floats:
        return self._part(_programme(self._chance.choice(("television", "dishes", "babble")), self._chance.randrange(_NOISE_SEEDS)))

    def _people(self) -> Floats:
        return self._part(self._chance.choice(self._recordings))

    def _others(self) -> Floats:
        """Others who talk and want nothing."""
        sound = np.zeros(0)
        while len(sound) < _SAMPLES:
            sound = np.concatenate((sound, self._speaker.say(no_stop(self._chance)).sound, np.zeros(self._chance.randint(800, 8000))))
        return sound[:_SAMPLES]

    def _part(self, sound: Floats) -> Floats:
        at = self._chance.randrange(max(1, len(sound) - _SAMPLES))
        return np.resize(sound[at : at + _SAMPLES], _SAMPLES)

    def _coloured(self) -> Floats:
        """Noise that falls by 0 to 6 dB an octave, and may swell."""
        spectrum = np.fft.rfft(self._rng.normal(size=_SAMPLES))
        hz = np.maximum(np.fft.rfftfreq(_SAMPLES, 1 / RATE_HZ), 40.0)
        noise = np.fft.irfft(spectrum * hz ** -self._chance.uniform(0, 1.0), _SAMPLES)
        swell = 1 + self._chance.random() * np.sin(2 * np.pi * self._chance.uniform(0.3, 4) * np.arange(_SAMPLES) / RATE_HZ)
        return np.asarray(noise * swell)

    def _motors(self) -> Floats:
        machine = MachineNoise(Motors(), 1, self._chance.randrange(1000))
        from_mps, to_mps = self._chance.uniform(0, 0.8), self._chance.uniform(0, 0.8)
        turn = self._chance.uniform(-1, 1)
        frames = _SAMPLES // 320
        return np.concatenate([machine.hear(from_mps + (to_mps - from_mps) * k / frames, turn)[0] for k in range(frames)])

    def _sounds(self) -> Floats:
        """Coughs, laughter, doors, plates."""
        sound = self._rng.normal(0, 1e-3, _SAMPLES)
        for _ in range(self._chance.randint(1, 3)):
            one = effect(self._chance.choice(("cough", "laugh", "door_slam", "plate")), self._chance.randrange(10_000))
            at = self._chance.randrange(_SAMPLES)
            sound[at : at + len(one)] += one[: _SAMPLES - at] * self._chance.uniform(0.2, 1)
        return sound

    def _music(self) -> Floats:
        """Chords of plucked strings, and a drum on the beat."""
        chance, sound = self._chance, np.zeros(_SAMPLES)
        beat = round(chance.uniform(0.25, 0.7) * RATE_HZ)
        times_s = np.arange(RATE_HZ) / RATE_HZ
        for at in range(chance.randrange(beat), _SAMPLES, beat):
            root_hz = 110 * 2 ** (chance.randrange(24) / 12)
            chord = sum(
                np.exp(-times_s * chance.uniform(1.5, 6) * k) * np.sin(2 * np.pi * root_hz * ratio * k * times_s) / k
                for ratio in (1, chance.choice((1.1892, 1.2599)), 1.4983)
                for k in range(1, 7)
                if root_hz * ratio * k < RATE_HZ / 2
            )
            drum = 3 * self._rng.normal(size=RATE_HZ) * np.exp(-times_s / chance.uniform(0.01, 0.08)) * chance.random()
            note = np.asarray(chord) + drum
            sound[at : at + RATE_HZ] += note[: _SAMPLES - at]
        return sound

    def _own_voice(self) -> Floats:
        """The robot speaks, and hears itself in a room; as loud as somebody's speech of level one."""
        manner = Manner(rate_wpm=self._chance.uniform(110, 185), pitch_ratio=self._chance.uniform(0.9, 1.15))
        own = self._chance.choice(self._own)
        said = own.voice.speak(self._chance.choice(own.sentences), manner)
        room = EchoRoom.drawn(self._rng)
        loudspeaker = butter(2, 180.0, "highpass", fs=RATE_HZ, output="sos")
        driven = np.asarray(sosfilt(loudspeaker, said.astype(np.float64)))
        peak = 6 * np.std(driven) / room.distortion
        distorted = peak * np.tanh(driven / peak + 0.1 * (driven / peak) ** 2)
        at = self._chance.randrange(RATE_HZ)
        heard = fftconvolve(np.pad(distorted, (RATE_HZ // 2, _SAMPLES)), response(room.rt60_s, room.room_db, self._rng))[at : at + _SAMPLES]
        blocks = heard.reshape(-1, 1600)
        return np.asarray(heard / (np.sqrt(np.max(np.mean(blocks**2, axis=1))) + 1e-9))


@cache
def _programme(kind: str, seed: int) -> Floats:
    return programme(SoundSource.model_validate({"kind": kind, "at_m": (0.0, 0.0), "height_m": 1.0}), 900 + seed)
