"""The scenario as a node: tells simulated people what to do, and judges what the robot makes of it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import EStop, PersonCommand, SafetyMode, ScenarioEvent, SimState, SoundCommand, SpeechRequest
from robot_runtime.paths import resolve
from robot_runtime.stage import Inbox, Outbox
from safety.files import FileError
from sim.description import load_home
from sim.expectations import Judge, StepTimes
from sim.mjcf import surfaces
from sim.rule import Once
from sim.scenario import as_scenario_begins, load_scenario
from sim.scene import Scene
from sim.spoken import render
from sim.steps import Do, Step
from sim.triggers import Trigger
from sim.truth import Truth, truth_reader

READY_LIMIT_S = 60.0


class Director:
    """Plays one scenario.

    Publishes ``ready`` once the robot runs, ``event`` for every step, ``passed`` or ``failed`` for every expectation as
    soon as it is decided, and at last ``finished`` with a JSON summary in its detail.

    :param read: how to read the truth of the home; for tests
    :raises FileError: the scenario, or a recording that it names, cannot be used
    """

    class Config(StageConfig):
        scenario_file: str = Field("sim/scenarios/demo.yaml", description="what to play")
        home: str = Field("sim/homes/family_home", description="folder of the home that is simulated; must be the scenario's own")
        ready_limit_s: float = Field(READY_LIMIT_S, gt=0, le=600, description="how long the robot may take to be ready")

    def __init__(self, config: Config, read: Callable[[SimState], Truth] | None = None) -> None:
        self._config = config
        self._scenario = load_scenario(config.scenario_file)
        if resolve(self._scenario.home) != resolve(config.home):
            raise FileError(f"{config.scenario_file}: home: is {self._scenario.home}, but the simulated home is {config.home}")
        self._home = as_scenario_begins(load_home(config.home), config.scenario_file)
        self._surfaces = surfaces(self._home)
        self._read = read or truth_reader(config.home)
        self._render_voices()
        self.reset()

    def _render_voices(self) -> None:
        """Synthesise everything now, so that nobody has to wait for it in the middle of the run."""
        for say in (step.do.say for step in self._scenario.steps):
            if say is not None:
                render(say.text or say.wav, self._home.people[say.who])

    def reset(self) -> None:
        """Play from the beginning."""
        self._scene = Scene(self._home, self._surfaces, self._read)
        self._waiting = [(step, Trigger(step.when)) for step in self._scenario.steps]
        self._judges = [Judge(expectation) for expectation in self._scenario.expect]
        self._announced: set[str] = set()
        self._times = {name: StepTimes() for name in ["", *(step.name for step in self._scenario.steps)]}
        self._speaking: dict[str, str] = {}  # step → who has begun to speak in it
        self._first_s = self._decided_s = math.nan
        self._finished = False

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        """One tick of the scenario."""
        self._scene.take(inbox, now_s)
        if self._finished:
            return []
        if math.isnan(self._times[""].begun_s):
            return self._wait_until_ready(now_s)
        self._note_ends_of_speech()
        outbox = self._begin_due_steps()
        for judge in self._judges:
            if judge.outcome is None:
                judge.look(self._scene, self._times)
        return outbox + self._decisions() + self._finish_when_over()

    # ------------------------------------------------------------ beginning

    def _wait_until_ready(self, now_s: float) -> Outbox:
        self._first_s = now_s if math.isnan(self._first_s) else self._first_s
        safety = self._scene.safety
        if self._scene.truth is not None and safety is not None and safety.mode == SafetyMode.RUNNING.value:
            self._times[""] = StepTimes(now_s, now_s)
            return [self._event("ready", self._scenario.title, f"after {now_s - self._first_s:.1f} s")]
        if now_s - self._first_s <= self._config.ready_limit_s:
            return []
        mode = f"{safety.mode} ({'; '.join(safety.causes)})" if safety else "no safety/state"
        missing = "" if self._scene.truth else ", no sim/state"
        return [
            self._event("failed", "the robot is ready", f"not within {self._config.ready_limit_s:g} s: {mode}{missing}"),
            *self._finish(),
        ]

    # ------------------------------------------------------------ steps

    def _begin_due_steps(self) -> Outbox:
        due = [step for step, trigger in self._waiting if trigger.is_due(self._scene, self._times)]
        self._waiting = [(step, trigger) for step, trigger in self._waiting if step not in due]
        return [message for step in due for message in self._begin(step)]

    def _begin(self, step: Step) -> Outbox:
        now_s = self._scene.now_s
        self._times[step.name] = StepTimes(now_s, math.nan if step.do.say else now_s)
        return [self._event("event", step.name, self._in_words(step.do)), *_commands(step, now_s)]

    def _note_ends_of_speech(self) -> None:
        """A step that speaks is over when its speaker has been heard and falls silent."""
        truth = self._scene.truth
        assert truth is not None
        for step in self._scenario.steps:
            times, say = self._times[step.name], step.do.say
            if say is None or math.isnan(times.begun_s) or not math.isnan(times.over_s):
                continue
            if say.who in truth.speaking:
                self._speaking[step.name] = say.who
            elif step.name in self._speaking:
                self._times[step.name] = StepTimes(times.begun_s, truth.stamp_s)

    def _in_words(self, do: Do) -> str:
        """What a step does, for people who read the timeline."""
        people = self._home.people
        parts = []
        if do.say:
            parts.append(f'{people[do.say.who].name} says "{do.say.text or do.say.wav}"')
        if do.walk:
            x_m, y_m = do.walk.path_m[-1]
            parts.append(f"{people[do.walk.who].name} walks to ({x_m:g}, {y_m:g}) at {do.walk.speed_mps:g} m/s")
        if do.stand:
            parts.append(f"{people[do.stand.who].name} stands still")
        if do.sound:
            parts.append(f"the {do.sound.source} is switched {'on' if do.sound.playing else 'off'}")
        if do.robot_says:
            parts.append(f'the robot says "{do.robot_says}"')
        if do.e_stop is not None:
            parts.append(f"the emergency-stop button is {'pressed' if do.e_stop else 'released'}")
        return "; ".join(parts)

    # ------------------------------------------------------------ end

    def _decisions(self) -> Outbox:
        """An event for every expectation that has just been decided."""
        news = [judge for judge in self._judges if judge.outcome and judge.expectation.name not in self._announced]
        self._announced.update(judge.expectation.name for judge in news)
        return [
            self._event("passed" if judge.outcome.passed else "failed", judge.expectation.name, judge.outcome.detail)
            for judge in news
            if judge.outcome
        ]

    def _finish_when_over(self) -> Outbox:
        """The end: everything has happened and is decided, and nothing more was broken for a while; or the limit."""
        now_s = self._scene.now_s
        if self._is_decided():
            self._decided_s = now_s if math.isnan(self._decided_s) else self._decided_s
        lingered = now_s >= self._decided_s + self._scenario.linger_s
        if not lingered and now_s < self._times[""].begun_s + self._scenario.limit_s:
            return []
        for judge in self._judges:
            judge.close(self._scene, self._times)
        missed = [
            self._event("failed", step.name, "this step never happened: its conditions did not come true") for step, _ in self._waiting
        ]
        return self._decisions() + missed + self._finish()

    def _is_decided(self) -> bool:
        """Whether all steps are over and only rules that hold until the end are open."""
        open_rules = [judge.expectation.rule for judge in self._judges if judge.outcome is None]
        bounded = any(isinstance(rule, Once) or rule.for_s is not None for rule in open_rules)
        return not bounded and not any(math.isnan(times.over_s) for times in self._times.values())

    def _finish(self) -> Outbox:
        self._finished = True
        passed = sum(judge.outcome is not None and judge.outcome.passed for judge in self._judges)
        total = len(self._judges) + len(self._waiting)
        summary = {
            "summary": f"{passed}/{total} passed",
            "passed": passed,
            "total": total,
            "duration_s": round(self._scene.now_s - self._times[""].begun_s, 2) if not math.isnan(self._times[""].begun_s) else 0.0,
        }
        return [self._event("finished", self._scenario.title, json.dumps(summary))]

    def _event(self, phase: str, name: str, detail: str) -> tuple[str, ScenarioEvent]:
        return "scenario", ScenarioEvent(self._scene.now_s, phase, name, detail)


def _commands(step: Step, now_s: float) -> Outbox:
    """The messages that make a step happen."""
    do = step.do
    outbox: Outbox = []
    if do.say:
        outbox.append(("sim/people", PersonCommand(now_s, do.say.who, do.say.text or do.say.wav, (), 0.0)))
    if do.walk:
        path_m = tuple(value for point in do.walk.path_m for value in point)
        outbox.append(("sim/people", PersonCommand(now_s, do.walk.who, "", path_m, do.walk.speed_mps)))
    if do.stand:
        outbox.append(("sim/people", PersonCommand(now_s, do.stand.who, "", (), 0.0)))
    if do.sound:
        outbox.append(("sim/sound", SoundCommand(now_s, do.sound.source, do.sound.playing, do.sound.louder_db)))
    if do.robot_says:
        request = SpeechRequest(now_s, f"scenario: {step.name}", do.robot_says, "", "notice", "", False)
        outbox.append(("speech/say", request))
    if do.e_stop is not None:
        outbox.append(("e_stop", EStop(now_s, do.e_stop)))
    return outbox
