"""The sentences that go with verdicts, in the language of the people."""

from __future__ import annotations

from safety.case import Case, Party
from safety.hazards.sentences import FRENCH
from safety.ontology import Ontology, Thing
from safety.rule_models import Language, Sentence

_OWN_FR = {
    **FRENCH,
    "I cannot do that.": "Je ne peux pas faire cela.",
    "I am stopped. An adult has to tell me to go on.": "Je suis arrêté. Un adulte doit me dire de continuer.",
    "I am not ready yet.": "Je ne suis pas encore prêt.",
    "Only a grown-up whom I know may say yes to that.": "Seul un adulte que je connais peut dire oui à cela.",
    "Somebody else than who asked for it has to say yes.": "Une autre personne que celle qui l'a demandé doit dire oui.",
    "Things have changed, so I leave it. Please ask me again.": "La situation a changé, alors j'arrête. Demandez-moi encore une fois.",
    "One thing after the other, please.": "Une chose après l'autre, s'il vous plaît.",
    "My wheels have started anew. Please tell me again.": "Mes roues ont redémarré. Répétez la demande, s'il vous plaît.",
}
"""The gate's own sentences, which are in no rule file."""


def translated(say: str, language: Language) -> str:
    """One of the gate's own sentences; any other one comes back as it is.

    >>> translated("I cannot do that.", "fr")
    'Je ne peux pas faire cela.'
    """
    return _OWN_FR.get(say, say) if language == "fr" else say


class Speaker:
    """Fills the names of a case into the sentences of rules."""

    def __init__(self, ontology: Ontology | None = None, language: Language = "en") -> None:
        """:param ontology: for the French names of things"""
        self._ontology = ontology
        self._language = language

    def sentence(self, sentence: Sentence, case: Case) -> str:
        """What to say of this case, "" when the rule has nothing to say."""
        text = sentence.text(self._language)
        return self._filled(text, case) if "{" in text else text

    def _filled(self, text: str, case: Case) -> str:
        return text.format(
            object=self._thing(case.object),
            held=self._thing(case.held),
            target=self._thing(case.target),
            recipient=self._called(case.recipient, case.requester),
            person=self._called(case.person, case.requester),
            place=", ".join(sorted(case.places)) or ("là-bas" if self._language == "fr" else "there"),
        )

    def _thing(self, thing: Thing | None) -> str:
        if self._language == "en" or self._ontology is None:
            return thing.name if thing else "it"
        return self._ontology.french(thing) if thing else "cela"

    def _called(self, party: Party | None, requester: Party | None) -> str:
        french = self._language == "fr"
        if party is None or (requester is not None and party.id == requester.id):
            return "vous" if french else "you"
        return party.name or ("cette personne" if french else "them")


ENGLISH = Speaker()
