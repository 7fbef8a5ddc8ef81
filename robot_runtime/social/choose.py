"""From what is known of people to the style that suits them: pure functions of traits, wishes and policy.

Evidence moves a style's numbers; distance and speed it can only make more careful.  More trouble with hearing never makes the robot
faster, softer or hastier, and no age group changes what help is offered: nothing here knows of help.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from robot_runtime.social.estimate import Traits
from robot_runtime.social.policy import Policy, Style
from robot_runtime.social.requests import NO_WISHES, Wishes
from safety.types import AgeGroup

GROUP = "group"
_SLIGHT = 0.08  # a smaller change of rate or loudness is not worth a word


@dataclass(frozen=True)
class Choice:
    """A style for somebody, and why."""

    name: str
    style: Style
    reasons: tuple[str, ...]  # codes, the weightiest first
    confidence: float


def choose(policy: Policy, traits: Traits, wishes: Wishes = NO_WISHES) -> Choice:
    """The style for one person.  What they asked for comes last, and so wins."""
    name, reasons, confidence = _by_age(policy, traits)
    careful = policy.styles[policy.careful]
    style = policy.styles[name]
    if wishes.normal:
        spoken = policy.styles[policy.normal]
        style = spoken.model_copy(update=_narrowed(style, careful))
        name, reasons, confidence = policy.normal, (), 1.0
    else:
        style, more = _adapted(policy, traits, style, sure=name != policy.careful)
        reasons = (*more, *reasons)
    if not traits.named:
        style = _changed(style, distance_m=max(style.distance_m, policy.company.stranger_distance_m))
        reasons = (*reasons, "stranger")
    return asked(policy, Choice(name, style, reasons, confidence), wishes)  # who said so themselves is believed


def together(policy: Policy, choices: Iterable[Choice]) -> Choice:
    """The style for several who listen at once: of each thing what suits the one who needs most; whatever their order."""
    several = sorted(choices, key=lambda choice: (choice.name, choice.reasons, choice.style.model_dump_json()))
    if len(several) == 1:
        return several[0]
    styles = [choice.style for choice in several]
    slowest = min(styles, key=lambda style: (style.rate_wpm, style.model_dump_json()))
    style = _changed(
        slowest,
        volume_ratio=max(style.volume_ratio for style in styles) * policy.company.group_volume_ratio,
        pitch_ratio=min(style.pitch_ratio for style in styles), pitch_range_ratio=min(style.pitch_range_ratio for style in styles),
        pause_s=max(style.pause_s for style in styles), clause_pause_s=max(style.clause_pause_s for style in styles),
        words_per_turn=min(style.words_per_turn for style in styles), response_delay_s=max(style.response_delay_s for style in styles),
        distance_m=max(style.distance_m for style in styles), approach_speed_mps=min(style.approach_speed_mps for style in styles),
        wording_register="formal" if any(style.wording_register == "formal" for style in styles) else "plain",
        verbosity="short" if all(style.verbosity == "short" for style in styles) else "normal",
    )  # fmt: skip
    reasons = dict.fromkeys(("group", *(reason for choice in several for reason in choice.reasons)))
    return Choice(GROUP, _bounded(policy, style), tuple(reasons), min(choice.confidence for choice in several))


def asked(policy: Policy, choice: Choice, wishes: Wishes) -> Choice:
    """A choice with what somebody asked for on top."""
    style, reasons = _asked_for(policy, wishes, choice.style)
    return Choice(choice.name, _bounded(policy, style), (*reasons, *choice.reasons), 1.0 if reasons else choice.confidence)


# ---------------------------------------------------------------- parts


def _by_age(policy: Policy, traits: Traits) -> tuple[str, tuple[str, ...], float]:
    name = policy.select.get(AgeGroup(traits.age_group)) if traits.age_group != AgeGroup.UNKNOWN.value else None
    if name is None:
        return policy.careful, ("uncertain" if traits.seen_once else "unseen",), 0.0
    return name, (f"age:{traits.age_group}",), traits.age_confidence


def _adapted(policy: Policy, traits: Traits, style: Style, *, sure: bool) -> tuple[Style, tuple[str, ...]]:
    """What their voice, ears and attention ask for."""
    reasons: list[str] = []
    trouble = min(max(traits.hearing_trouble, 0.0), 1.0)
    rate = _met(policy, traits, sure=sure, trouble=trouble)
    if abs(rate - 1) >= _SLIGHT / 2:
        reasons.append("rate:fast" if rate > 1 else "rate:slow")
    hearing = policy.hearing
    if 1 - _between(1, hearing.rate_ratio, trouble) >= _SLIGHT:
        reasons.insert(0, "hearing")
    pause = _between(1, hearing.pause_ratio, trouble)
    calm = _between(1, policy.arousal.pitch_range_ratio, traits.arousal) if traits.arousal >= policy.arousal.high else 1.0
    if calm < 1:
        reasons.append("aroused")
    few = traits.engagement < policy.engagement.little and traits.engagement_confidence >= 0.5
    if few:
        reasons.append("busy")
    changed = _changed(
        style, rate_wpm=style.rate_wpm * rate * _between(1, hearing.rate_ratio, trouble),
        volume_ratio=style.volume_ratio * _between(1, hearing.volume_ratio, trouble),
        pause_s=style.pause_s * pause, clause_pause_s=style.clause_pause_s * pause, pitch_range_ratio=style.pitch_range_ratio * calm,
        words_per_turn=_words(style, policy.engagement.words_ratio if few else 1.0), verbosity="short" if few else style.verbosity,
    )  # fmt: skip
    return changed, tuple(reasons)


def _met(policy: Policy, traits: Traits, *, sure: bool, trouble: float) -> float:
    """The ratio by which somebody's own rate is met.  Faster only for who is surely known and surely hears: it fades with trouble."""
    own = policy.own_rate
    if traits.rate_confidence < own.least_confidence or not traits.rate_ratio > 0:
        return 1.0
    met: float = min(max(traits.rate_ratio**own.share, 1 / own.most_ratio), own.most_ratio)
    if met <= 1:
        return met
    return 1 + (met - 1) * (1 - trouble) if sure else 1.0


def _asked_for(policy: Policy, wishes: Wishes, style: Style) -> tuple[Style, tuple[str, ...]]:
    """Requests add up to so many steps of a kind."""
    requests, reasons = policy.requests, []
    rate_steps = min(max(wishes.rate_steps, -requests.most_steps), requests.most_steps)
    volume_steps = min(max(wishes.volume_steps, -requests.most_steps), requests.most_steps)
    if rate_steps:
        reasons.append("request:slower" if rate_steps < 0 else "request:faster")
    if volume_steps:
        reasons.append("request:louder" if volume_steps > 0 else "request:softer")
    if wishes.brief:
        reasons.append("request:shorter")
    if wishes.normal:
        reasons.append("request:normal")
    slower = requests.rate_ratio ** max(0, -rate_steps)
    rate, volume = requests.rate_ratio**-rate_steps, requests.volume_ratio**volume_steps
    changed = _changed(
        style, rate_wpm=style.rate_wpm * rate, volume_ratio=style.volume_ratio * volume,
        pause_s=style.pause_s / slower, clause_pause_s=style.clause_pause_s / slower,
        words_per_turn=_words(style, requests.short_words_ratio if wishes.brief else 1.0),
        verbosity="short" if wishes.brief else style.verbosity,
    )  # fmt: skip
    return changed, tuple(reasons)


def _narrowed(style: Style, other: Style) -> dict[str, float]:
    return {
        "distance_m": max(style.distance_m, other.distance_m),
        "approach_speed_mps": min(style.approach_speed_mps, other.approach_speed_mps),
    }


def _bounded(policy: Policy, style: Style) -> Style:
    limits = {name: getattr(policy.bounds, name) for name in type(policy.bounds).model_fields}
    return _changed(style, **{name: min(max(getattr(style, name), low), high) for name, (low, high) in limits.items()})


def _words(style: Style, ratio: float) -> int:
    return max(5, round(style.words_per_turn * ratio))


def _changed(style: Style, **fields: object) -> Style:
    return style.model_copy(update=fields)


def _between(one: float, other: float, share: float) -> float:
    return one + (other - one) * share
