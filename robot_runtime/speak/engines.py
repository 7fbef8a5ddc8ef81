"""Which engine speaks, by configuration."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from robot_runtime.paths import resolve
from robot_runtime.speak.engine import Engine, EngineError
from robot_runtime.speak.espeak_engine import VOICES, EspeakEngine
from robot_runtime.speak.remote import RemoteEngine

Backend = Literal["espeak", "piper", "kyutai"]

_HERE = Path(__file__).parent
_KYUTAI_VOICES = {"en": "expresso/ex03-ex01_happy_001_channel1_334s.wav", "fr": "cml-tts/fr/10087_11650_000028-0002.wav"}


def engine(backend: Backend, language: str, voices: Mapping[str, str]) -> Engine:
    """The engine of a backend.

    :param language: of the voice that is made ready first, and taken where a language has none
    :param voices: language → voice: a name of espeak-ng, the path of a Piper model, or a voice of Kyutai TTS; empty for the
        engine's own
    :raises EngineError: it is not installed, or has no voice; the message says what to do
    """
    if backend == "espeak":
        return EspeakEngine(_first({**VOICES, **voices}, language))
    if backend == "piper":
        return _piper(_first(voices, language))
    return _kyutai(_first(voices or _KYUTAI_VOICES, language))


def _first(voices: Mapping[str, str], language: str) -> dict[str, str]:
    """The voices, that of ``language`` first.

    >>> _first({"en": "a", "fr": "b"}, "fr")
    {'fr': 'b', 'en': 'a'}
    """
    return dict(sorted(voices.items(), key=lambda item: item[0] != language))


def _piper(voices: Mapping[str, str]) -> Engine:
    _require("piper", "piper", "pip install piper-tts")
    if not voices:
        raise EngineError("piper: no voice; name a model a language, as voices: {en: /opt/piper/en_US-amy-medium.onnx}")
    models = {language: str(resolve(path)) for language, path in voices.items()}
    for model in models.values():
        for path in (Path(model), Path(model + ".json")):
            if not path.is_file():
                raise EngineError(f"piper: {path} is missing; `python -m piper.download_voices` gets voices with their .json")
    return RemoteEngine([sys.executable, str(_HERE / "piper_worker.py"), *models.values()], models, has_rate=True)


def _kyutai(voices: Mapping[str, str]) -> Engine:
    _require("kyutai", "moshi", "pip install moshi")
    return RemoteEngine([sys.executable, str(_HERE / "kyutai_worker.py"), *voices.values()], voices, has_rate=False)


def _require(backend: str, package: str, fix: str) -> None:
    """Looked for, not imported: its code stays out of this process."""
    if importlib.util.find_spec(package) is None:
        raise EngineError(f"{backend}: not installed: {fix}")
