"""robot-runtime: an open runtime for robots that people can talk to."""

__version__ = "0.1.0"
