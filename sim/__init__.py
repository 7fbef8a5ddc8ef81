"""A simulated home with people, for trying the whole robot without one."""
