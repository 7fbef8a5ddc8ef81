"""How likely the newest second of sound ends with a stop word.

The encoder of the network that writes down what it hears (``speech_model.py``) was learned from people's speech in every kind of noise,
and says every 24 ms what sounds there.  A small network of our own, trained on what it says (``models/stop``), answers whether
"stop", "halt", "freeze", "arrête" or "halte" has just ended.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from robot_runtime.hear.speech_model import END, SpeechModel, open_encoder, open_network
from robot_runtime.paths import resolve

WINDOW = 19_200
"""Samples at 16 kHz, 1.2 s: the longest shout, and some silence."""
_FULL_SCALE = 32768.0
_PIECES = 9
_STOP = re.compile(r"\b(stop|halt|freeze)\b")

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


class Checked:
    """A network that is believed only when the recogniser, too, writes an English stop word for the same sound.

    :param least: how likely a word must be for that to be tried, which takes some 50 ms
    """

    def __init__(self, network: StopNetwork, model: SpeechModel, least: float) -> None:
        self._network, self._model, self._least = network, model, least
        self.words = network.words

    def hear(self, window: NDArray[np.int16]) -> Floats:
        """As the network's; nothing is likely where something else is written."""
        words = self._network.hear(window)
        if 1.0 - words[0] < self._least or holds_stop(write(self._model, window)):
            return words
        nothing: Floats = np.zeros_like(words)
        nothing[0] = 1.0
        return nothing


def write(model: SpeechModel, samples: NDArray[np.int16]) -> str:
    """What the recogniser would write freely, piece by piece the likeliest; it ends after some."""
    writing, text = model.begin(samples), ""
    for _ in range(_PIECES):
        piece = int(np.argmax(writing.log_probabilities[0]))
        if piece == END:
            break
        text += model.pieces[piece]
        writing = model.go_on(writing, [0], [piece])
    return text


def holds_stop(text: str) -> bool:
    """Whether a text has an English stop word.

    >>> holds_stop(" Robot, stop!"), holds_stop(" They stopped.")
    (True, False)
    """
    return bool(_STOP.search(text.lower()))
