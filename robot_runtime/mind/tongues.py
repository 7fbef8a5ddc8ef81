"""In which language each person is spoken to: as they asked for, else as they speak, else as is configured."""

from __future__ import annotations

from robot_runtime.messages import Utterance
from robot_runtime.mind.sentences.book import load_sentences
from robot_runtime.mind.wording import Wording


class Tongues:
    """Whoever is about to say something to somebody turns to them first.

    :param language: for people of whom nothing else is known
    :param hears: languages that the ear understands; of one alone it does not tell what somebody speaks
    """

    def __init__(self, wording: Wording, language: str, hears: tuple[str, ...]) -> None:
        self._wording = wording
        self._otherwise = language
        self._hears = hears
        self._asked: dict[str, str] = {}
        self._spoken: dict[str, str] = {}

    def hear(self, utterance: Utterance, *, understood: bool) -> None:
        """Turn to who speaks, for this turn in their language; from now on too if it was understood."""
        person, language = utterance.speaker_id, utterance.language
        if language in self._hears and len(self._hears) > 1 and person not in self._asked:
            self._speak(language)
            if understood and person:
                self._spoken[person] = language
        else:
            self.turn_to(person)

    def ask(self, person_id: str, language: str) -> str:
        """Somebody wants to be spoken to in a language; of whom it is not known who they are, it is for everybody.

        Gives the answer, which says so too when nobody would be understood in that language.
        """
        if person_id:
            self._asked[person_id] = language
        else:
            self._otherwise = language
        self._speak(language)
        said = self._wording.sentence("speaks_now")
        if language in self._hears:
            return said
        known = self._wording.listing([self._wording.sentence(f"language_{name}") for name in self._hears])
        return " ".join((said, self._wording.sentence("understands_only", languages=known)))

    def turn_to(self, person_id: str) -> None:
        """Their language from now on; nothing changes for nobody in particular."""
        if person_id:
            self._speak(self._asked.get(person_id) or self._spoken.get(person_id) or self._otherwise)

    def forget(self, person_id: str) -> None:
        self._asked.pop(person_id, None)
        self._spoken.pop(person_id, None)

    def _speak(self, language: str) -> None:
        if language != self._wording.language:
            self._wording.speak(load_sentences(language))
