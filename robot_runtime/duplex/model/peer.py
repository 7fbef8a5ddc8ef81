"""The loop that the package ``moshi`` itself has (its ``server.py``), on the same weights: what our engine is compared with.

Nothing is steered, gated or timed in it, and nothing seen.  It takes several conversations at once, which ours does not.
"""

from __future__ import annotations

import time
from contextlib import ExitStack

import numpy as np
import torch
from moshi.models.compression import MimiModel
from moshi.models.lm import LMGen, LMModel

from robot_runtime.duplex.frames import FRAME_S, MODEL_SAMPLES, Sound

STREAMS = (1, 2, 4, 8, 16, 32, 64)
_WARM_FRAMES = 10


@torch.no_grad()
def frames_ms(language: LMModel, codec: MimiModel, sound: Sound, frames: int, streams: int = 1) -> list[float]:
    """What each frame took, from sound in the host's memory to sound in it.

    :raises torch.OutOfMemoryError: so many streams do not fit
    """
    generator = LMGen(language)
    took_ms: list[float] = []
    with ExitStack() as stack:
        stack.enter_context(codec.streaming(streams))
        stack.enter_context(generator.streaming(streams))
        for frame in range(_WARM_FRAMES + frames):
            begun_s = time.perf_counter()
            wave = torch.from_numpy(sound.astype(np.float32) / 32768.0).to(language.device).expand(streams, 1, MODEL_SAMPLES)
            tokens = generator.step(codec.encode(wave))
            if tokens is not None:
                codec.decode(tokens[:, 1:]).cpu()
            if frame >= _WARM_FRAMES:
                took_ms.append(1e3 * (time.perf_counter() - begun_s))
    return took_ms


def most_streams(language: LMModel, codec: MimiModel, sound: Sound, frames: int) -> int:
    """How many conversations keep up at once: 99 of 100 frames within 80 ms; of :data:`STREAMS`, 0 if not even one."""
    most = 0
    for streams in STREAMS:
        try:
            took_ms = frames_ms(language, codec, sound, frames, streams)
        except torch.OutOfMemoryError:
            break
        if float(np.percentile(took_ms, 99)) > 1e3 * FRAME_S:
            break
        most = streams
    return most
