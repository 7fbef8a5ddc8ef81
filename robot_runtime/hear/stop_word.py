"""The stop word, on a path of its own: microphone → here → gate.  No turn, grammar, planner or half-duplex rule is in between.

The robot's own voice hides most of what is called into it, so there is a second look at the sound from which it is taken out.  Nothing
depends on that: without the front end, or while it cannot cancel the echo, the raw sound is searched as ever.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.hear.activity import LevelGate
from robot_runtime.hear.echo_watch import Echo
from robot_runtime.hear.own_words import OwnWords, Samples
from robot_runtime.hear.said_itself import Network, Unsaid
from robot_runtime.hear.speech_model import moonshine
from robot_runtime.hear.stop_keywords import WORD as KEYWORD
from robot_runtime.hear.stop_keywords import KeywordSearch
from robot_runtime.hear.stop_network import WINDOW, Checked, StopNetwork
from robot_runtime.hear.stop_search import AtOnce, OnThread, Search
from robot_runtime.messages import AudioFrame, Listening, SoundState, StopRequest
from robot_runtime.stage import Inbox, Outbox, news

FRAME_S, FRAME_SAMPLES = 0.02, 320
SHIPPED = "models/stop/shipped/stop.onnx"
HOP = 4
"""Frames between two looks while something sounds."""
_LISTENING_EVERY = 10
"""Frames between two signs of life: 5 Hz.  They tell of sound that was searched, so that a dead microphone shows."""
_CANCELLED = Echo.CANCELLED.value
_FRAMES = WINDOW // FRAME_SAMPLES
_OWN = 0.1
_PLAIN = "stop"
"""Over the robot's voice "find the …" and "go to …" begin like "halt": of 18 looks at what people said there that found a word, 16 found
"halt" or "halte", one "stop"."""
_LATELY, _LEAST_SOMEBODYS = 25 + 2 * HOP, 3
"""Of half a second, and the time of three looks, this many frames must plainly be somebody's.  While somebody calls, the likelihood that
it is the robot's own voice is 0.02 or less for five frames and more; a burst of its distorted voice, of which more is left, brings it to
0.2, and 20 frames pass before it is back."""
_PLAINLY = 0.97
"""So likely a word counts whatever the echo watch makes of the frames: it knows of no somebody where the echo is badly taken out."""
_LATE = 20
"""Frames.  Who answers later than after 0.4 s does not listen: there is no sign of life, and the gate becomes careful."""


class StopWordConfig(StageConfig):
    network: str = Field(SHIPPED, description="trained network of the words; empty: none")
    written: bool = Field(False, description="count only words that the recogniser writes too; English")
    keywords: bool = Field(False, description='also search for "stop" with pocketsphinx; either counts')
    sure: float = Field(1.0, gt=0, le=1, description="a word that is so likely in one look is believed; 1: one look is never enough")
    likely: float = Field(0.97, gt=0, le=1, description="… or so likely in two looks in a row")
    likely_over: float = Field(0.8, gt=0, le=1, description="likewise in sound from which the robot's own voice was taken out")
    margin_db: float = Field(4.0, ge=0, le=40, description="how much louder than the room sound must be to be looked at [dB]")
    hang_s: float = Field(0.5, gt=0, le=3, description="quiet for so long ends the looking [s]")
    repeat_s: float = Field(1.0, ge=0, le=10, description="the same shout is not reported again within this time [s]")
    background: bool = Field(True, description="look on a thread of its own; without, each look takes some 10 ms of a step")


class _Looks:
    """At the last 1.2 s of one sound, every 80 ms while something sounds.

    :param likely: from here on "stop" is believed in two looks in a row, and other words in three
    :param raw: the microphone's, with the robot's own voice in it
    """

    def __init__(self, config: StopWordConfig, network: Network | None, likely: float, *, raw: bool) -> None:
        self._config = config
        self._network = Unsaid(network, min(config.sure, likely), raw=raw) if network is not None else None
        self._words = network.words if network is not None else ("",)
        self._likely = likely
        self._search: Search | None = None
        self.reset()

    def reset(self) -> None:
        self.close()
        self._gate = LevelGate(self._config.margin_db)
        self._window: Samples = np.zeros(WINDOW, np.int16)
        self._quiet_s = self._config.hang_s
        self.frames = self.searched = self._asked = 0
        self._before = (0.0, 0.0)

    def close(self) -> None:
        """End the thread; the next sound starts it again."""
        if self._search is not None:
            self._search.close()
        self._search = None

    @property
    def late(self) -> int:
        """Frames that were not searched yet."""
        return self.frames - self.searched

    def take(self, samples: Samples, played: Callable[[], Samples], *, worth_it: bool = True) -> None:
        """Add a frame to the window, and look at it if it is time, something sounds, and it is ``worth_it``.

        :param played: asked for what the robot's speaker gave to a whole window
        """
        self._window = np.concatenate((self._window[len(samples) :], samples))
        self.frames += 1
        self._quiet_s = 0.0 if self._gate.is_loud(samples) else self._quiet_s + FRAME_S
        if self._network is not None and worth_it and self._quiet_s < self._config.hang_s:
            if self.frames % HOP == 0:
                self._look(self._network, played())
        elif self.searched == self._asked:
            self.searched = self._asked = self.frames
            self._before = (0.0, 0.0)

    def _look(self, network: Unsaid, played: Samples) -> None:
        if self._search is None:
            self._search = (OnThread if self._config.background else AtOnce)(network.hear)
        self._search.put(self.frames, np.stack((self._window, played)))
        self._asked = self.frames

    @property
    def window(self) -> Samples:
        """The newest sound."""
        return self._window

    def found(self) -> tuple[str, float]:
        """The stop word that has just ended, "" otherwise, and how likely it is."""
        found, confidence = "", 0.0
        for answer in self._search.answers() if self._search is not None else ():
            self.searched = answer.frame
            likely = 1.0 - float(answer.words[0])
            word = self._words[1 + int(np.argmax(answer.words[1:]))]
            if self._believes(word, likely):
                found, confidence = word, likely
            self._before = (self._before[1], likely)
        return found, confidence

    def _believes(self, word: str, likely: float) -> bool:
        """A word that ends is likely for several looks; where another only begins like one, it is for two at most."""
        two, three = min(self._before[1], likely), min(*self._before, likely)
        return likely >= self._config.sure or two >= self._config.likely or (two if word == _PLAIN else three) >= self._likely


class StopWord:
    """Looks at the raw sound, and while the robot's own voice is taken out of it also at what is left; either counts.

    A word that was in what the robot played just then is its own (``said_itself.py``).

    What is heard of which words, and what is wrongly taken for one: ``docs/stop_word.md``.

    :param network: in place of the one that the configuration names
    :raises FileError: a network is missing
    """

    Config = StopWordConfig

    def __init__(self, config: StopWordConfig, network: Network | None = None) -> None:
        self._config = config
        network = network or (_network(config) if config.network else None)
        self._raw = _Looks(config, network, config.likely, raw=True)
        self._clean = _Looks(config, network, min(config.likely, config.likely_over), raw=False)
        self._keywords = KeywordSearch() if config.keywords else None
        self.reset()

    def reset(self) -> None:
        self._raw.reset()
        self._clean.reset()
        if self._keywords is not None:
            self._keywords.reset()
        self._reported_s = -np.inf
        self._uncovered = _FRAMES  # since something was last taken out of the sound
        self._somebodys: deque[bool] = deque(maxlen=_LATELY)  # frames that hold more than what is left of the robot's own voice
        self._own_words = OwnWords()
        self._delay_s = math.nan

    def close(self) -> Outbox:
        """End the threads; the next sound starts them again."""
        self._raw.close()
        self._clean.close()
        return []

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        """Whether it keeps up."""
        late = self._raw.late
        problem = f"the search for stop words is {late * FRAME_S:.1f} s late" if late > _LATE else ""
        return problem, {"frames searched": str(self._raw.searched)}

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        outbox: Outbox = []
        for played in news(inbox, "audio/played", AudioFrame):
            self._own_words.play(played)
        for frame in news(inbox, "audio/in", AudioFrame):
            self._raw.take(frame.samples, partial(self._played, frame.stamp_s + FRAME_S))
            word, confidence = self._raw.found()
            if self._keywords is not None and self._keywords.hears(frame.samples) and not word:
                word, confidence = KEYWORD, 1.0
            outbox += self._report(word, confidence, now_s)
            if self._raw.frames % _LISTENING_EVERY == 0 and self._raw.late <= _LATE:
                outbox.append(("safety/listening", Listening(now_s, self._raw.frames)))
        states = {state.sequence: state for state in news(inbox, "audio/state", SoundState)}
        for frame in news(inbox, "audio/clean", AudioFrame):
            self._weigh(states.get(frame.sequence))
            self._clean.take(frame.samples, partial(self._played, frame.stamp_s + FRAME_S), worth_it=self._uncovered < _FRAMES)
            word, confidence = self._clean.found()
            if word and not self._is_own(frame.stamp_s + FRAME_S, confidence):
                outbox += self._report(word, confidence, now_s)
        return outbox

    def _played(self, until_s: float) -> Samples:
        """What the robot's speaker gave to the window that ends then."""
        return self._own_words.played(WINDOW, until_s, self._delay_s)

    def _is_own(self, until_s: float, likely: float) -> bool:
        """Whether a word that was found where the robot's voice was taken out is made of what is left of it."""
        few = likely < _PLAINLY and sum(self._somebodys) < _LEAST_SOMEBODYS
        return few or self._own_words.explain(self._clean.window, until_s, self._delay_s)

    def _weigh(self, state: SoundState | None) -> None:
        """What the front end knows of a frame without echo."""
        self._uncovered = 0 if state is not None and state.echo == _CANCELLED else self._uncovered + 1
        self._somebodys.append(state is not None and state.own_voice < _OWN)
        self._delay_s = self._delay_s if state is None else state.delay_s

    def _report(self, word: str, confidence: float, now_s: float) -> Outbox:
        if not word or now_s - self._reported_s < self._config.repeat_s:
            return []
        self._reported_s = now_s
        return [("safety/stop_request", StopRequest(now_s, "word", word, confidence))]


def _network(config: StopWordConfig) -> Network:
    network = StopNetwork(config.network)
    return Checked(network, moonshine(), min(config.sure, config.likely, config.likely_over)) if config.written else network
