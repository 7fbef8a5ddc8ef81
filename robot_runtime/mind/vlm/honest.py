"""What of a model's words may be spoken: nothing that claims a deed.

The robot says that something is done when the world has shown it, in sentences of its own (``robot_runtime/mind/words_of_plan.py``).  A
language model has seen nothing of the kind when it writes, so a sentence of its that sounds like a report is left out.  The patterns err on
the side of leaving out: "I saw it on the table" goes, "It was last seen on the table" stays, since that is an answer from the data.
They know English and French, and words are many: this is a sieve, not a proof.
"""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"[^.!?…]+(?:[.!?…]+[\"'”»)]*|$)")

_DEEDS = (
    "approached|arrived|brought|called|carried|checked|cleaned|closed|collected|completed|cut|delivered|did|docked|done|dropped|fetched|filled"
    "|finished|followed|found|gave|given|got|grabbed|guided|handed|heard|held|informed|left|locked|looked|made|moved|opened|passed|patrolled"
    "|picked|placed|poured|put|reached|reminded|saved|saw|seen|sent|served|set|showed|started|stopped|switched|taken|tidied|told|took|turned"
    "|unlocked|was|washed|went|were|wiped"
)
_CLAIMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(i|we)(?:['’]ve| have| had)?(?: just| now| already| also| then)? (?:{_DEEDS})\b",
        r"\b(i|we)(?:['’]ve| have| had)(?: just| now| already| also| then)? \w+(?:ed|en|wn|ne)\b",
        rf"\b(?:has|have)(?: now| just| already)? been (?:{_DEEDS}|\w+ed)\b",
        r"\b(?:is|are|it['’]s|that['’]s|all|task|job|plan) (?:now |already |all )?(?:done|completed?|finished|delivered|tidied|cleaned)\b",
        r"^\W*(?:done|finished|completed|all set|success|here you (?:are|go)|there you (?:are|go)|here(?:['’]s| is) your)\b",
        r"\bi['’]m (?:back|there|done|finished)\b",
        r"\bj['’]ai (?:\w+ ){0,2}\w+(?:é|ée|és|ées|i|is|it|u|us|ert)\b",
        r"\bje (?:l['’]|les |la |le )?(?:suis|ai) (?:\w+ )?\w+(?:é|ée|i|u|ert)\b",
        r"^\W*(?:voilà|c['’]est fait|fait|terminé|fini)\b",
    )
)


def sentences(text: str) -> list[str]:
    """
    A text's sentences, marks included.

    >>> sentences("The red cup. Is that right?")
    ['The red cup.', 'Is that right?']
    """
    return [found.group().strip() for found in _SENTENCE.finditer(text) if found.group().strip()]


def claims_a_deed(sentence: str) -> bool:
    """Whether it sounds like a report of something done.

    >>> claims_a_deed("I have brought you the cup."), claims_a_deed("The cup is on the kitchen table.")
    (True, False)
    """
    return any(pattern.search(sentence) for pattern in _CLAIMS)


def speakable(text: str) -> str:
    """The text without the sentences that claim a deed, on one line, and without what no voice can say.

    >>> speakable("Done! Which cup do you mean?")
    'Which cup do you mean?'
    """
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return " ".join(sentence for sentence in sentences(plain) if not claims_a_deed(sentence) and any(map(str.isalnum, sentence)))
