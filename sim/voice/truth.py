"""What was really said in a play, and when it reached the robot's microphone."""

from __future__ import annotations

import math
from collections.abc import Sequence

from robot_runtime.bench.voice_record import Spoken, pace
from robot_runtime.messages import PersonCommand, SimState
from sim.conversation import Conversation
from sim.sound.units import RATE_HZ, SPEED_OF_SOUND_MPS
from sim.spoken import audible, spoken
from sim.truth import Truth, truth_reader
from sim.voice.stage import Staged

_DOOR_S = 0.8
_TICK_S = 0.02


class Witness:
    """Watches a play, and says afterwards what was said.  Needs ``sim/state`` fifty times a second, to know when somebody begins."""

    def __init__(self, conversation: Conversation, staged: Staged) -> None:
        self._conversation, self._staged = conversation, staged
        self._home = conversation.in_home()
        self._read = truth_reader(conversation.home)
        self._commands: list[PersonCommand] = []
        self._states: dict[str, list[SimState]] = {}  # of each person's beginnings
        self._speaking: tuple[str, ...] = ()
        self.ready_s = math.nan

    def watch(self, topic: str, message: object) -> None:
        """Take any message of the play."""
        if isinstance(message, PersonCommand) and topic == "sim/people" and message.say:
            self._commands.append(message)
        elif isinstance(message, SimState):
            for who in message.speaking:
                if who not in self._speaking:
                    self._states.setdefault(who, []).append(message)
            self._speaking = message.speaking

    def spoken(self, conversation_s: float) -> tuple[Spoken, ...]:
        """Everything that was said, in the order of its beginning.

        :param conversation_s: when the robot was ready: doors slam so long after it
        """
        spans = [self._span(k, command) for k, command in enumerate(self._commands)]
        found = [self._one(k, span, spans) for k, span in enumerate(spans)]
        doors = [self._door(conversation_s + at_s) for at_s in self._staged.doors_s]
        return tuple(sorted([*found, *doors], key=lambda one: one.start_s))

    def _span(self, k: int, command: PersonCommand) -> tuple[float, float]:
        said = self._staged.said[k]
        sound, _ = spoken(said.parts, self._home.people[said.who], said.louder_db)
        first, after = audible(sound)
        begun_s = self._begun_s(command) + self._way_s(command)
        return begun_s + first / RATE_HZ, begun_s + after / RATE_HZ

    def _begun_s(self, command: PersonCommand) -> float:
        """Who still speaks goes on without a pause; that does not happen in these conversations, so every beginning shows."""
        return next((state.stamp_s for state in self._states.get(command.person_id, []) if state.stamp_s >= command.stamp_s - _TICK_S / 2),
                    command.stamp_s)  # fmt: skip

    def _way_s(self, command: PersonCommand) -> float:
        states: Sequence[SimState] = self._states.get(command.person_id, ())
        state = next((state for state in states if state.stamp_s >= command.stamp_s - _TICK_S / 2), None)
        if state is None:
            return 0.0
        truth: Truth = self._read(state)
        return truth.distance_m(command.person_id) / SPEED_OF_SOUND_MPS

    def _one(self, k: int, span: tuple[float, float], spans: list[tuple[float, float]]) -> Spoken:
        said = self._staged.said[k]
        over_others = any(j != k and other[0] < span[1] and span[0] < other[1] for j, other in enumerate(spans))
        pauses_s = [part for part in said.parts if not isinstance(part, str)]
        voice = self._home.people[said.who].voice
        return Spoken(
            said.who,
            said.role,
            said.words,
            said.intent,
            dict(said.slots),
            *span,
            max(pauses_s, default=0.0),
            pace(voice.rate_wpm),
            over_others,
        )

    def _door(self, at_s: float) -> Spoken:
        return Spoken("", "noise", "a door slams", "", {}, at_s, at_s + _DOOR_S)
