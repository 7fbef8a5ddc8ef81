"""Training data: ``python -m models.stop.dataset`` draws scenes and keeps what the frozen encoder hears in windows of them.

Shards of some hundred scenes each land in ``build/stop``; those that are there are not made again.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from pathlib import Path

import numpy as np
import soxr
import yaml
from numpy.typing import NDArray

from models.stop.scenes import LENGTH_S, OwnVoice, Scene, Scenes
from models.stop.speech import RATE_HZ, Floats, Speaker
from robot_runtime.hear.stop_network import WINDOW, Encoder, StopNetwork
from robot_runtime.paths import package_folder
from robot_runtime.speak.espeak import Espeak
from robot_runtime.speak.synthesis import EspeakSynthesiser
from sim.voices import read_wav

WORDS = ("", "stop", "halt", "freeze", "arrête", "halte")
"""What the network tells apart; "" is everything else."""
SOON_S, LATE_S, GONE_S = 0.04, 0.42, 0.75
"""A window that ends so long after a word should find it; later it need not, and still later it should not."""
_UNFINISHED_S = 0.08  # before its end a word is not one yet
_SCENES = 200  # a shard
_MINED, _DOUBT = 60, 0.04  # scenes of such a shard, and how likely a stop word must be at least to be kept
_SHIPPED = "models/stop/shipped/stop.onnx"
_RECORDED = ("beckett.wav", "endgame_nagg_nell.wav")
"""Of people reading, in the package moonshine-voice; two others of it only judge."""
_OWN = (("en-us", "en"), ("en-us", "en"), ("fr", "fr"))
_FILLED = {"object": "the red cup", "person": "Anna", "place": "the kitchen", "places": "kitchen, hall and bedroom"}


def main() -> int:
    """Make what shards are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build/stop"))
    parser.add_argument("--shards", type=int, default=24)
    parser.add_argument("--mine", type=int, default=0, help="shards more, of other sound that the network so far takes for a stop word")
    parser.add_argument("--seed", type=int, default=1, help="of the first shard")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    encoder = Encoder()
    with Espeak() as espeak:
        own = [OwnVoice(EspeakSynthesiser(voice, espeak), own_sentences(language)) for voice, language in _OWN]
        for seed in range(arguments.seed, arguments.seed + arguments.shards):
            file = arguments.out / f"shard{seed:04d}.npz"
            if not file.exists():
                heard, labels = shard(Scenes(Speaker(espeak, random.Random(seed)), own, recordings(), seed), encoder, seed)
                np.savez(file.with_suffix(".part.npz"), heard=heard, labels=labels)
                file.with_suffix(".part.npz").rename(file)
                print(f"{file}: {np.bincount(labels, minlength=len(WORDS)).tolist()}", file=sys.stderr, flush=True)
        for seed in range(arguments.seed, arguments.seed + arguments.mine):
            file = arguments.out / f"other{seed:04d}.npz"
            if not file.exists():
                scenes = Scenes(Speaker(espeak, random.Random(seed + 5000)), own, recordings(), seed + 5000)
                heard, labels = mined(scenes, StopNetwork(_SHIPPED), seed)
                np.savez(file.with_suffix(".part.npz"), heard=heard, labels=labels)
                file.with_suffix(".part.npz").rename(file)
                print(f"{file}: {len(labels)}", file=sys.stderr, flush=True)
    return 0


def mined(scenes: Scenes, network: StopNetwork, seed: int) -> tuple[NDArray[np.float16], NDArray[np.int64]]:
    """Windows of other sound of which the network is not quite sure that they hold no stop word, as :func:`shard` gives them."""
    rng = np.random.default_rng((seed, 10))
    found = [np.zeros((0, 48, 288), np.float16)]
    for _ in range(_MINED):
        padded = np.concatenate((np.zeros(WINDOW, np.int16), scenes.draw_other().samples))
        ends_s = np.arange(rng.uniform(0.8, 1.1), LENGTH_S, 0.24)
        heard = network.encoder.hear(np.stack([padded[round(end_s * RATE_HZ) :][:WINDOW] for end_s in ends_s]))
        found.append(heard[network.judge(heard)[:, 0] < 1 - _DOUBT].astype(np.float16))
    windows = np.concatenate(found)
    return windows, np.zeros(len(windows), np.int64)


def shard(scenes: Scenes, encoder: Encoder, seed: int) -> tuple[NDArray[np.float16], NDArray[np.int64]]:
    """What is heard in windows, shape (windows, 48, 288), and the word that ends in each, as a place in WORDS."""
    rng = np.random.default_rng((seed, 9))
    heard, labels = [], []
    for number in range(_SCENES):
        scene = scenes.draw(stop=number % 2 == 0)
        ends_s, words = windows_of(scene, rng)
        padded = np.concatenate((np.zeros(WINDOW, np.int16), scene.samples))
        cut = np.stack([padded[round(end_s * RATE_HZ) :][:WINDOW] for end_s in ends_s])
        heard.append(encoder.hear(cut).astype(np.float16))
        labels += words
    return np.concatenate(heard), np.asarray(labels)


def windows_of(scene: Scene, rng: np.random.Generator) -> tuple[list[float], list[int]]:
    """When some windows of a scene end, and what they should find: mostly where it is hard."""
    if scene.stop_s is None:
        over_s = scene.over_s or rng.uniform(1.0, LENGTH_S)
        ends_s = np.append(over_s + rng.uniform(-0.15, 0.4, 2), rng.uniform(0.4, LENGTH_S))
        return np.clip(ends_s, 0.3, LENGTH_S).tolist(), [0] * 3
    begin_s, end_s = scene.stop_s
    found = end_s + rng.uniform((SOON_S, 0.13, 0.25), (0.13, 0.25, LATE_S))
    unfinished = rng.uniform(max(0.2, begin_s - 0.1), max(0.25, end_s - _UNFINISHED_S))
    gone = end_s + rng.uniform(GONE_S, GONE_S + 0.5)
    label = WORDS.index({"arrêtez": "arrête"}.get(scene.word, scene.word))
    ends_s = np.append(found, unfinished if rng.random() < 0.6 else gone)
    labels = [label] * 3 + [0]
    inside = [k for k, end in enumerate(ends_s) if end <= LENGTH_S]
    return [float(ends_s[k]) for k in inside], [labels[k] for k in inside]


def own_sentences(language: str) -> tuple[str, ...]:
    """Everything that the robot itself says, its fields filled."""
    book = yaml.safe_load(Path(f"robot_runtime/mind/sentences/{language}.yaml").read_text(encoding="utf-8"))["sentences"]
    return tuple(
        re.sub(r"\{(\w+)[^}]*\}", lambda field: _FILLED.get(field[1], "that"), text) for text in book.values() if isinstance(text, str)
    )


def recordings() -> list[Floats]:
    """People who read aloud."""
    folder = package_folder("moonshine_voice")
    assert folder is not None, "package moonshine-voice is not installed"
    read = [read_wav(folder / "assets" / name) for name in _RECORDED]
    return [np.asarray(soxr.resample(samples, rate_hz, RATE_HZ)) for samples, rate_hz in read]


if __name__ == "__main__":
    sys.exit(main())
