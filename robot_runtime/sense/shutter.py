"""Keeps a picture for who asked for it, once the gate has allowed that: the mind alone cannot have one taken.

The picture is newer than the request, so that nobody is shown who had not heard the announcement, and it is kept only after the eyes
have said who is in it: a picture of somebody unknown could not be removed when they want to be forgotten.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import TypeVar

from pydantic import Field

from robot_runtime.config import StageConfig
from robot_runtime.messages import ActionVerdict, EncodedImage, People, Person, PictureKept, PictureRequest, ProposedAction, Verdict
from robot_runtime.stage import Inbox, Outbox, latest, news
from robot_runtime.world.album import Album, Somebody
from safety.confirmations import BY

M = TypeVar("M")

SKILL = "take_picture"
IN_VIEW_S = 3.0
"""Who was seen so lately may be in the picture: eyes miss somebody now and then."""
WITNESS_S = 10.0
"""Who was seen so lately when the gate allowed it was there when everybody was asked."""
WAIT_S = 2.0
"""For a new picture, and for what the eyes make of it."""
_REMEMBERED = 64


class Shutter:
    """Answers each ``camera/keep`` with one ``camera/kept``."""

    class Config(StageConfig):
        memory_file: str = Field("", description="as of the world, beside which the pictures are kept; empty: none are")

    def __init__(self, config: Config) -> None:
        self._album = Album(Path(config.memory_file).expanduser()) if config.memory_file else None
        self.reset()

    def reset(self) -> None:
        self._proposed: OrderedDict[str, ProposedAction] = OrderedDict()
        self._verdicts: OrderedDict[str, ActionVerdict] = OrderedDict()
        self._witnesses: OrderedDict[str, frozenset[str]] = OrderedDict()  # by action: who was there when it was allowed
        self._taken: OrderedDict[str, None] = OrderedDict()  # actions whose leave is used up
        self._people: People | None = None
        self._request: PictureRequest | None = None
        self._picture: EncodedImage | None = None  # the first one after the request

    def step(self, inbox: Inbox, now_s: float) -> Outbox:
        self._people = latest(inbox, "people", People, self._people)
        for proposed in news(inbox, "action/proposed", ProposedAction):
            _remember(self._proposed, proposed.id, proposed)
        for verdict in news(inbox, "action/verdict", ActionVerdict):
            _remember(self._verdicts, verdict.action_id, verdict)
            if not _allows(verdict):
                self._witnesses.pop(verdict.action_id, None)
            elif verdict.action_id not in self._witnesses:
                _remember(self._witnesses, verdict.action_id, frozenset(who.id for who in self._seen_within(WITNESS_S)))
        outbox: Outbox = []
        for request in news(inbox, "camera/keep", PictureRequest):
            if self._request is not None:
                outbox.append(("camera/kept", _none(self._request, "stale", now_s)))
            self._request, self._picture = request, None
        if self._request is not None:
            outbox += self._look(self._request, inbox, now_s)
        return outbox

    def _look(self, request: PictureRequest, inbox: Inbox, now_s: float) -> Outbox:
        newer = [image for image in news(inbox, "camera/image/compressed", EncodedImage) if image.stamp_s >= request.stamp_s]
        self._picture = self._picture or next(iter(newer), None)
        picture, people = self._picture, self._people
        if picture is not None and people is not None and people.stamp_s >= picture.stamp_s:
            answer = self._keep(request, picture, now_s)
        elif now_s - request.stamp_s < WAIT_S:
            return []
        else:
            answer = _none(request, "stale", now_s)
        self._request = self._picture = None
        return [("camera/kept", answer)]

    def _keep(self, request: PictureRequest, picture: EncodedImage, now_s: float) -> PictureKept:
        action, verdict = self._proposed.get(request.action_id), self._verdicts.get(request.action_id)
        if action is None or verdict is None or not self._is_allowed(action, verdict):
            return _none(request, "not_allowed", now_s)
        in_view = self._seen_within(IN_VIEW_S)
        if not {who.id for who in in_view} <= self._asked(action):
            return _none(request, "newcomer", now_s)
        if not all(who.name for who in in_view):
            return _none(request, "stranger", now_s)
        if self._album is None:
            return _none(request, "disk", now_s)
        consented_by, shown = _consents(verdict), tuple(Somebody(who.id, who.name) for who in in_view)
        try:
            entry = self._album.keep(
                picture.data, stamp_s=picture.stamp_s, action_id=action.id, asked_by=action.requester_id, consented_by=consented_by,
                in_view=shown,
            )  # fmt: skip
        except OSError:
            return _none(request, "disk", now_s)
        _remember(self._taken, action.id, None)
        return PictureKept(
            now_s, action.id, "", entry.file, entry.sha256, action.requester_id, consented_by, tuple(who.id for who in shown)
        )

    def _is_allowed(self, action: ProposedAction, verdict: ActionVerdict) -> bool:
        """Whether the gate's newest word on it is a yes, to just this, that has not been used yet."""
        judged = action.skill == SKILL and verdict.stamp_s >= action.stamp_s
        return judged and _allows(verdict) and action.id not in self._taken

    def _asked(self, action: ProposedAction) -> frozenset[str]:
        """Who was there when somebody said yes; a yes to the goal of a plan may be minutes and rooms away from the step."""
        goal = self._verdicts.get(action.plan_id)
        return self._witnesses.get(action.plan_id if goal and _consents(goal) else action.id, frozenset())

    def _seen_within(self, seconds: float) -> tuple[Person, ...]:
        """By the newest word of the eyes; a time that is no number counts as now."""
        people = self._people
        return tuple(who for who in people.people if who.seen or not people.stamp_s - who.last_seen_s > seconds) if people else ()


def _allows(verdict: ActionVerdict) -> bool:
    return verdict.verdict in (Verdict.ALLOW.value, Verdict.LIMIT.value)


def _consents(verdict: ActionVerdict) -> tuple[str, ...]:
    """Ids of who said yes to the gate's question."""
    return tuple(rule.removeprefix(BY) for rule in verdict.rule_ids if rule.startswith(BY))


def _none(request: PictureRequest, problem: str, now_s: float) -> PictureKept:
    return PictureKept(now_s, request.action_id, problem, "", "", "", (), ())


def _remember(store: OrderedDict[str, M], key: str, value: M) -> None:
    store.pop(key, None)
    store[key] = value
    while len(store) > _REMEMBERED:
        store.popitem(last=False)
