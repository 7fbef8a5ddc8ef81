"""Frame by frame is the same as all at once, and a change of response is a fade."""

from __future__ import annotations

import numpy as np
import pytest

from sim.sound.convolver import FADE_FRAMES, Convolver, spectra
from sim.sound.units import FRAME

RNG = np.random.default_rng(1)
SOUND = RNG.normal(0, 3000, 20 * FRAME)


@pytest.mark.parametrize("samples", [1, FRAME, 5 * FRAME + 7])
def test_streaming_equals_offline(samples: int) -> None:
    response = RNG.normal(0, 0.2, (2, samples))
    convolver = Convolver(2, 6)
    convolver.exchange(spectra(response))
    heard = []
    for at in range(0, len(SOUND), FRAME):
        convolver.put(SOUND[at : at + FRAME])
        heard.append(convolver.hear())
    streamed = np.concatenate([frame for frame in heard if frame is not None], axis=1)
    for channel in (0, 1):
        assert np.allclose(streamed[channel], np.convolve(SOUND, response[channel])[: len(SOUND)], atol=0.1)


def test_what_is_under_way_still_arrives_and_then_it_is_silent() -> None:
    convolver = Convolver(1, 4)
    response = np.zeros((1, 3 * FRAME))
    response[0, -1] = 1.0
    convolver.exchange(spectra(response))
    convolver.put(SOUND[:FRAME])
    frames = [convolver.hear()]
    for _ in range(6):
        convolver.put(None)
        frames.append(convolver.hear())
    last = np.concatenate([frame for frame in frames[2:4] if frame is not None], axis=1)
    assert np.allclose(last[0, FRAME - 1 : 2 * FRAME - 1], SOUND[:FRAME], atol=0.1)
    assert frames[-1] is None and convolver.silent


def test_another_response_takes_over_smoothly() -> None:
    loud, soft = np.ones((1, 1)), np.full((1, 1), 0.1)
    convolver = Convolver(1, 1)
    convolver.exchange(spectra(loud))
    gains = []
    for frame in range(10):
        if frame == 2:
            convolver.exchange(spectra(soft))
        convolver.put(np.full(FRAME, 1000.0))
        heard = convolver.hear()
        assert heard is not None
        gains.append(heard[0] / 1000)
    run = np.concatenate(gains)
    assert np.max(np.abs(np.diff(run))) < 1 / (FRAME * FADE_FRAMES)
    assert run[0] == pytest.approx(1.0, abs=1e-3) and run[-1] == pytest.approx(0.1, abs=1e-3)
