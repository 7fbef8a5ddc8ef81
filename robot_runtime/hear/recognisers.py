"""Which recogniser listens, by configuration."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from robot_runtime.hear.grammar import Grammar
from robot_runtime.hear.recogniser import Recogniser
from robot_runtime.hear.transcriber import Backend, transcriber
from robot_runtime.hear.transcribing import TranscribingRecogniser
from robot_runtime.language.language import REFERENCE


class RecogniserConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    backend: Backend = Field("embedded", description="embedded (no download); faster-whisper or kyutai run in a process of their own")
    model: str = Field("", description="folder of the model, for one that is not embedded")
    timeout_s: float = Field(2.0, gt=0, le=60, description="without an answer for so long the embedded one is asked instead [s]")


def recogniser(config: RecogniserConfig, grammar: Grammar, languages: Sequence[str] = (REFERENCE,)) -> Recogniser:
    """The recogniser that is configured.

    :param grammar: of English, with those of the other languages beside it
    :param languages: that are spoken; one that is not embedded finds out which of several it is
    :raises WorkerError: its package is not installed, or its model is not there; the message says what to do
    :raises FileError: the embedded one's networks are not there
    :raises PronunciationError: a word of the grammar can be neither found nor pronounced
    """
    if config.backend == "embedded":
        return Recogniser(grammar)
    engine = transcriber(config.backend, config.model, languages[0] if len(languages) == 1 else "", config.timeout_s)
    return TranscribingRecogniser(grammar, engine, languages)
