"""Generated conversations played to the whole robot, for ``robot-runtime bench voice``."""
