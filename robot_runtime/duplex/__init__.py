"""Speech to speech: a model that listens while it speaks, and sees; kept in time, gated, and replaced by the cascade when it fails.

The model runs in a process of its own (``worker.py``, ``model/``), with a Python of its own, since it needs torch.  Everything else
here is free of torch and runs in the voice process.
"""
