"""A simulated home with people, for trying the whole robot without one."""

import robot_runtime  # noqa: F401  (before numpy, which it keeps to one thread)
