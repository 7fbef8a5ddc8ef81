"""What of a model's words may be spoken: nothing that claims a deed, and nothing that no voice can say."""

from __future__ import annotations

from robot_runtime.mind.claims import without_claims


def speakable(text: str) -> str:
    """The text on one line, without sentences that claim a deed; "" when nothing is left of it.

    >>> speakable("Done!  Which cup do you mean?")
    'Which cup do you mean?'
    """
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    kept = without_claims(plain)
    return kept if any(map(str.isalnum, kept)) else ""
