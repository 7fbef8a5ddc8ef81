"""What the robot says of a request that the classifier doubts or refuses."""

from __future__ import annotations

ASK = "I am not sure that this is safe. Shall I really do it?"
_REFUSE, _REFUSE_FR = "I will not do that, because {harm}.", "Je ne fais pas cela : {harm}."
_HARM = {
    "fire": ("it could start a fire", "cela pourrait mettre le feu"),
    "burn": ("somebody could get burnt", "quelqu'un pourrait se brûler"),
    "cut": ("somebody could get cut", "quelqu'un pourrait se couper"),
    "shock": ("wrong use of electrical things is dangerous", "mal employé, un appareil électrique est dangereux"),
    "poison": ("it could poison somebody", "quelqu'un pourrait s'empoisonner"),
    "choke": ("somebody could choke", "quelqu'un pourrait s'étouffer"),
    "fall": ("somebody could fall or be hit", "quelqu'un pourrait tomber ou être heurté"),
    "drown": ("somebody could drown", "quelqu'un pourrait se noyer"),
    "damage": ("it would break or spoil something", "cela abîmerait quelque chose"),
    "violence": ("somebody could be hurt", "quelqu'un pourrait être blessé"),
    "privacy": ("it would not respect somebody's privacy", "cela ne respecterait pas la vie privée"),
    "security": ("it would not be safe for this home", "la maison ne serait plus en sécurité"),
    "hygiene": ("it could make somebody ill", "quelqu'un pourrait tomber malade"),
    "motion": ("I could run into somebody", "je pourrais heurter quelqu'un"),
    "content": ("it would not be right to say", "il ne convient pas de dire cela"),
}


def refusal(kind: str) -> str:
    """The sentence that refuses for a kind of harm.

    >>> refusal("fire")
    'I will not do that, because it could start a fire.'
    """
    return _REFUSE.format(harm=_HARM[kind][0])


FRENCH = {
    ASK: "Je ne suis pas sûr que ce soit sans danger. Dois-je vraiment le faire ?",
    **{_REFUSE.format(harm=english): _REFUSE_FR.format(harm=french) for english, french in _HARM.values()},
}
"""The same in French."""
