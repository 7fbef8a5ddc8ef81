"""The espeak-ng client and its worker process."""

import gc
import os
import signal
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from robot_runtime.speak import espeak as module
from robot_runtime.speak.espeak import Espeak, EspeakError


@pytest.fixture
def espeak() -> Iterator[Espeak]:
    with Espeak(timeout_s=60.0) as client:
        yield client


def worker_pid(client: Espeak) -> int:
    assert client._process is not None
    return client._process.pid


def test_the_same_request_gives_the_same_samples_whatever_came_before(espeak: Espeak) -> None:
    first = espeak.synthesise("Bring me the red cup.")
    espeak.synthesise("Fuzzy sixes.", voice="en-us+f4", rate_wpm=120, pitch=80)
    assert np.array_equal(first, espeak.synthesise("Bring me the red cup."))
    assert 0.5 < len(first) / espeak.sample_rate_hz < 2.0
    assert np.abs(first).max() > 3000


def test_a_stream_is_the_whole_sound_in_pieces(espeak: Espeak) -> None:
    pieces = list(espeak.stream("I will get it for you."))
    assert len(pieces) > 3
    assert np.array_equal(np.concatenate(pieces), espeak.synthesise("I will get it for you."))


def test_a_stream_may_be_left_early(espeak: Espeak) -> None:
    whole = espeak.synthesise("come here")
    next(iter(espeak.stream("This long sentence is not wanted to its end by anybody at all.")))
    assert np.array_equal(espeak.synthesise("come here"), whole)
    assert espeak.starts == 1


def test_parameters_reach_the_sound(espeak: Espeak) -> None:
    plain = espeak.synthesise("come here")
    assert len(espeak.synthesise("come here", rate_wpm=100)) > 1.3 * len(plain)
    assert len(espeak.synthesise("come here", word_gap=20)) > len(plain)
    assert np.abs(espeak.synthesise("come here", volume=30)).max() < 0.5 * np.abs(plain).max()
    assert not np.array_equal(espeak.synthesise("come here", pitch=90), plain)


def test_phonemes(espeak: Espeak) -> None:
    assert "".join(espeak.phonemes("rose")) == "ɹˈoʊz"


def test_an_unknown_voice_is_an_error_and_costs_no_worker(espeak: Espeak) -> None:
    with pytest.raises(EspeakError, match="no voice 'nobody'"):
        espeak.synthesise("hello", voice="nobody")
    assert len(espeak.synthesise("hello")) > 0
    assert espeak.starts == 1


def test_a_dead_worker_is_replaced(espeak: Espeak) -> None:
    before = espeak.synthesise("come here")
    os.kill(worker_pid(espeak), signal.SIGKILL)
    assert np.array_equal(espeak.synthesise("come here"), before)
    assert espeak.starts == 2


def test_close_ends_the_worker_and_a_later_request_starts_one(espeak: Espeak) -> None:
    espeak.synthesise("come here")
    process = espeak._process
    assert process is not None
    espeak.close()
    assert process.poll() == 0
    assert len(espeak.synthesise("come here")) > 0


def fake_worker(folder: Path, body: str) -> Path:
    script = folder / "worker.py"
    script.write_text(textwrap.dedent(body))
    return script


def test_a_worker_that_hangs_is_killed_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = """
        import struct, sys, time
        hello = b'{"sample_rate_hz": 22050, "version": "test"}'
        sys.stdout.buffer.write(b"R" + struct.pack("<I", len(hello)) + hello)
        sys.stdout.flush()
        time.sleep(60)
        """
    monkeypatch.setattr(module, "_WORKER", fake_worker(tmp_path, hanging))
    client = Espeak(timeout_s=0.5)
    with pytest.raises(EspeakError, match=r"no answer within 0\.5 s"):
        client.synthesise("hello")
    assert client._process is None


def test_a_worker_ends_with_who_asked_it_also_when_they_did_not_close_it() -> None:
    client = Espeak(timeout_s=60.0)
    client.phonemes("hello")
    worker = client._process
    del client
    gc.collect()
    assert worker is not None and worker.returncode is not None and worker.stdin is not None and worker.stdin.closed


def test_a_worker_that_cannot_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WORKER", fake_worker(tmp_path, "raise SystemExit(3)"))
    with pytest.raises(EspeakError, match="died"):
        Espeak().synthesise("hello")


def test_a_missing_wheel_is_told_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EspeakError, match="pip install espeakng-loader"):
        Espeak().synthesise("hello")


def test_the_library_stays_out_of_this_process(espeak: Espeak) -> None:
    espeak.synthesise("hello")
    assert "espeakng_loader" not in sys.modules
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("no /proc here")
    assert "espeak" not in maps.read_text()
