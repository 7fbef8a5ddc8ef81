"""What the simulated sound costs: milliseconds of CPU for each 20 ms, and its share of a scenario in virtual time.

python -m sim.sound.speed
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import yaml

from robot_runtime.messages import AudioFrame
from sim.acoustics import Acoustics
from sim.description import HomeDescription, load_home
from sim.play import play
from sim.sound.description import Motors, OwnVoice, SoundDescription
from sim.sound.units import FRAME, RATE_HZ
from sim.voices import render

HOME = "sim/homes/family_home"
SCENARIO = "sim/scenarios/go_to_kitchen.yaml"
WITH_ALL = SoundDescription(reverberation=True, own_voice=OwnVoice(), motors=Motors())
_FRAMES = 1500
_SPEED = 0.5, 0.2


def cost_ms(home: HomeDescription) -> tuple[float, float]:
    """CPU milliseconds a frame while all speak at once and the robot drives in a circle: on average, and at most in 99 of 100 frames."""
    acoustics = Acoustics(home, 1)
    for name in ("television", "dishes", "guests"):
        if acoustics.sources:
            acoustics.sources[name].switch(on=bool(home.sound.reverberation))
    spent_s = []
    words = {id_: render("please bring me the big red cup from the kitchen table", person) for id_, person in home.people.items()}
    for frame in range(_FRAMES):
        if frame % 200 == 0:
            for id_, sound in words.items():
                acoustics.person_says(id_, sound)
        now_s = frame / 50
        angle = _SPEED[1] * now_s
        robot = 2.9 + 1.5 * np.sin(angle), 2.2 - 1.5 * np.cos(angle), angle
        people = {id_: (1.0 + k + 0.4 * np.sin(now_s), 1.0 + 2.6 * k) for k, id_ in enumerate(home.people)}
        begin_s = time.process_time()
        acoustics.robot_plays(AudioFrame(now_s, "voice", frame, RATE_HZ, words["anna"][frame % 50 * FRAME :][:FRAME]))
        acoustics.mix(now_s, robot, people, _SPEED)
        spent_s.append(time.process_time() - begin_s)
    return 1000 * float(np.mean(spent_s)), 1000 * float(np.quantile(spent_s, 0.99))


def slower_by(scenario: Path) -> tuple[float, float, bool]:
    """CPU milliseconds of sound a frame while a scenario plays in virtual time, its share of all other CPU time, and whether it passed."""
    spent_s, mix = [], Acoustics.mix

    def timed(*arguments: Any) -> Any:
        begin_s = time.process_time()
        mixed = mix(*arguments)
        spent_s.append(time.process_time() - begin_s)
        return mixed

    begin_s = time.process_time()
    with mock.patch.object(Acoustics, "mix", timed):
        played = play(scenario)
    sound_s = sum(spent_s)
    return 1000 * sound_s / len(spent_s), sound_s / (time.process_time() - begin_s - sound_s), played.passed


def noisy(scenario: str, folder: Path) -> Path:
    """The scenario with everything on: echoes, own voice, motors, and a television that plays softly."""
    content = yaml.safe_load(Path(scenario).read_text(encoding="utf-8"))
    television = {"kind": "television", "stands_on": "tv bench", "level_db": -30.0, "playing": True}
    content["sound"] = {**WITH_ALL.model_dump(mode="json", exclude_unset=True), "sources": {"television": television}}
    path = folder / Path(scenario).name
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def main() -> None:
    """Print both."""
    import tempfile

    home = load_home(HOME)
    for name, sound in (("free field", SoundDescription()), ("everything", WITH_ALL)):
        for microphones in (1, 4):
            asked = sound.model_copy(update={"microphones": microphones})
            mean_ms, most_ms = cost_ms(home.model_copy(update={"sound": home.sound.under(asked)}))
            print(f"{name}, {microphones} microphone(s): {mean_ms:.2f} ms a frame, 99 of 100 below {most_ms:.2f} ms")
    with tempfile.TemporaryDirectory() as folder:
        play(SCENARIO)  # what is loaded once
        for name, path in (("free field", Path(SCENARIO)), ("everything", noisy(SCENARIO, Path(folder)))):
            mean_ms, share, passed = slower_by(path)
            outcome = "passed" if passed else "failed"
            print(f"{SCENARIO}, {name}: {mean_ms:.2f} ms a frame, {share:.0%} of all other CPU time; {outcome}")


if __name__ == "__main__":
    main()
