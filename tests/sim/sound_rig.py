"""A home whose sound is set by a test, and somebody who listens to it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_runtime.messages import AudioFrame
from sim.acoustics import Acoustics
from sim.description import HomeDescription, load_home
from sim.sound.description import SoundDescription
from sim.sound.units import FRAME, FULL_SCALE, RATE_HZ

QUIET_DBFS = -96.0
ROBOT = (4.2, 2.5, 0.0)


def home(**sound: Any) -> HomeDescription:
    """The family's, with hardly any noise."""
    family = load_home("sim/homes/family_home")
    asked = SoundDescription.model_validate({"noise_dbfs": QUIET_DBFS, **sound})
    return family.model_copy(update={"sound": family.sound.under(asked)})


def listen(
    acoustics: Acoustics,
    frames: int,
    people: dict[str, tuple[float, float]] | None = None,
    robot: tuple[float, float, float] = ROBOT,
    speed: tuple[float, float] = (0.0, 0.0),
    plays: NDArray[np.int16] | None = None,
) -> NDArray[np.int16]:
    """All microphones, shape (microphones, samples), while the robot plays something."""
    heard = []
    for frame in range(frames):
        if plays is not None and frame * FRAME < len(plays):
            piece = np.zeros(FRAME, np.int16)
            part = plays[frame * FRAME : (frame + 1) * FRAME]
            piece[: len(part)] = part
            acoustics.robot_plays(AudioFrame(frame / 50, "voice", frame, RATE_HZ, piece))
        acoustics.mix(frame / 50, robot, people or {}, speed)
        heard.append(acoustics.microphones)
    return np.concatenate(heard, axis=1)


def click(amplitude: int = 30_000) -> NDArray[np.int16]:
    sound = np.zeros(100, np.int16)
    sound[0] = amplitude
    return sound


def level_dbfs(sound: NDArray[Any]) -> float:
    return float(10 * np.log10(np.mean(sound.astype(float) ** 2) / FULL_SCALE**2 + 1e-20))
