"""The scenario format: what people in the simulated home do and when, and what must be true of the robot's answer.

A scenario is a YAML file; ``sim/scenarios/`` holds examples.  ``steps`` say what happens: each has a name, a ``when`` whose
conditions must all hold, and a ``do``.  ``expect`` says what must be true, each with a name and exactly one rule of
:mod:`sim.rules`.  Lengths in metres, times in seconds, angles in degrees, coordinates in the map frame.

A step that speaks begins when its sound begins and is over when its sound is over; any other step is over at once.
``after: step`` means "once that step is over", and time limits count from there, yet what happens while the person
still speaks counts too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from robot_runtime.act.catalogue import load_catalogue
from robot_runtime.paths import resolve
from safety.files import FileError, load_yaml
from sim.description import HomeDescription, Pose2D, Voice, load_home
from sim.expectations import Expectation
from sim.mistaken import Mistaken
from sim.references import Model, Refers, Surface, unknown_names
from sim.sound.description import SoundDescription
from sim.steps import Do, Step


class Put(Model):
    """Where a thing is: on a piece of furniture, in that surface's frame."""

    stands_on: Surface
    pose: Pose2D


class Scenario(Model):
    title: str = Field(min_length=1)
    home: str = "sim/homes/family_home"
    seed: int = Field(1, ge=0)
    limit_s: float = Field(60.0, gt=0, le=3600, description="the end, whatever has happened by then")
    linger_s: float = Field(2.0, ge=0, description="how long to go on watching once everything is decided")
    start: Annotated[dict[str, Pose2D], Refers("person")] = Field(
        default_factory=dict, description="where people begin, when not as in the description of the home"
    )
    robot: Pose2D | None = Field(None, description="where the robot begins, when not as in the description of the home")
    voices: Annotated[dict[str, Voice], Refers("person")] = Field(
        default_factory=dict, description="how people speak, when not as in the description of the home"
    )
    moved: Annotated[dict[str, Put], Refers("object")] = Field(
        default_factory=dict, description="where things are, when not as in the description of the home, which the robot was told"
    )
    mistaken: Annotated[dict[str, Mistaken], Refers("person")] = Field(
        default_factory=dict, description="whose age the oracle's eyes get wrong, and how"
    )
    sound: SoundDescription | None = Field(None, description="what is heard, where it differs from the description of the home")
    steps: list[Step] = Field(min_length=1)
    expect: list[Expectation] = Field(min_length=1)


def load_scenario(path: str | Path) -> Scenario:
    """Read and check a scenario: its form, and that every step, person, object, room and recording it names exists.

    :raises FileError: it cannot be used; the message names the file, the field and what to do
    """
    file = resolve(path)
    scenario = _with_recordings(load_yaml(file, Scenario), file.parent)
    home = load_home(scenario.home)
    problems = [*unknown_names(scenario, _known(scenario, home)), *_repeated(scenario)]
    problems += home.unknown_in(scenario.sound) if scenario.sound else []
    if problems:
        raise FileError("; ".join(f"{path}: {problem}" for problem in problems))
    return scenario


def as_scenario_begins(home: HomeDescription, scenario_file: str) -> HomeDescription:
    """The home with everybody and everything where the scenario wants them at the start; unchanged without a scenario.

    :raises FileError: the scenario cannot be used
    """
    if not scenario_file:
        return home
    scenario = load_scenario(scenario_file)
    people = {
        id_: person.model_copy(update={"start": scenario.start.get(id_, person.start), "voice": scenario.voices.get(id_, person.voice)})
        for id_, person in home.people.items()
    }
    robot = home.robot.model_copy(update={"start": scenario.robot or home.robot.start})
    put = {id_: home.objects[id_].model_copy(update={"support": to.stands_on, "pose": to.pose}) for id_, to in scenario.moved.items()}
    sound = home.sound.under(scenario.sound)
    return home.model_copy(update={"people": people, "objects": {**home.objects, **put}, "sound": sound, "robot": robot})


def sources_switched(scenario_file: str) -> tuple[str, ...]:
    """What a scenario switches on; none without a scenario.

    :raises FileError: the scenario cannot be used
    """
    steps = load_scenario(scenario_file).steps if scenario_file else []
    return tuple(step.do.sound.source for step in steps if step.do.sound is not None and step.do.sound.playing)


def _known(scenario: Scenario, home: HomeDescription) -> Mapping[str, Sequence[str]]:
    """The names that exist, by the kinds of :mod:`sim.references`."""
    return {
        "step": [step.name for step in scenario.steps],
        "person": list(home.people),
        "person or 'anybody'": [*home.people, "anybody"],
        "person or 'robot'": [*home.people, "robot"],
        "object": list(home.objects),
        "room": list(home.rooms),
        "furniture": list(home.furniture),
        "skill": list(load_catalogue().skills),
        "source of sound": list(home.sound.under(scenario.sound).sources),
    }


def _repeated(scenario: Scenario) -> Iterator[str]:
    for kind, named in (("steps", scenario.steps), ("expect", scenario.expect)):
        for name, count in Counter(item.name for item in named).items():
            if count > 1:
                yield f"{kind}.{name}: {count} have this name; give each its own"


def _with_recordings(scenario: Scenario, folder: Path) -> Scenario:
    """The scenario with the full paths of its recordings.

    :raises FileError: a recording does not exist
    """
    steps = [step.model_copy(update={"do": _found(step, folder)}) for step in scenario.steps]
    return scenario.model_copy(update={"steps": steps})


def _found(step: Step, folder: Path) -> Do:
    say = step.do.say
    if say is None or not say.wav:
        return step.do
    near = folder / say.wav
    path = near if near.exists() else resolve(say.wav)
    if not path.is_file():
        raise FileError(f"{near}: no such recording; steps.{step.name}.do.say.wav names it, from the scenario's folder or the project's")
    return step.do.model_copy(update={"say": say.model_copy(update={"wav": str(path)})})
