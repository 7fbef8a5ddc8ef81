"""What training of the stop word must never meet, because ``robot-runtime bench stop`` judges with it: voices and half of all words."""

from __future__ import annotations

import zlib

VOICES = ("m3", "m7", "f2", "f5", "klatt3", "belinda", "david", "steph2", "edward2", "linda", "victor", "grandma")
"""Of espeak-ng: its names for how a speaker sounds."""

ACCENTS = {"en": ("en-us", "en", "en-gb-x-rp"), "fr": ("fr", "fr-be")}

STEMS = (("S", "T", "AA", "P"), ("HH", "AO", "L", "T"), ("F", "R", "IY", "Z"))
"""How the English stop words sound, in phones of pocketsphinx' dictionary."""


def in_held_out_half(word: str) -> bool:
    """Whether a word of a dictionary is one that only judges."""
    return zlib.crc32(word.encode()) % 2 == 1
