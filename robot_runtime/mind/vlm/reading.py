"""From what a language model wrote to an answer: it fits the menu, and says nothing that the robot may not say."""

from __future__ import annotations

import re
from dataclasses import replace

from robot_runtime.mind.plan_document import If, Node, PlanDocument, Saying, Task
from robot_runtime.mind.plan_reading import read_answer
from robot_runtime.mind.planner import Answer, PlanError, Request
from robot_runtime.mind.vlm.honest import speakable
from safety.ontology import normalise

_CONTROL = re.compile(r"[\x00-\x1f]")
"""Between the parts of JSON they are spaces; llama-cpp-python's grammar lets a model put them into strings too, where none may be."""


def read(text: str, request: Request) -> Answer:
    """A model's answer, of which only what may be spoken is left to say.

    :raises PlanError: it does not fit the menu, nothing is left of it, or it puts a report into somebody's mouth
    """
    answer = read_answer(_CONTROL.sub(" ", text), request.menu)
    say = speakable(answer.document.say)
    if not say and (answer.question or answer.document.body is None):
        raise PlanError("say: nothing in it that may be spoken")
    body = answer.document.body
    return replace(answer, document=PlanDocument(None if body is None else _spoken_over(body, request), say))


def problem(text: str, request: Request) -> str:
    """Why :func:`read` refuses an answer, "" when it does not."""
    try:
        read(text, request)
    except PlanError as error:
        return str(error)
    return ""


def _spoken_over(node: Node, request: Request) -> Node:
    """The node without what may not be said over it."""
    if isinstance(node, Task):
        _check_words(node, request)
        return node
    if isinstance(node, Saying):
        during, text = _spoken_over(node.during, request), speakable(node.text)
        return Saying(text, during) if text else during
    if isinstance(node, If):
        otherwise = None if node.otherwise is None else _spoken_over(node.otherwise, request)
        return If(node.fact, _spoken_over(node.then, request), otherwise)
    return replace(node, parts=tuple(_spoken_over(part, request) for part in node.parts))


def _check_words(task: Task, request: Request) -> None:
    """A message that somebody gives the robot may tell of deeds, since they are that person's words; one of the model's own may not.

    :raises PlanError: it does
    """
    said = normalise(request.utterance.free_text or request.utterance.text)
    values = request.menu.choices[task.step.skill].values
    for argument in task.step.arguments:
        if values[argument.name] is not None:
            continue
        where, letters = f"{task.step.skill}: {argument.name}", _letters(argument.value)
        if not letters:
            raise PlanError(f"{where}: no word in it")
        if any(not char.isprintable() and not char.isspace() for char in argument.value):
            raise PlanError(f"{where}: a character in it that nobody sees")  # it could part a word that claims a deed
        if normalise(argument.value) not in said and _letters(speakable(argument.value)) != letters:
            raise PlanError(f"{where}: '{argument.value}' tells of something that nobody has seen done")


def _letters(text: str) -> str:
    """Without blanks and signs, which fall away without a sentence being left out."""
    return "".join(filter(str.isalnum, text))
