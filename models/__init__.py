"""Models that ship with the robot, and the scripts that make them."""
