"""``python -m robot_runtime.duplex.model.bench --size tiny|7b``: frames through the engine, timed stage by stage; a line of JSON.

Weights are random: how long a frame takes does not depend on their values.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import numpy as np
import psutil
import torch

from robot_runtime.duplex.frames import MODEL_SAMPLES, Sound
from robot_runtime.duplex.model import peer
from robot_runtime.duplex.model.build import build_codec, random_model
from robot_runtime.duplex.model.engine import DuplexModel
from robot_runtime.duplex.model.language import build_language
from robot_runtime.duplex.model.quantise import quantise
from robot_runtime.duplex.model.sizes import TINY_CODEC, TINY_EYE, EyeSizes, Sampling, Sizes, seven_b
from robot_runtime.duplex.model.vocabulary import Letters

_WARM_FRAMES = 10
_STAGES = ("encode", "think", "depth", "decode")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=("tiny", "7b"), default="tiny")
    parser.add_argument("--weights", choices=("bf16", "int8", "int4"), default="bf16")
    parser.add_argument("--blind", action="store_true", help="without sight")
    parser.add_argument("--peer", action="store_true", help="the loop of the package moshi, and how many streams it keeps up with")
    parser.add_argument("--frames", type=int, default=200)
    args = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    row: dict[str, Any] = {
        "size": args.size,
        "weights": args.weights if args.size == "7b" else "float32",
        "sees": not args.blind and not args.peer,
    }
    row |= {"loop": "moshi" if args.peer else "ours"}
    row["device"] = torch.cuda.get_device_name() if device == "cuda" else device
    if args.size == "7b" and device == "cpu":
        print(json.dumps({**row, "not_run": "no CUDA device here"}))
        return 0
    torch.set_num_threads(1)
    try:
        measured = _peer(args, device) if args.peer else _measured(_model(args, device), args.frames, blind=args.blind)
        print(json.dumps({**row, **measured}))
    except torch.cuda.OutOfMemoryError as error:
        print(json.dumps({**row, "not_run": str(error).splitlines()[0]}))
    return 0


def _peer(args: argparse.Namespace, device: str) -> dict[str, Any]:
    sizes, dtype = (Sizes(codec=TINY_CODEC), torch.float32) if args.size == "tiny" else (Sizes(language=seven_b()), torch.bfloat16)
    torch.manual_seed(0)
    language = build_language(sizes.language, seeing=False, device=device, dtype=dtype)
    codec, sound = build_codec(sizes, device), _sound()
    took_ms = peer.frames_ms(language, codec, sound, args.frames)
    streams = peer.most_streams(language, codec, sound, max(25, args.frames // 8))
    return {"frames": args.frames, "frame_ms": _figures(took_ms), "streams": streams, **_memory()}


def _sound() -> Sound:
    return (1000 * np.random.default_rng(0).standard_normal(MODEL_SAMPLES)).astype(np.int16)


def _memory() -> dict[str, int]:
    memory = {"memory_mib": round(psutil.Process().memory_info().rss / 2**20)}
    if torch.cuda.is_available():
        memory["gpu_mib"] = round(torch.cuda.max_memory_allocated() / 2**20)
    return memory


def _model(args: argparse.Namespace, device: str) -> DuplexModel:
    if args.size == "tiny":
        sizes, dtype = Sizes(codec=TINY_CODEC, eye=None if args.blind else TINY_EYE), torch.float32
    else:
        sizes = Sizes(language=seven_b(), eye=None if args.blind else EyeSizes())
        dtype = torch.bfloat16 if args.weights == "bf16" else torch.float16
    prepare = (lambda language: quantise(language, args.weights)) if args.size == "7b" else (lambda language: None)
    return random_model(sizes, Sampling(), Letters(), device=device, dtype=dtype, seed=0, name=args.size, prepare=prepare)


def _measured(model: DuplexModel, frames: int, *, blind: bool) -> dict[str, Any]:
    sound = _sound()
    picture = np.zeros((448, 448, 3), np.uint8)
    if not blind:
        model.see(picture)
    for _ in range(_WARM_FRAMES):
        model.step(sound)
    rows, took_ms, swaps_ms = [], [], []
    for frame in range(frames):
        if not blind and frame % 12 == 0:
            begun_s = time.perf_counter()
            model.see(picture)
            swaps_ms.append(1e3 * (time.perf_counter() - begun_s))
        begun_s = time.perf_counter()
        step = model.step(sound)
        took_ms.append(1e3 * (time.perf_counter() - begun_s))
        rows.append((step.encode_ms, step.think_ms, step.depth_ms, step.decode_ms))
    stages = {name: _figures([row[k] for row in rows]) for k, name in enumerate(_STAGES)}
    swap = {"picture_ms": _figures(swaps_ms)} if swaps_ms else {}
    return {
        "frames": frames,
        "frame_ms": _figures(took_ms),
        **{f"{name}_ms": figures for name, figures in stages.items()},
        **swap,
        **_memory(),
    }


def _figures(values: list[float]) -> dict[str, float]:
    p50, p99 = np.percentile(values, [50, 99])
    return {"p50": round(float(p50), 2), "p99": round(float(p99), 2)}


if __name__ == "__main__":
    sys.exit(main())
