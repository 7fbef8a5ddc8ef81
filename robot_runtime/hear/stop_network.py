"""How likely the newest second of sound ends with a stop word.

The encoder of the network that writes down what it hears (``speech_model.py``) was learned from people's speech in every kind of noise,
and says every 24 ms what sounds there.  A small network of our own, trained on what it says (``models/stop``), answers whether
"stop", "halt", "freeze", "arrête" or "halte" has just ended.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from robot_runtime.hear.speech_model import open_encoder, open_network
from robot_runtime.paths import resolve

WINDOW = 19_200
"""Samples at 16 kHz, 1.2 s: the longest shout, and some silence."""
_FULL_SCALE = 32768.0

Floats = NDArray[np.float32]


class Encoder:
    """The frozen part.

    :param folder: of the encoder's file; by default that of the package
    :raises FileError: the file is missing or is not that network
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._session = open_encoder(folder)

    def hear(self, windows: NDArray[np.int16]) -> Floats:
        """What sounds in each window.

        :param windows: shape (windows, WINDOW)
        :return: shape (windows, 48, 288)
        """
        sound = np.asarray(windows, np.float32) / _FULL_SCALE
        (heard,) = self._session.run(None, {"input_values": sound, "attention_mask": np.ones(sound.shape, np.int64)})
        return np.asarray(heard, np.float32)


class StopNetwork:
    """Both parts.

    :param head: ONNX file of the trained part
    :raises FileError: a file is missing or is not such a network
    """

    def __init__(self, head: str | Path) -> None:
        self.encoder = Encoder()
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = 1, 1
        self._head = open_network(resolve(head), options)
        self.words = tuple(self._head.get_modelmeta().custom_metadata_map["words"].split(","))
        """What it tells apart; "" is everything else."""

    def hear(self, window: NDArray[np.int16]) -> Floats:
        """How likely each of :attr:`words` has just ended, for one window of :data:`WINDOW` samples."""
        words: Floats = self.judge(self.encoder.hear(window[None]))[0]
        return words

    def judge(self, heard: Floats) -> Floats:
        """The same of what the encoder made of several; shape (windows, words)."""
        (answer,) = self._head.run(None, {"heard": heard})
        return np.asarray(answer, np.float32)
