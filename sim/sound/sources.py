"""Things in the home that sound: where they stand, whether they are on, and which part of their programme it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.sound.description import SoundDescription, SoundSource
from sim.sound.field import Field, Path
from sim.sound.programmes import programme
from sim.sound.units import FRAME, Place, Signal

if TYPE_CHECKING:
    from sim.description import HomeDescription

_RAMP = np.arange(1, FRAME + 1) / FRAME


class PlacedSource:
    """One of them."""

    def __init__(self, description: SoundSource, place_m: Place, field: Field, seed: int) -> None:
        self._description, self._field, self._seed = description, field, seed
        self.place_m = place_m
        self._programme: Signal | None = None
        self.reset()

    def reset(self) -> None:
        """As it is at the start."""
        self._path = Path(self._field)
        self._at = 0
        self._gain = 0.0
        self._wanted = float(self._description.playing)
        if self._description.playing:
            self.prepare()

    def prepare(self) -> None:
        """Make its programme, which takes up to a second, so that switching it on does not."""
        if self._programme is None:
            sound = programme(self._description, self._seed)
            self._programme = sound[: len(sound) - len(sound) % FRAME]

    def switch(self, on: bool, louder_db: float = 0.0) -> None:
        """From the next frame on."""
        if on:
            self.prepare()
            self._at = self._at if self._gain else 0
        self._wanted = 10 ** (louder_db / 20) if on else 0.0

    def hear(self) -> Signal | None:
        """What the microphones hear of it in this frame, shape (microphones, samples); None for silence."""
        before, self._gain = self._gain, self._wanted
        if self._programme is None or before == self._gain == 0.0:
            return None if self._path.silent else self._path.echo(None, self.place_m)
        frame = self._programme[self._at : self._at + FRAME] * (before + (self._gain - before) * _RAMP)
        self._at = (self._at + FRAME) % len(self._programme)
        return self._path.send(frame, self.place_m)


def placed_sources(home: HomeDescription, sound: SoundDescription, field: Field, seed: int) -> dict[str, PlacedSource]:
    """All of a home, by name."""
    placed = {}
    for k, (name, source) in enumerate(sound.sources.items()):
        x, y = source.at_m if source.at_m is not None else home.furniture[source.stands_on].pose.at_m
        placed[name] = PlacedSource(source, (x, y, source.height_m), field, seed * 1000 + k)
    return placed
