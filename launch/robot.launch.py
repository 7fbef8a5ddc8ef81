"""Starts robot-runtime on a robot: ``ros2 launch robot_runtime robot.launch.py params_file:=…``."""

from launch import LaunchDescription

from robot_runtime.launching import description


def generate_launch_description() -> LaunchDescription:
    return description(simulated=False)
