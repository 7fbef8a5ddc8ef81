"""What goes wrong between stages and ROS."""

from __future__ import annotations


class ConversionError(ValueError):
    """A message that does not fit its ROS type: one line that names type and field."""
