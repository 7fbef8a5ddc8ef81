"""The simulated home as one stage: people, robot, physics, sensors and sound, 20 ms a step.

It needs no graphics; cameras redraw the home from ``sim/state`` in their own process (:mod:`sim.camera`).
"""

from __future__ import annotations

import logging
import math

import mujoco
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import Argument, AudioFrame, GripperState, JointPositions, PersonCommand, SimState, SoundCommand, Velocity
from robot_runtime.stage import Inbox, Outbox, latest, news
from safety.files import FileError
from sim.acoustics import Acoustics
from sim.description import load_home
from sim.hold import Holding
from sim.home_base import HomeBase
from sim.mjcf import TIMESTEP_S, load_model
from sim.people import Walker, hand_m
from sim.robot import Robot
from sim.scenario import as_scenario_begins, sources_switched
from sim.sensors import Lidar, WheelOdometry
from sim.sound.finder import direction_finder
from sim.spoken import render

_log = logging.getLogger(__name__)

STEP_S = 0.02
SUBSTEPS = round(STEP_S / TIMESTEP_S)
SAMPLE_RATE_HZ = 16_000

_PUSHING_M = 1.2
"""More than a person's arm and the robot's radius."""

_SCAN_EVERY, _JOINTS_EVERY, _GRIPPER_EVERY = 5, 2, 5  # steps: 10, 25 and 10 Hz


class Home:
    """Truth about the home.  See the node table for its topics."""

    class Config(StageConfig):
        home: str = Field("sim/homes/family_home", description="folder of the home to simulate")
        scenario_file: str = Field("", description="scenario that is played; people start where it says")
        seed: int = Field(1, ge=0, description="of all noise; the same seed gives the same run to the bit")
        lidar_std_m: float = Field(0.008, ge=0, le=0.2, description="standard deviation of a range")
        wheel_scale_std: float = Field(0.001, ge=0, le=0.05, description="relative error of a wheel's assumed radius")
        wheel_slip_std: float = Field(0.002, ge=0, le=0.1, description="random slip, metres per root of a metre rolled")
        base_driver: str = Field("ros", description="ros: the base obeys cmd_vel; serial:PORT: a controller is emulated on that port")
        audio_in: str = Field("sim", description="sim: the home is heard; all else: somebody from outside is, who has a microphone")
        state_period_s: float = Field(0.05, ge=0.02, le=0.1, description="between two messages of sim/state")

    def __init__(self, config: Config) -> None:
        self._config = config
        self._base = HomeBase(config.base_driver) if config.base_driver != "ros" else None
        self._home = as_scenario_begins(load_home(config.home), config.scenario_file)
        self._model, self._layout = load_model(config.home, looks=False)
        self.data = mujoco.MjData(self._model)
        self.robot = Robot(self._model, self.data)
        self.walkers = {id_: Walker(person, 1.7 * k) for k, (id_, person) in enumerate(self._home.people.items())}
        self.holding = Holding(self._home)
        self._acoustics = Acoustics(self._home, config.seed)
        for name in sources_switched(config.scenario_file):
            self._acoustics.sources[name].prepare()
        self._finder = direction_finder(self._home, config.seed)
        self.reset()

    def reset(self) -> None:
        mujoco.mj_resetData(self._model, self.data)
        rng = np.random.default_rng(self._config.seed)
        self._lidar = Lidar(self._model, self.data, self._config.lidar_std_m, rng)
        self._odometry = WheelOdometry(self._config.wheel_scale_std, self._config.wheel_slip_std, rng)
        self._acoustics.reset()
        self._finder.reset()
        self._steps = 0
        self._state_due_s: float | None = None
        self._speaking: tuple[str, ...] = ()
        self._hands: dict[str, NDArray[np.float64]] = {}
        start = self._home.robot.start
        self.robot.reset(*start.at_m, start.yaw_rad)
        self.holding.reset()
        for id_, walker in self.walkers.items():
            walker.reset()
            self._pose_person(id_, walker, 0.0)
        for id_ in self.holding.things:
            self._place_thing(id_)
        mujoco.mj_forward(self._model, self.data)

    def close(self) -> Outbox:
        """Switch the emulated controller off."""
        if self._base is not None:
            self._base.close()
        return []

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        self._obey(inbox, now_s)
        self._move_people(now_s)
        self._move_robot(now_s)
        pose = self.robot.pose()
        self._move_things(pose[2])
        return [*self._sense(pose, now_s), *self._sound(inbox, pose, now_s), *self._truth(now_s)]

    # ------------------------------------------------ commands

    def _obey(self, inbox: Inbox, now_s: float) -> None:
        velocity = latest(inbox, "cmd_vel", Velocity)
        if self._base is not None:
            self.robot.drive(*self._base.step(now_s), now_s)
        elif velocity is not None:
            self.robot.drive(velocity.linear_mps, velocity.angular_radps, min(velocity.stamp_s, now_s))
        for joints in news(inbox, "joints/command", JointPositions):
            for name, position in zip(joints.names, joints.positions, strict=True):
                self.robot.aim(name, position)
        for command in news(inbox, "sim/people", PersonCommand):
            self._direct(command, now_s)
        for switch in news(inbox, "sim/sound", SoundCommand):
            self._switch(switch)

    def _direct(self, command: PersonCommand, now_s: float) -> None:
        walker = self.walkers.get(command.person_id)
        if walker is None:  # anybody may publish on the topic: no reason to stop the home
            _log.warning("sim/people: nobody called '%s' lives here; known: %s", command.person_id[:40], ", ".join(self.walkers))
            return
        walker.command(command)
        if command.say:
            walker.attend(now_s)
            try:
                self._acoustics.person_says(command.person_id, render(command.say, walker.person))
            except FileError as error:
                _log.warning("sim/people: %s cannot say it: %s", command.person_id, error)

    def _switch(self, command: SoundCommand) -> None:
        source = self._acoustics.sources.get(command.source)
        if source is None:
            _log.warning("sim/sound: nothing called '%s' sounds here; known: %s", command.source[:40], ", ".join(self._acoustics.sources))
        else:
            source.switch(command.on, command.louder_db)

    # ------------------------------------------------ movement

    def _move_people(self, now_s: float) -> None:
        x, y, _ = self.robot.pose()
        for id_, walker in self.walkers.items():
            if id_ in self._speaking:
                walker.attend(now_s)
            if walker.step(STEP_S, now_s, (x, y)):
                self._pose_person(id_, walker, now_s)

    def _pose_person(self, id_: str, walker: Walker, now_s: float) -> None:
        first, end = self._layout.segments[id_]
        position, turn = walker.pose(now_s)
        self.data.mocap_pos[first:end], self.data.mocap_quat[first:end] = position, turn
        self._posed = True
        self._hands[id_] = hand_m(position, turn, walker.body)
        for thing in self.holding.give(id_, self._hands[id_], walker.yaw_rad):
            self._place_thing(thing)

    def _move_robot(self, now_s: float) -> None:
        robot = self.robot
        robot.apply(STEP_S, now_s, self.holding.gripper_stop_m(robot.goal("gripper"), robot.grasp_point_m()))
        if robot.at_rest() and not self._somebody_near():
            if self._posed:  # people and things go on moving
                mujoco.mj_kinematics(self._model, self.data)
        else:
            mujoco.mj_step(self._model, self.data, SUBSTEPS)
        self._posed = False

    def _move_things(self, robot_yaw_rad: float) -> None:
        robot = self.robot
        moved = self.holding.update(robot.goal("gripper"), robot.joint("gripper"), robot.grasp_point_m(), robot_yaw_rad, self._hands)
        for id_ in moved:
            self._place_thing(id_)
        if moved:
            for id_, walker in self.walkers.items():
                walker.holding = bool(self.holding.held_by(id_))

    def _somebody_near(self) -> bool:
        """Near enough to push the robot."""
        x, y, _ = self.robot.pose()
        return any(math.hypot(walker.x_m - x, walker.y_m - y) < _PUSHING_M for walker in self.walkers.values())

    def _place_thing(self, id_: str) -> None:
        index = self._layout.objects[id_]
        self.data.mocap_pos[index] = self.holding.things[id_].position_m
        self.data.mocap_quat[index] = self.holding.quat(id_)
        self._posed = True

    # ------------------------------------------------ what goes out

    def _sense(self, pose: tuple[float, float, float], now_s: float) -> Outbox:
        odometry = self._odometry.update(self.robot.wheel_angles_rad(), STEP_S, now_s)
        out: Outbox = [("odom", odometry)]
        if self._base is not None:  # the controller tells what its encoders say
            out, self._base.wheels.measured_ticks = [], self._odometry.ticks
            self._base.wheels.measured_speed = (odometry.linear_mps, odometry.angular_radps)
        if self._steps % _SCAN_EVERY == 0:
            out.append(("scan", self._lidar.scan(*pose, now_s)))
        if self._steps % _JOINTS_EVERY == 0:
            joints = self.robot.joint_positions()
            out.append(("joint_states", JointPositions(now_s, tuple(joints), tuple(joints.values()))))
        if self._steps % _GRIPPER_EVERY == 0:
            out.append(("gripper/state", self._gripper(now_s)))
        return out

    def _gripper(self, now_s: float) -> GripperState:
        held = self.holding.in_gripper
        closed = bool(held) or self.robot.joint("gripper") < 0.01
        return GripperState(now_s, closed, held, self.holding.things[held].class_name if held else "")

    def _sound(self, inbox: Inbox, pose: tuple[float, float, float], now_s: float) -> Outbox:
        for frame in news(inbox, "audio/out", AudioFrame):
            self._acoustics.robot_plays(frame)
        places = {id_: (walker.x_m, walker.y_m) for id_, walker in self.walkers.items()}
        samples, self._speaking = self._acoustics.mix(now_s, pose, places, self.robot.speed())
        self._steps += 1
        heard = AudioFrame(now_s, "sim", self._steps - 1, SAMPLE_RATE_HZ, samples)
        out: Outbox = [("audio/in", heard)] if self._config.audio_in == "sim" else []
        if (direction := self._finder.hear(now_s, pose, self._acoustics, places)) is not None:
            out.append(("audio/direction", direction))
        return out

    def _truth(self, now_s: float) -> Outbox:
        due_s = now_s if self._state_due_s is None else self._state_due_s
        if now_s < due_s - 1e-9:
            return []
        period_s = self._config.state_period_s
        self._state_due_s = max(due_s, now_s - period_s) + period_s
        holders = tuple(Argument(thing, holder) for thing, holder in self.holding.holders().items())
        data = self.data
        moving_m, turns = data.mocap_pos.ravel().tolist(), data.mocap_quat.ravel().tolist()
        return [("sim/state", SimState(now_s, tuple(data.qpos.tolist()), tuple(moving_m), tuple(turns), self._speaking, holders))]
