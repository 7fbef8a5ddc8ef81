"""Find an object: remember it, look around, go to where it was last, then visit the other places."""

from __future__ import annotations

from robot_runtime.act.searching import Spot, search, waypoints
from robot_runtime.act.skill import Skill, SkillContext, Steps


class Find(Skill):
    def run(self, context: SkillContext) -> Steps:
        wanted = context.arguments["object"]
        doubtful = [
            Spot(thing.position_m[0], thing.position_m[1], stand_off_m=1.0)
            for thing in context.references.objects(wanted, context.situation.facts)
        ]
        yield from search(context, lambda: bool(context.known(wanted)), [*doubtful, *waypoints(context)])
        if not context.known(wanted):
            raise context.failed("not_found", object=context.words.the(wanted))
