"""The duplex voice: the model speaks and is listened to at all times; what it says is gated and paced; the cascade stands in for it."""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from pydantic import Field

from robot_runtime.duplex.deadline import Deadlines
from robot_runtime.duplex.frames import FRAME_S as MODEL_FRAME_S
from robot_runtime.duplex.frames import RATE_HZ
from robot_runtime.duplex.glance import Glance
from robot_runtime.duplex.health import Watchdog
from robot_runtime.duplex.link import EngineGoneError, Link
from robot_runtime.duplex.pacing import Pacing
from robot_runtime.duplex.place import engine_command, engine_environment
from robot_runtime.duplex.promises import Promises
from robot_runtime.duplex.rates import Ears, Mouth
from robot_runtime.duplex.rules import SHIPPED, load_rules
from robot_runtime.duplex.setting import Setting
from robot_runtime.duplex.speech_gate import Cutting, SpeechGate
from robot_runtime.duplex.wire import Step
from robot_runtime.messages import (
    AudioFrame,
    EncodedImage,
    FloorDecision,
    Plan,
    SpeechRequest,
    SpeechState,
    SpeechStyle,
    StopRequest,
)
from robot_runtime.paths import resolve
from robot_runtime.speak.clauses import count_words
from robot_runtime.speak.ducking import Ducking
from robot_runtime.speak.engine import Engine
from robot_runtime.speak.voice import FRAME_S, SILENCE, Voice, VoiceConfig
from robot_runtime.stage import Inbox, Outbox, latest, news

_HUSH_FRAMES = 12
"""After a cancel the model says nothing for a second …"""
_PAUSE_FRAMES = 6  # … and what it says counts again once it has paused for half a one
_MOST_BEHIND = 5  # frames of sound caught up at once after a late step
_KEPT_FRAMES = 7500
"""Of the model's own words: ten minutes."""
_log = logging.getLogger(__name__)


class DuplexConfig(VoiceConfig):
    """The cascade's voice, and the engine."""

    model: str = Field("tiny", description="tiny: random weights, says nothing of sense; or the folder of a checkpoint of the Moshi family")
    device: str = Field("auto", description="of the engine: auto, cpu or cuda")
    weights: str = Field("bf16", description="of the language model: bf16, int8 or int4; float32 for tiny on a processor")
    speech_rules_file: str = Field(str(SHIPPED), description="what the model must not say")


@dataclass
class _Told:
    """A request that the model was told to say."""

    request: SpeechRequest
    frames: int = 0  # of it that may have been heard


class DuplexVoice:
    """Same topics as :class:`~robot_runtime.speak.voice.Voice`, and the microphone, the camera and the plans besides.

    The microphone's frames go to the engine whatever the robot says.  A cancel silences within one frame of 20 ms.  While the engine
    does not keep up the cascade's voice says what there is to say, and repeats from its beginning what the engine left unfinished.

    :param start: another engine than the configured one; for tests and ``robot-runtime converse``
    :param speech: another engine of the cascade; for tests
    """

    Config = DuplexConfig

    def __init__(self, config: DuplexConfig, start: Callable[[], Link] | None = None, speech: Engine | None = None) -> None:
        self._config = config
        self._rules = load_rules(resolve(config.speech_rules_file))
        self.start = start or (lambda: Link(engine_command(config.model, config.device, config.weights), engine_environment()))
        self._cascade = Voice(config, speech)
        self._link: Link | None = None
        self.reset()

    def reset(self) -> None:
        """Forget everything.  The engine's process ends, so that no late word of it can come; the next step starts another."""
        self._cascade.reset()
        self._watchdog = Watchdog()
        self._deadlines = Deadlines()
        self._setting, self._promises, self._glance = Setting(), Promises(), Glance()
        self._ears, self._mouth = Ears(), Mouth()
        self._gate, self._pacing = SpeechGate(self._rules), Pacing()
        self._ducking = Ducking(self._config.interrupted)
        self._told: dict[int, _Told] = {}
        self._number = 0
        self._begun_id = ""
        self._pictures = 0
        self._muted = False
        self._paused_frames = 0
        self._duplex, self._why = False, "the engine is not ready yet"
        self._next_frame_s = -math.inf
        self._silent = True
        self._sequence = 0
        self.cuts: list[Cutting] = []
        self.corrections = 0
        self._monologue: deque[str] = deque(maxlen=_KEPT_FRAMES)
        self._end_engine()

    def close(self) -> Outbox:
        """Let go of the engine's process; the next step starts it again."""
        self._end_engine()
        return self._cascade.close()

    def diagnose(self) -> tuple[str, Mapping[str, str]]:
        """That the cascade stands in, and why; how the engine keeps up."""
        timing, verdict = self._deadlines.timing(), self._why
        figures = {
            "speaks": "duplex" if self._duplex else "cascade",
            "frames": str(timing.frames),
            "frames late": str(timing.misses),
            "p50": f"{timing.p50_ms:.0f} ms",
            "p99": f"{timing.p99_ms:.0f} ms",
            "budget": f"{timing.budget_share:.0%} of 80 ms",
            "takeovers": str(self._watchdog.takeovers),
            "sentences cut": str(len(self.cuts)),
            "promises corrected": str(self.corrections),
            "lag": f"{self.lag_s:.2f} s",
        }
        facts = self._link.facts if self._link else {}
        return (f"the cascade speaks: {verdict}" if verdict else ""), {**figures, **{name: str(value) for name, value in facts.items()}}

    @property
    def monologue(self) -> str:
        """What the model has written lately, said aloud or not."""
        return "".join(self._monologue)

    @property
    def lag_s(self) -> float:
        """How far what is heard is behind what the model says."""
        return self._pacing.lag_s

    @property
    def timing(self) -> Deadlines:
        """How the engine keeps up."""
        return self._deadlines

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        self._setting.update(inbox)
        for plan in news(inbox, "plan", Plan):
            self._promises.planned(plan)
        style = latest(inbox, "speech/style", SpeechStyle)
        if style is not None:
            self._pacing.want(style.rate_wpm, style.pause_s)
        steps = self._exchange(inbox, now_s)
        self._choose(now_s)
        outbox = self._cancels(inbox, now_s)
        requests = list(news(inbox, "speech/say", SpeechRequest))
        if not self._duplex:
            return outbox + self._cascade.step({**inbox, "speech/say": self._left_over() + requests}, now_s)
        for request in requests:
            self._tell(request)
        for floor in news(inbox, "speech/floor", FloorDecision):
            if floor.decision != "yield":
                self._ducking.take(floor)
        outbox += self._cascade.step({topic: inbox[topic] for topic in inbox if topic != "speech/say"}, now_s)
        for step in steps:
            outbox += self._utter(step, now_s)
        self._correct(now_s)
        return outbox + self._speak(now_s)

    # ------------------------------------------------------------ the engine

    def _exchange(self, inbox: Inbox, now_s: float) -> list[Step]:
        """Send what was heard and seen, take what was answered."""
        frames = [sound for frame in news(inbox, "audio/clean", AudioFrame) for sound in self._ears.push(frame.samples)]
        link = self._link
        if link is None:
            return []
        try:
            for sound in frames if link.ready else []:
                self._deadlines.sent(link.hear(sound), now_s)
            for image in news(inbox, "camera/image/compressed", EncodedImage):
                picture = self._glance.take(image.data, now_s) if link.ready else None
                if picture is not None:
                    self._pictures += 1
                    link.see(self._pictures, picture)
            steps = link.steps()
            for number, _ in steps:
                self._deadlines.answered(number, now_s)
        except EngineGoneError as error:
            self._lost(str(error), now_s)
            return []
        return [step for _, step in steps]

    def _choose(self, now_s: float) -> None:
        """Who speaks from now on."""
        verdict = self._watchdog.look(self._link is not None and self._link.ready, self._deadlines, now_s)
        if verdict.restart:
            self._begin_engine(now_s)
        self._why = verdict.why
        if verdict.duplex == self._duplex or (verdict.duplex and self._cascade.busy):
            return
        self._duplex = verdict.duplex
        _log.warning("voice: %s", "the duplex engine speaks" if self._duplex else f"the cascade takes over: {verdict.why}")
        self._fall_silent()
        self._muted = False
        self._hush(1)  # what it was told before is the cascade's now

    def _begin_engine(self, now_s: float) -> None:
        self._end_engine()
        try:
            self._link = self.start()
        except EngineGoneError as error:
            self._lost(str(error), now_s)
            return
        self._watchdog.started(now_s)

    def _lost(self, why: str, now_s: float) -> None:
        self._end_engine()
        self._watchdog.gone(why, now_s)

    def _end_engine(self) -> None:
        link, self._link = self._link, None
        self._deadlines = Deadlines()
        if link is not None:
            link.close()

    # ------------------------------------------------------------ what there is to say

    def _tell(self, request: SpeechRequest) -> None:
        if not request.text.strip() or self._link is None:
            return
        self._number += 1
        self._told[self._number] = _Told(request)
        with suppress(EngineGoneError):  # the next exchange notices, and the cascade says it
            self._link.tell(self._number, request.text)

    def _left_over(self) -> list[SpeechRequest]:
        """What the engine did not finish; its robot's own corrections too, so that nothing forbidden stays uncorrected."""
        left = [replace(told.request, interrupt=False) for told in self._told.values()]
        self._told.clear()
        return left

    def _cancels(self, inbox: Inbox, now_s: float) -> Outbox:
        stop = any(request.source == "word" for request in news(inbox, "safety/stop_request", StopRequest))
        gives_way = any(floor.decision == "yield" for floor in news(inbox, "speech/floor", FloorDecision))
        interrupted = any(request.interrupt for request in news(inbox, "speech/say", SpeechRequest))
        if not self._duplex or not (stop or gives_way or interrupted):
            return []
        states = [self._state("cancelled", told, now_s) for told in self._told.values()]
        self._told.clear()
        self._fall_silent()
        self._muted, self._paused_frames = True, 0
        self._hush(_HUSH_FRAMES)
        return states

    def _hush(self, frames: int) -> None:
        if self._link is not None:
            with suppress(EngineGoneError):  # the next exchange notices
                self._link.hush(frames)

    def _fall_silent(self) -> None:
        self._gate.reset()
        self._pacing.drop()
        self._ducking.reset()
        self._mouth = Mouth()

    # ------------------------------------------------------------ what is said

    def _utter(self, step: Step, now_s: float) -> Outbox:
        """Judge one frame of the engine, and pass on what may be heard."""
        self._monologue.append(step.text)
        if self._muted and not self._may_speak_again(step):
            return []
        self._promises.read("" if step.told else step.text, now_s)
        released, cut = self._gate.push(step, self._setting.situation(now_s))
        if cut is not None:
            self._replace(cut, now_s)
        return [item for heard in released for item in self._pass_on(heard, now_s)]

    def _may_speak_again(self, step: Step) -> bool:
        self._paused_frames = 0 if step.text else self._paused_frames + 1
        self._muted = not (step.told in self._told or self._paused_frames >= _PAUSE_FRAMES)
        return not self._muted

    def _replace(self, cut: Cutting, now_s: float) -> None:
        _log.warning("voice: cut by %s: %r", cut.rule.id, cut.words)
        self.cuts.append(cut)
        self._hush(1)
        self._tell(SpeechRequest(now_s, f"speech-rule-{len(self.cuts)}", cut.rule.say, "", "notice", "", False))

    def _correct(self, now_s: float) -> None:
        """Take back aloud what was promised and is not planned."""
        for promise in self._promises.broken(now_s):
            self.corrections += 1
            _log.warning("voice: promised and not planned: %r", promise.words)
            text = "I said that I would do something, but I am not doing it."
            self._tell(SpeechRequest(now_s, f"promise-{self.corrections}", text, "", "notice", "", False))

    def _pass_on(self, step: Step, now_s: float) -> Outbox:
        self._pacing.push(self._mouth.push(step.sound), step.text.count(" "))
        states: Outbox = []
        told = self._told.get(step.told)
        if told is not None:
            told.frames += 1
            if told.request.id != self._begun_id:
                self._begun_id = told.request.id
                states.append(self._state("started", told, now_s))
        for number in [number for number in self._told if number < step.told or (number == step.told and not step.told_left)]:
            over = self._told.pop(number)
            states += [] if over.request.more else [self._state("finished", over, now_s)]
        return states

    def _speak(self, now_s: float) -> Outbox:
        """One frame every 20 ms while there is sound.  While it is silent for somebody the model's words wait, and pauses pay that back."""
        outbox: Outbox = []
        if self._silent or now_s - self._next_frame_s > _MOST_BEHIND * FRAME_S:
            self._next_frame_s = now_s
        while now_s >= self._next_frame_s - 1e-6:
            waits = self._ducking.held
            made = SILENCE if waits else self._pacing.pop()
            self._silent = made is None
            if made is None:
                self._ducking.reset()  # nobody speaks into silence
                break
            sound, _ = self._ducking.apply(made, pauses=False)
            if self._ducking.held and not waits:
                self._pacing.put_back(made)  # but for its beginning nobody has heard it
            outbox.append(("audio/out", AudioFrame(self._next_frame_s, "duplex", self._sequence, RATE_HZ, sound)))
            self._sequence += 1
            self._next_frame_s += FRAME_S
        return outbox

    def _state(self, phase: str, told: _Told, now_s: float) -> tuple[str, SpeechState]:
        seconds = told.frames * MODEL_FRAME_S
        rate_wpm = 60.0 * count_words(told.request.text) / seconds if phase == "finished" and seconds else math.nan
        said = told.request.text if phase == "finished" else ""
        return "speech/state", SpeechState(now_s, told.request.id, phase, told.request.text, seconds, rate_wpm, said)
