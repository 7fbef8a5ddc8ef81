"""Engines in processes of their own: never waited for, learnt from, replaced when they die."""

from __future__ import annotations

import importlib.util
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from robot_runtime.speak import engines
from robot_runtime.speak.engine import NOT_YET, RATE_HZ, EngineError, Manner
from robot_runtime.speak.engines import engine
from robot_runtime.speak.loudness import NOMINAL_DBFS
from robot_runtime.speak.meter import active_level_dbfs, pitch_hz
from robot_runtime.speak.remote import RemoteEngine

WORKERS = Path(engines.__file__).parent
CLAUSE = "I will get the red cup for you."
TONE_HZ = 200.0

FAKE = """
    import json, math, struct, sys, time
    from array import array
    def send(kind, payload=b""):
        sys.stdout.buffer.write(kind + struct.pack("<I", len(payload)) + payload); sys.stdout.flush()
    time.sleep(0.1)
    send(b"R", json.dumps({"sample_rate_hz": 24000}).encode())
    while header := sys.stdin.buffer.read(5):
        request = json.loads(sys.stdin.buffer.read(struct.unpack("<I", header[1:])[0]))
        if request["text"] == "die":
            sys.exit(3)
        if request["text"] == "refuse":
            send(b"X", b"not that"); continue
        count = int(24000 * 0.05 * len(request["text"]) * request["duration"])
        tone = [int(20000 * math.sin(2 * math.pi * 200 * n / 24000)) for n in range(count)]
        sound = array("h", [0] * 4800 + tone + [0] * 4800)
        for begin in range(0, len(sound), 1920):
            send(b"A", sound[begin : begin + 1920].tobytes())
        send(b"E")
    """

PIPER = """
    import struct
    class SynthesisConfig:
        def __init__(self, length_scale): self.length_scale = length_scale
    class _Config: sample_rate, length_scale = 22050, 1.0
    class _Chunk:
        def __init__(self, samples): self.audio_int16_bytes = struct.pack(f"<{len(samples)}h", *samples)
    class PiperVoice:
        config = _Config()
        @staticmethod
        def load(path):
            print("loading", path)
            if path.startswith("bad"): raise ValueError("no such voice")
            return PiperVoice()
        def synthesize(self, text, config):
            for _ in range(2):
                yield _Chunk([8000, -8000] * int(22050 * 0.015 * len(text) * config.length_scale))
    """

MOSHI_TTS = """
    import numpy as np
    class Array:
        def __init__(self, values): self.values = np.asarray(values)
        def __ne__(self, other): return Array(self.values != other)
        def all(self): return bool(self.values.all())
        def __getitem__(self, key): return Array(self.values[key])
        def __mul__(self, factor): return Array(self.values * factor)
        def to(self, kind): return Array(self.values.astype(kind))
        def cpu(self): return self
        def numpy(self): return self.values
    class Mimi:
        sample_rate = 24000
        def streaming(self, batch):
            import contextlib
            return contextlib.nullcontext()
        def decode(self, codes):
            assert codes.values.shape == (1, 8, 1)
            return Array(np.full((1, 1, 1920), 0.25))
    class Model:
        valid_cfg_conditionings = {1.0, 2.0}
        mimi = Mimi()
        def get_voice_path(self, voice): return "/voices/" + voice
        def make_condition_attributes(self, paths, cfg_coef): return (tuple(map(str, paths)), cfg_coef)
        def prepare_script(self, script, padding_between): return script[0].split()
        def generate(self, entries, attributes, on_frame):
            assert attributes[0][1] == 2.0
            for step in range(3 + 5 * len(entries[0])):
                on_frame(Array(np.full((1, 9, 1), -1 if step < 3 else 7)))
    def get_default_tts_model(device): return Model()
    """
TORCH = """
    import contextlib
    int16 = "int16"
    class cuda:
        is_available = staticmethod(lambda: False)
    no_grad = contextlib.nullcontext
    def clip(array, low, high): return array
    """


def script(folder: Path, body: str, name: str = "worker.py") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(body))
    return path


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Callable[..., RemoteEngine]]:
    made: list[RemoteEngine] = []

    def make(has_rate: bool = True) -> RemoteEngine:
        made.append(RemoteEngine([sys.executable, str(script(tmp_path, FAKE))], {"en": "tone"}, has_rate=has_rate))
        return made[-1]

    yield make
    for client in made:
        client.close()


def said(client: RemoteEngine, clause: str, seconds: float, language: str = "en") -> NDArray[np.int16]:
    """The whole sound; the time that each piece was waited for must be nothing."""
    pieces, heard, until_s = [], [0], time.monotonic() + 30
    for piece in client.say(clause, seconds, language, Manner()):
        if piece is NOT_YET:
            assert time.monotonic() < until_s
            time.sleep(0.002)
            continue
        pieces.append(piece.samples)
        heard.append(piece.heard)
    assert heard == sorted(heard) and heard[-1] == len(clause)
    assert all(clause[:end].count(" ") == 0 or clause[end : end + 1] in ("", " ") for end in heard)
    return np.concatenate(pieces)


@pytest.mark.parametrize("has_rate", [True, False])
def test_length_and_level_are_right_once_the_voice_was_heard(remote: Callable[..., RemoteEngine], has_rate: bool) -> None:
    client = remote(has_rate)
    said(client, CLAUSE, 2.0)
    sound = said(client, CLAUSE, 2.0)
    assert len(sound) / RATE_HZ == pytest.approx(2.0, rel=0.03)
    assert active_level_dbfs(sound) == pytest.approx(NOMINAL_DBFS, abs=0.5)
    assert pitch_hz(sound[8000:8640]) == pytest.approx(TONE_HZ, rel=0.01)
    assert np.abs(sound[:320].astype(int)).max() > 100 and np.abs(sound[-320:].astype(int)).max() > 100  # no silence around


def test_it_is_never_waited_for(remote: Callable[..., RemoteEngine]) -> None:
    pieces = remote().say(CLAUSE, 2.0, "en", Manner())
    assert next(pieces) is NOT_YET  # the process has not even started
    assert next(pieces) is NOT_YET


def test_an_answer_that_is_left_half_way_does_not_run_into_the_next(remote: Callable[..., RemoteEngine]) -> None:
    client = remote()
    said(client, CLAUSE, 2.0)
    whole = said(client, "Yes.", 0.2)
    pieces = client.say(CLAUSE * 5, 10.0, "en", Manner())
    while next(pieces) is NOT_YET:
        time.sleep(0.002)
    pieces.close()
    assert len(said(client, "Yes.", 0.2)) == pytest.approx(len(whole), abs=400)
    assert client.starts == 1


def test_one_that_dies_is_told_and_started_again(remote: Callable[..., RemoteEngine]) -> None:
    client = remote()
    with pytest.raises(EngineError, match="died with status 3"):
        said(client, "die", 1.0)
    assert len(said(client, CLAUSE, 2.0)) > RATE_HZ
    assert client.starts == 2


def test_a_refusal_is_told(remote: Callable[..., RemoteEngine]) -> None:
    with pytest.raises(EngineError, match="not that"):
        said(remote(), "refuse", 1.0)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder from which processes import stand-ins."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def test_piper_behind_its_pipe(packages: Path) -> None:
    script(packages, PIPER, "piper.py")
    client = RemoteEngine([sys.executable, str(WORKERS / "piper_worker.py"), "a.onnx"], {"en": "a.onnx"}, has_rate=True)
    said(client, CLAUSE, 2.0)
    assert len(said(client, CLAUSE, 2.5)) / RATE_HZ == pytest.approx(2.5, rel=0.03)
    client.close()


def test_piper_that_cannot_load_its_voice_says_so(packages: Path) -> None:
    script(packages, PIPER, "piper.py")
    client = RemoteEngine([sys.executable, str(WORKERS / "piper_worker.py"), "bad.onnx"], {"en": "bad.onnx"}, has_rate=True)
    with pytest.raises(EngineError, match="piper: ValueError: no such voice"):
        said(client, CLAUSE, 2.0)


def test_kyutai_behind_its_pipe(packages: Path) -> None:
    script(packages, MOSHI_TTS, "moshi/models/tts.py")
    script(packages, TORCH, "torch.py")
    for folder in ("moshi", "moshi/models"):
        (packages / folder / "__init__.py").touch()
    client = RemoteEngine([sys.executable, str(WORKERS / "kyutai_worker.py"), "a.wav"], {"en": "a.wav"}, has_rate=False)
    said(client, CLAUSE, 2.0)
    sound = said(client, CLAUSE, 2.0)  # 8 words of 5 frames of 80 ms are 3.2 s
    assert len(sound) / RATE_HZ == pytest.approx(2.0, rel=0.03)
    client.close()


@pytest.mark.parametrize(("backend", "fix"), [("piper", "pip install piper-tts"), ("kyutai", "pip install moshi")])
def test_what_is_not_installed_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, backend: engines.Backend, fix: str) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match=fix):
        engine(backend, "en", {})


def test_piper_needs_a_model_with_its_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    with pytest.raises(EngineError, match="name a model a language"):
        engine("piper", "en", {})
    (tmp_path / "a.onnx").touch()
    with pytest.raises(EngineError, match=r"a\.onnx\.json is missing"):
        engine("piper", "en", {"en": str(tmp_path / "a.onnx")})
