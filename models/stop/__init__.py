"""The stop word: what trains the small network that listens for it (``robot_runtime/hear/stop_word.py``)."""
