"""Pronunciations for words that the recogniser's dictionary lacks, from espeak-ng's own rules."""

from __future__ import annotations

import re

from robot_runtime.speak.espeak import Espeak

# espeak-ng's IPA for American English → the phone set of the CMU dictionary.  Longer symbols first.
_ARPABET = {
    "tʃ": "CH", "dʒ": "JH", "aɪ": "AY", "aʊ": "AW", "eɪ": "EY", "oʊ": "OW", "ɔɪ": "OY", "ɑːɹ": "AA R", "ɔːɹ": "AO R",
    "oːɹ": "AO R", "ɛɹ": "EH R", "ɪɹ": "IH R", "ʊɹ": "UH R", "ɚ": "ER", "ɜː": "ER", "ɑː": "AA", "ɔː": "AO", "iː": "IY",
    "uː": "UW", "əl": "AH L", "iə": "IY AH", "aɪɚ": "AY ER", "aɪə": "AY AH", "æ": "AE", "ɑ": "AA", "ɒ": "AA", "ɔ": "AO", "ʌ": "AH",
    "ɐ": "AH", "ə": "AH", "ᵻ": "IH", "ɛ": "EH", "e": "EY", "ɪ": "IH", "i": "IY", "o": "OW", "ʊ": "UH", "u": "UW", "a": "AA",
    "b": "B", "d": "D", "f": "F", "ɡ": "G", "h": "HH", "j": "Y", "k": "K", "l": "L", "m": "M", "n": "N", "ŋ": "NG", "p": "P",
    "ɹ": "R", "r": "R", "s": "S", "ʃ": "SH", "t": "T", "ɾ": "T", "θ": "TH", "ð": "DH", "v": "V", "w": "W", "z": "Z", "ʒ": "ZH",
    "x": "K", "ʔ": "T", "n̩": "AH N", "l̩": "AH L",
}  # fmt: skip
_SYMBOL = re.compile("|".join(sorted(map(re.escape, _ARPABET), key=len, reverse=True)))


class PronunciationError(ValueError):
    """A word that cannot be pronounced; the text says which."""


def arpabet(ipa: str) -> str:
    """Phones of the CMU dictionary for espeak-ng's IPA; signs of stress and length alone are dropped.

    >>> arpabet("kˈiːɹɪŋ")
    'K IY R IH NG'
    """
    return " ".join(_ARPABET[symbol] for symbol in _SYMBOL.findall(re.sub("[ˈˌ‿]", "", ipa)))


def pronounce(word: str, espeak: Espeak) -> str:
    """The phones of a word.

    :raises PronunciationError: nothing in it can be spoken
    :raises EspeakError: espeak-ng cannot be had
    """
    phones = arpabet("".join(espeak.phonemes(word, voice="en-us")))
    if not phones:
        raise PronunciationError(f"'{word}' cannot be pronounced; use another name")
    return phones
