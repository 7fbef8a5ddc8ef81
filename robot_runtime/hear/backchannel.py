"""What people say to show that they listen, and do not want the floor."""

from __future__ import annotations

from robot_runtime.hear.grammar import Grammar, Rule

PHRASES = (
    "(mm | mhm | uh | aha) [hm | huh]",
    "(yes | yeah | yep | okay | right | sure) [yes | yeah | okay]",
    "(oh | ah) [yes | yeah | really | okay | i see]",
    "i see",
    "of course",
    "that is right",
    "really",
)  # fmt: skip
"""After the lists of Ward and Tsukahara (2000) and of the Switchboard dialogue acts (Jurafsky et al. 1997)."""

GRAMMAR = Grammar([Rule("backchannel", phrase, {}) for phrase in PHRASES], {})


def is_backchannel(text: str) -> bool:
    """Whether these words may be no more than a sign of listening.

    >>> is_backchannel("okay"), is_backchannel("go to the kitchen")
    (True, False)
    """
    return GRAMMAR.interpret(text) is not None
