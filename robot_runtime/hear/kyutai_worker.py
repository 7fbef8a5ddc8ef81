"""Kyutai's speech-to-text (the package ``moshi``) behind a pipe: torch and its networks stay out of the process that hears and speaks.

Run as ``python -m robot_runtime.hear.kyutai_worker FOLDER``, which holds what a repository such as ``kyutai/stt-1b-en_fr`` does; nothing
is downloaded.  The networks write one piece of text, or none, for each frame of 80 ms, some time after it: that delay, which their
``config.json`` states, is paid in silence after the sound.  Requests are as in ``faster_whisper_worker.py``; the networks themselves
find out which language it is.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from robot_runtime.worker import Answer, serve

_NO_TEXT = (0, 3)  # pieces that stand for the end of padding and for padding
_AFTER_S = 0.5  # beyond the stated delay
_SPACE = "▁"


class Transcriber:
    """The networks on the device that is there.

    :param folder: ``config.json``, in it the names of the weights (``moshi_name``, ``mimi_name``) and of the pieces (``tokenizer_name``)
    """

    def __init__(self, folder: Path) -> None:
        import torch
        from moshi.models import LMGen, loaders

        self._torch, self._generator = torch, LMGen
        config = json.loads((folder / "config.json").read_text())
        codec = config.get("mimi_config_name")
        info = loaders.CheckpointInfo.from_hf_repo(
            "", moshi_weights=folder / config["moshi_name"], mimi_weights=folder / config["mimi_name"],
            tokenizer=folder / config["tokenizer_name"], config_path=folder / "config.json",
            mimi_config_path=folder / codec if codec else None,
        )  # fmt: skip
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self._mimi: Any = info.get_mimi(device=device)
        self._pieces: Any = info.get_text_tokenizer()
        self._network: Any = info.get_moshi(device=device, dtype=torch.bfloat16 if device == "cuda" else torch.float32)
        self._before_s = float(info.stt_config.get("audio_silence_prefix_seconds", 0.0))
        self._after_s = float(info.stt_config.get("audio_delay_seconds", 0.0)) + _AFTER_S
        self._device = device

    def text(self, samples: np.ndarray[Any, np.dtype[np.int16]]) -> str:
        """What 16-bit samples at 16 kHz say."""
        torch, mimi = self._torch, self._mimi
        frame = int(mimi.sample_rate / mimi.frame_rate)
        sound = soxr.resample(samples.astype(np.float32) / 32768.0, 16_000, mimi.sample_rate)
        sound = np.pad(sound, (int(self._before_s * mimi.sample_rate), int(self._after_s * mimi.sample_rate)))
        frames = torch.from_numpy(sound[: len(sound) // frame * frame]).to(self._device).reshape(-1, 1, 1, frame)
        generator = self._generator(self._network, use_sampling=False)
        written = []
        with torch.no_grad(), mimi.streaming(1), generator.streaming(1):
            for number, one in enumerate(frames):
                codes = mimi.encode(one)
                if number == 0:
                    generator.step(codes)  # it begins with a frame of its own in place of this
                pieces = generator.step(codes)
                if pieces is not None:
                    written.append(int(pieces[0, 0, 0]))
        words = (self._pieces.id_to_piece(piece) for piece in written if piece not in _NO_TEXT)
        return "".join(words).replace(_SPACE, " ").strip()


def _load(folder: Path) -> tuple[dict[str, str], Answer]:
    import moshi

    transcriber = Transcriber(folder)

    def answer(request: Mapping[str, Any]) -> Iterator[bytes]:
        samples = np.frombuffer(base64.b64decode(request["sound"]), "<i2").astype(np.int16)
        yield json.dumps({"text": transcriber.text(samples)}).encode()

    return {"engine": f"moshi {moshi.__version__}"}, answer


if __name__ == "__main__":
    serve("kyutai", lambda: _load(Path(sys.argv[1])))
