"""What needs the packages of the extra [vlm] is left out where they are not installed; `make vlm` installs them and runs it."""

from __future__ import annotations

import importlib.util

collect_ignore_glob = [] if importlib.util.find_spec("llguidance") else ["*.py"]
