"""faster-whisper behind a pipe: CTranslate2 and its threads stay out of the process that hears and speaks.

Run as ``python -m robot_runtime.hear.faster_whisper_worker MODEL``: a folder in CTranslate2's layout, or the name of a model in the
package's cache; nothing is downloaded.  A request is the sound (``sound``, base64 of 16-bit samples at 16 kHz) and its ``language``, "" for
the model to find out; an answer tells it too.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from robot_runtime.worker import Answer, serve

_BEAMS = 5
_MOST_PIECES = 96  # of text, for a command; a network that has gone astray writes on and on


def _load(path: str) -> tuple[dict[str, str], Answer]:
    import faster_whisper

    model = faster_whisper.WhisperModel(path, compute_type="auto", local_files_only=True)

    def answer(request: Mapping[str, Any]) -> Iterator[bytes]:
        sound = np.frombuffer(base64.b64decode(request["sound"]), "<i2").astype(np.float32) / 32768.0
        segments, about = model.transcribe(
            sound, language=request["language"] or None, beam_size=_BEAMS, temperature=0.0, without_timestamps=True,
            condition_on_previous_text=False, max_new_tokens=_MOST_PIECES,
        )  # fmt: skip
        text = "".join(segment.text for segment in segments).strip()
        yield json.dumps({"text": text, "language": about.language}).encode()

    return {"engine": f"faster-whisper {faster_whisper.__version__}"}, answer


if __name__ == "__main__":
    serve("faster-whisper", lambda: _load(sys.argv[1]))
