"""Starts robot-runtime in the simulated home: ``ros2 launch robot_runtime sim.launch.py scenario:=…``."""

from launch import LaunchDescription

from robot_runtime.launching import description


def generate_launch_description() -> LaunchDescription:
    return description(simulated=True)
