"""Speaking as a piece of a skill."""

from __future__ import annotations

from robot_runtime.act.skill import SkillContext, SkillError, Steps

TELLING = "telling"
"""Purpose, within the mind, of an answer that may be told in turns.  Questions, refusals, reasons and notices are said whole."""


def speak(context: SkillContext, text: str, purpose: str) -> Steps:
    """Say a text and wait until its last sample has left.

    :raises SkillError: it was cut short; without a sentence, for whoever interrupts does not want one more
    """
    request_id = context.say(text, purpose)
    while True:
        yield
        state = context.situation.sentence(request_id)
        if state is not None and state.phase == "finished":
            return
        if state is not None and state.phase == "cancelled":
            raise SkillError("")
