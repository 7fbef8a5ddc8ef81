"""The gate: every action and every velocity passes here, or nothing moves.

This package stands alone.  It imports nothing of ``robot_runtime``, no ROS, no torch and no network, so that it
can be read, tested and mutated without the rest of the robot.
"""
