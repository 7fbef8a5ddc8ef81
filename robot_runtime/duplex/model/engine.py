"""One frame in, one frame out: codec → temporal transformer → depth transformer → codec, with all state in one place."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np
import torch
from moshi.models.compression import MimiModel
from moshi.models.lm import LMGen, LMModel

from robot_runtime.duplex.frames import MODEL_SAMPLES, Sound
from robot_runtime.duplex.model.eye import Eye
from robot_runtime.duplex.model.sizes import Sampling
from robot_runtime.duplex.model.vocabulary import Vocabulary
from robot_runtime.duplex.steering import Steering
from robot_runtime.duplex.wire import Step

_WARM_FRAMES = 8


class DuplexModel:
    """See :class:`~robot_runtime.duplex.serve.Engine`.

    The token of the text is known one frame before its sound: a step tells the text that it chose and the sound of the step before.
    """

    def __init__(
        self, language: LMModel, codec: MimiModel, vocabulary: Vocabulary, eye: Eye | None, sampling: Sampling, about: Mapping[str, Any]
    ) -> None:
        self._language, self._codec, self._eye = language, codec, eye
        self._vocabulary, self._sampling, self._about = vocabulary, sampling, about
        self._steering = Steering(vocabulary.encode)
        self._device = language.device
        self._generator = LMGen(
            language,
            use_sampling=not sampling.greedy,
            temp=sampling.temperature,
            temp_text=sampling.text_temperature,
            top_k=sampling.top_k,
            top_k_text=sampling.text_top_k,
            on_text_logits_hook=self._steer,
            on_text_hook=self._chosen,
        )
        self._streams = ExitStack()
        self._streams.enter_context(codec.streaming(1))
        self._streams.enter_context(self._generator.streaming(1))
        self.tokens: list[int] = []  # of the last frame that came out: text, then sound
        self._text_token = 0
        self._marks = [0.0] * 5
        self.reset()

    def facts(self) -> Mapping[str, Any]:
        return {**self._about, "threads": torch.get_num_threads()}

    def reset(self) -> None:
        mask = torch.ones(1, dtype=torch.bool, device=self._device)
        self._codec.reset_streaming(mask)
        self._generator.reset_streaming(mask)
        self._steering.reset()
        self.tokens = []
        if self._eye is not None and self._language.sight.close():
            self._new_graph()
        torch.manual_seed(self._sampling.seed)

    def warm_up(self) -> None:
        """Have everything allocated, chosen and captured that the first frames do; nothing of it is left but the time saved."""
        silence = np.zeros(MODEL_SAMPLES, np.int16)
        for frame in range(_WARM_FRAMES):
            if frame == _WARM_FRAMES // 2:
                self.see(np.zeros((48, 64, 3), np.uint8))
            self.step(silence)
        self.reset()

    def see(self, picture: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        if self._eye is not None and self._language.sight.show(self._eye(picture).to(self._language.dtype)):
            self._new_graph()

    def tell(self, number: int, text: str) -> None:
        self._steering.tell(number, text)

    def hush(self, frames: int) -> None:
        self._steering.hush(frames)

    @torch.no_grad()
    def step(self, sound: Sound) -> Step:
        """:raises ValueError: not a frame"""
        if sound.shape != (MODEL_SAMPLES,):
            raise ValueError(f"a frame has {MODEL_SAMPLES} samples, got shape {sound.shape}")
        self._mark(0)
        wave = torch.from_numpy(sound.astype(np.float32) / 32768.0).to(self._device)[None, None]
        codes = self._codec.encode(wave)
        self._mark(1)
        told, left = self._steering.told, self._steering.told_left
        tokens = self._generator.step(codes)
        self._mark(3)
        out = self._sound(tokens)
        self._mark(4)
        encode_ms, think_ms, depth_ms, decode_ms = (1e3 * float(d) for d in np.diff(self._marks))
        return Step(self._vocabulary.piece(self._text_token), out, told, left, encode_ms, think_ms, depth_ms, decode_ms)

    def _sound(self, tokens: torch.Tensor | None) -> Sound:
        if tokens is None:
            return np.zeros(0, np.int16)
        self.tokens = tokens[0, :, 0].tolist()
        wave = self._codec.decode(tokens[:, 1:])[0, 0].float().clamp(-1, 1)
        return (wave * 32767).round().to(torch.int16).cpu().numpy()

    def _steer(self, logits: torch.Tensor) -> None:
        allowed = self._steering.allowed()
        if allowed is not None:
            kept = logits[..., list(allowed)].clone()
            logits.fill_(-torch.inf)
            logits[..., list(allowed)] = kept

    def _chosen(self, token: torch.Tensor) -> None:
        self._text_token = int(token.item())
        self._steering.took(self._text_token)
        self._mark(2)

    def _mark(self, stage: int) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize()
        self._marks[stage] = time.perf_counter()

    def _new_graph(self) -> None:
        """Layers that look do more than those that do not: what was captured holds no longer."""
        state = self._generator._streaming_state
        if state is not None:
            state.graphed_main.reset(warmup_steps=1)
