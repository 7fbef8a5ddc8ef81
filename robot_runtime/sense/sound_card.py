"""A sound card in one direction, which may be unplugged and come back."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from robot_runtime.sense import sound_device
from robot_runtime.sense.sound_stream import Stream, Wish
from safety.files import FileError

SILENT_S = 1.0
"""Without a call from the card; a working one calls a hundred times a second, also in silence."""

_MOST_STEP_S = 0.1
"""A step that comes later than this says more about the processor than about the card."""

_FIRST_RETRY_S, _LONGEST_RETRY_S = 1.0, 10.0
_log = logging.getLogger(__name__)

Start = Callable[[Callable[[], None]], None]


def on_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="sound card", daemon=True).start()


class SoundCard:
    """Opens a card, watches it, and opens it again with back-off when it is lost, on a thread of its own: PortAudio may take seconds.

    All cards of a process share PortAudio, which sees what was plugged in later only after it was closed altogether.  So a
    card that looks for its device lets the others go for some tenths of a second, never while something is being played.
    """

    def __init__(
        self, wish: Wish, sounddevice: Any = None, clock: Callable[[], float] = time.monotonic, start: Start = on_a_thread
    ) -> None:
        """:param sounddevice: a stand-in for the module; ``start`` for how work gets a thread of its own"""
        self._wish, self._sounddevice, self._clock, self._start = wish, sounddevice, clock, start
        self._guard = threading.Lock()  # held for a moment only: a stream must not be closed while it is asked whether it runs
        self._stream: Stream | None = None
        self._attempt: _Attempt | None = None
        self._lost = False
        self.problem, self.losses = "", 0
        self._retry_s, self._wait_s = -math.inf, _FIRST_RETRY_S
        self._calls, self._silent_s, self._watched_s = 0, 0.0, clock()
        _CARDS.add(self)

    def open(self, may_be_missing: bool = False) -> None:
        """Now, and waiting for it.

        :param may_be_missing: then it is looked for from now on
        :raises FileError: no such device, or it cannot be opened
        """
        try:
            with _PORTAUDIO:
                self._stream = self._opened()
        except FileError as error:
            if not may_be_missing:
                raise
            self._lose(str(error))
        else:
            self._found()

    def watch(self) -> Stream | None:
        """The open stream, None while there is none; to be called every step."""
        stream = self._stream
        if stream is not None and self._is_lost(stream):
            self._lose(f"audio {self._wish.direction}: device '{self._wish.shown}' is gone, or has stopped")
        if self._stream is None:
            self._look_for_it()
        return self._stream

    def close(self) -> None:
        """Let go of it; the next ``watch`` looks for it again."""
        if self._attempt is not None:
            self._attempt.abandon()
        self.let_go()
        self.problem, self._lost = "", False
        self._forget()

    def let_go(self) -> bool:
        """Close the stream, for another card's sake or for good; False if there was none."""
        with self._guard:
            stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
        return stream is not None

    def uses(self, sounddevice: Any) -> bool:
        return self._sounddevice is sounddevice

    @property
    def busy(self) -> bool:
        stream = self._stream
        return stream is not None and stream.busy

    # ---------------------------------------------------------------- watching

    def _is_lost(self, stream: Stream) -> bool:
        now_s = self._clock()
        if stream.calls.written != self._calls:
            self._calls, self._silent_s = stream.calls.written, 0.0
        else:
            self._silent_s += min(now_s - self._watched_s, _MOST_STEP_S)
        self._watched_s = now_s
        with self._guard:
            if self._stream is None:  # let go a moment ago
                return False
            return self._silent_s > SILENT_S or not stream.active

    def _lose(self, problem: str) -> None:
        """Tell once, and try again later, each time a little later than before."""
        if not self.problem:
            self.losses += 1
            _log.warning("%s; looking for it", problem)
        self.problem, self._lost = problem, True
        self.let_go()
        self._retry_s = self._clock() + self._wait_s
        self._wait_s = min(2.0 * self._wait_s, _LONGEST_RETRY_S)

    def _found(self) -> None:
        if self.problem:
            _log.warning("audio %s: device '%s' is there again", self._wish.direction, self._wish.shown)
        self.problem, self._lost = "", False
        self._forget()

    def _forget(self) -> None:
        self._retry_s, self._wait_s = -math.inf, _FIRST_RETRY_S
        self._calls, self._silent_s, self._watched_s = 0, 0.0, self._clock()

    # ---------------------------------------------------------------- opening again

    def _look_for_it(self) -> None:
        if self._attempt is None and self._clock() >= self._retry_s:
            self._attempt = _Attempt(self._search if self._lost else self._reopen, self._start)
        if self._attempt is None or not self._attempt.finished:
            return
        attempt, self._attempt = self._attempt, None
        if attempt.stream is not None:
            self._stream = attempt.stream
            self._found()
        elif attempt.problem:
            self._lose(attempt.problem)

    def _reopen(self) -> Stream:
        with _PORTAUDIO:
            return self._opened()

    def _search(self) -> Stream:
        with _PORTAUDIO:
            self._renew_list()
            return self._opened()

    def _opened(self) -> Stream:
        if self._sounddevice is None:
            self._sounddevice = sound_device.load()
        _SEEN.setdefault(self._sounddevice, sound_device.plugged())
        return Stream(self._wish, self._sounddevice, self._clock)

    def _renew_list(self) -> None:
        """See what has been plugged in since PortAudio looked last, unless nothing has, or it would cut somebody short."""
        module, plugged = self._sounddevice, sound_device.plugged()
        others = [card for card in _CARDS if card is not self and card.uses(module)]
        if module is None or (plugged is not None and plugged == _SEEN.get(module)) or any(card.busy for card in others):
            return
        for card in others:
            card.let_go()
        sound_device.look_again(module)
        _SEEN[module] = plugged


class _Attempt:
    """One try to open a card."""

    def __init__(self, open_stream: Callable[[], Stream], start: Start) -> None:
        self._open, self._lock, self._abandoned = open_stream, threading.Lock(), False
        self.stream: Stream | None = None
        self.problem, self.finished = "", False
        start(self._run)

    def _run(self) -> None:
        stream = None
        try:
            stream = self._open()
        except FileError as error:
            self.problem = str(error)
        with self._lock:
            self.finished = True
            self.stream = None if self._abandoned else stream
        if stream is not None and self.stream is None:
            stream.close()

    def abandon(self) -> None:
        """Nobody wants the card any more: whoever opens it closes it again."""
        with self._lock:
            self._abandoned = True
            stream, self.stream = self.stream, None
        self.problem = ""
        if stream is not None:
            stream.close()


_PORTAUDIO = threading.Lock()
"""Held by whoever opens a card; never by a step."""

_CARDS: WeakSet[SoundCard] = WeakSet()
_SEEN: WeakKeyDictionary[Any, str | None] = WeakKeyDictionary()
"""What was plugged in when PortAudio looked last, by module: the tests have several."""
