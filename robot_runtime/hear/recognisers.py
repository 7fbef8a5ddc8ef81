"""Which recogniser listens, by configuration."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from robot_runtime.hear.grammar import Grammar
from robot_runtime.hear.recogniser import Recogniser
from robot_runtime.hear.transcriber import Backend, transcriber
from robot_runtime.hear.transcribing import TranscribingRecogniser

_LANGUAGE = "en"  # of the grammar


class RecogniserConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    backend: Backend = Field("embedded", description="embedded (no download); faster-whisper or kyutai run in a process of their own")
    model: str = Field("", description="folder of the model, for one that is not embedded")
    timeout_s: float = Field(2.0, gt=0, le=60, description="without an answer for so long the embedded one is asked instead [s]")


def recogniser(config: RecogniserConfig, grammar: Grammar) -> Recogniser:
    """The recogniser that is configured.

    :raises WorkerError: its package is not installed, or its model is not there; the message says what to do
    :raises FileError: the embedded one's networks are not there
    :raises PronunciationError: a word of the grammar can be neither found nor pronounced
    """
    if config.backend == "embedded":
        return Recogniser(grammar)
    return TranscribingRecogniser(grammar, transcriber(config.backend, config.model, _LANGUAGE, config.timeout_s))
