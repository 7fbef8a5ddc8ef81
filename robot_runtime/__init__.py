"""robot-runtime: an open runtime for robots that people can talk to."""

import os

__version__ = "0.1.0"

# Read by numpy when it is first imported.  Its matrices are small here: more threads would wait for each other by spinning, and take
# cores from other processes.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
