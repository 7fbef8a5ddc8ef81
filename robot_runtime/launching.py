"""The node table as a ROS 2 launch description; used by ``launch/*.launch.py`` only, since it imports ``launch``.

One operating system process a row of the process table, as ``robot-runtime up`` starts them.  Which processes run depends on the
arguments' values, so the actions are made when those are known.
"""

from __future__ import annotations

from typing import Any

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction, Shutdown
from launch.substitutions import LaunchConfiguration

from robot_runtime.arguments import BAD_INPUT_STATUS, CHOICES, RESPAWN_DELAY_S, check, command, defaults, processes, settings_from
from robot_runtime.nodes import LAUNCH_ARGUMENTS, Settings


def description(simulated: bool) -> LaunchDescription:
    """All launch arguments with their defaults, and the processes that follow from them."""
    declared = [
        DeclareLaunchArgument(argument.name, default_value=default, description=argument.about, choices=CHOICES.get(argument.name))
        for argument, default in zip(LAUNCH_ARGUMENTS, defaults(simulated).values(), strict=True)
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=_start, args=[simulated])])


def _start(context: LaunchContext, simulated: bool) -> list[ExecuteProcess]:
    """The processes for the values of this run.

    :raises FileError: an argument or the parameter file does not fit; nothing has been started
    """
    values = {argument.name: LaunchConfiguration(argument.name).perform(context) for argument in LAUNCH_ARGUMENTS}
    settings = settings_from(values, simulated)
    check(settings)
    return [_process(name, settings) for name in processes(settings)]


def _process(name: str, settings: Settings) -> ExecuteProcess:
    return ExecuteProcess(
        cmd=command(name, settings), name=name, output="both", emulate_tty=False, respawn=True, respawn_delay=RESPAWN_DELAY_S,
        on_exit=_on_exit,
    )  # fmt: skip


def _on_exit(event: Any, context: LaunchContext) -> list[Shutdown]:
    """``ros2 launch`` cannot choose by exit status whether to respawn: bad input, which another start does not mend, ends it all."""
    if event.returncode != BAD_INPUT_STATUS:
        return []
    return [Shutdown(reason=f"{event.process_name} got bad input; see its last line")]
