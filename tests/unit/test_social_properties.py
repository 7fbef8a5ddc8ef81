"""What holds of the social policy whatever is known of people, in every shipped policy."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot_runtime.social.average import Weighted
from robot_runtime.social.choose import Choice, choose, together
from robot_runtime.social.estimate import Traits
from robot_runtime.social.gradual import GLIDES, Gradually
from robot_runtime.social.hearing import HearingTrouble
from robot_runtime.social.policy import POLICIES, Gradual, Hearing, Policy, load_policy
from robot_runtime.social.requests import WISHES, Wishes

property_test = settings(max_examples=150, deadline=None)

SHIPPED = {path.stem: load_policy(path) for path in sorted(POLICIES.glob("*.yaml"))}
SHARE = st.floats(0, 1)
POLICY = st.sampled_from(list(SHIPPED.values()))
TRAITS = st.builds(
    Traits, st.sampled_from(["child", "adult", "elderly", "unknown"]), SHARE, SHARE, st.floats(0.2, 3), SHARE, SHARE, SHARE, SHARE,
    st.booleans(), st.booleans(),
)  # fmt: skip
WISHED = st.builds(Wishes, st.integers(-6, 6), st.integers(-6, 6), st.booleans(), st.booleans())
HELP = {"what", "skill", "plan", "intent", "object", "offer"}


def faster_or_softer(one: Choice, other: Choice) -> bool:
    """Whether the second is in anything harder to follow than the first."""
    a, b = one.style, other.style
    harder = (b.rate_wpm > a.rate_wpm, b.volume_ratio < a.volume_ratio, b.pause_s < a.pause_s, b.clause_pause_s < a.clause_pause_s)
    return any(harder)


def closer_or_hastier(one: Choice, other: Choice) -> bool:
    return other.style.distance_m < one.style.distance_m or other.style.approach_speed_mps > one.style.approach_speed_mps


@property_test
@given(POLICY, TRAITS, WISHED, SHARE)
def test_more_trouble_with_hearing_never_makes_the_robot_harder_to_follow(
    policy: Policy, traits: Traits, wished: Wishes, more: float
) -> None:
    worse = replace(traits, hearing_trouble=max(traits.hearing_trouble, more))
    assert not faster_or_softer(choose(policy, traits, wished), choose(policy, worse, wished))
    assert not closer_or_hastier(choose(policy, traits, wished), choose(policy, worse, wished))


@property_test
@given(POLICY, TRAITS, WISHED)
def test_a_request_moves_only_what_it_asks_for_and_its_way(policy: Policy, traits: Traits, wished: Wishes) -> None:
    before = choose(policy, traits, wished).style
    assert choose(policy, traits, wished.after("slower")).style.rate_wpm <= before.rate_wpm
    assert choose(policy, traits, wished.after("faster")).style.rate_wpm >= before.rate_wpm
    assert choose(policy, traits, wished.after("louder")).style.volume_ratio >= before.volume_ratio
    assert choose(policy, traits, wished.after("softer")).style.volume_ratio <= before.volume_ratio
    assert choose(policy, traits, wished.after("shorter")).style.words_per_turn <= before.words_per_turn
    for request in WISHES:
        after = choose(policy, traits, wished.after(request)).style
        assert after.distance_m >= before.distance_m or request == "adapt_again"


@property_test
@given(POLICY, TRAITS, WISHED)
def test_every_style_is_within_bounds(policy: Policy, traits: Traits, wished: Wishes) -> None:
    style = choose(policy, traits, wished).style
    for name in type(policy.bounds).model_fields:
        low, high = getattr(policy.bounds, name)
        assert low <= getattr(style, name) <= high
    type(style).model_validate(style.model_dump())  # also within what a policy file may hold


@property_test
@given(POLICY, TRAITS, WISHED)
def test_evidence_never_brings_the_robot_nearer_or_faster_than_the_file_says(policy: Policy, traits: Traits, wished: Wishes) -> None:
    style = choose(policy, traits, wished).style
    base = policy.styles[policy.select.get(traits.age_group, policy.careful)]  # type: ignore[call-overload]  # by its value
    assert style.distance_m >= base.distance_m and style.approach_speed_mps <= base.approach_speed_mps


@property_test
@given(POLICY, TRAITS, WISHED)
def test_who_wants_no_adaptation_is_spoken_to_like_everybody_else_who_does(policy: Policy, traits: Traits, wished: Wishes) -> None:
    normal = replace(wished, normal=True)
    spoken = choose(policy, traits, normal).style.model_dump(exclude={"distance_m", "approach_speed_mps"})
    anybody = choose(policy, Traits(age_group="adult"), normal).style.model_dump(exclude={"distance_m", "approach_speed_mps"})
    assert spoken == anybody


@property_test
@given(POLICY, TRAITS, WISHED)
def test_a_style_says_how_and_never_what(policy: Policy, traits: Traits, wished: Wishes) -> None:
    """A choice holds manner, codes and a confidence; nothing that a planner could take for a limit of its help."""
    choice = choose(policy, traits, wished)
    assert not HELP & set(choice.style.model_dump())
    assert all(reason.partition(":")[0] in {"age", "rate", "hearing", "aroused", "busy", "stranger", "uncertain", "unseen", "request"}
               for reason in choice.reasons)  # fmt: skip


@property_test
@given(POLICY, st.lists(TRAITS, min_size=1, max_size=3))
def test_a_group_is_served_in_any_order_as_its_neediest(policy: Policy, several: list[Traits]) -> None:
    choices = [choose(policy, traits) for traits in several]
    first = together(policy, choices)
    assert all(together(policy, order) == first for order in itertools.permutations(choices))
    assert not any(faster_or_softer(choice, first) or closer_or_hastier(choice, first) for choice in choices)


@property_test
@given(POLICY, TRAITS, WISHED)
def test_the_same_evidence_gives_the_same_style(policy: Policy, traits: Traits, wished: Wishes) -> None:
    choice = choose(policy, traits, wished)
    assert choose(policy, traits, wished) == choice
    manner = Gradually(policy.gradual)
    first = manner.aim(choice, at_once=False)
    manner.border()
    assert manner.aim(choice, at_once=False) == first == choice
    assert manner.arrived


@property_test
@given(POLICY, TRAITS, TRAITS)
def test_a_style_glides_to_its_aim_without_passing_it(policy: Policy, one: Traits, other: Traits) -> None:
    start, end = choose(policy, one), choose(policy, other)
    manner = Gradually(policy.gradual)
    manner.aim(start, at_once=False)
    for _ in range(12):
        before = manner.now
        manner.border()
        manner.aim(end, at_once=False)
        assert before is not None and manner.now is not None
        for name in GLIDES:
            was, now, aim = (getattr(style, name) for style in (before.style, manner.now.style, end.style))
            near = policy.gradual.enough_ratio * max(abs(aim), abs(was)) + 1e-9
            assert min(was, aim) - near <= now <= max(was, aim) + near
    assert manner.arrived


@property_test
@given(st.floats(90, 200), st.floats(90, 200))
def test_two_borders_bring_the_rate_within_5_percent_of_any_other(start: float, end: float) -> None:
    policy = SHIPPED["home"]
    choice = choose(policy, Traits("adult", 0.9))
    manner = Gradually(Gradual())
    manner.aim(replace(choice, style=choice.style.model_copy(update={"rate_wpm": start})), at_once=False)
    for _ in range(2):
        manner.border()
        manner.aim(replace(choice, style=choice.style.model_copy(update={"rate_wpm": end})), at_once=False)
    assert manner.now is not None and manner.now.style.rate_wpm == pytest.approx(end, rel=0.05)


@property_test
@given(st.lists(st.tuples(SHARE, st.floats(0, 5)), max_size=6), st.randoms())
def test_the_order_of_observations_does_not_matter(observed: list[tuple[float, float]], random: object) -> None:
    shuffled = list(observed)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # random.Random of hypothesis
    one, other = Weighted(1.0, 3.0), Weighted(1.0, 3.0)
    for value, weight in observed:
        one.add(value, weight)
    for value, weight in shuffled:
        other.add(value, weight)
    assert one.value == pytest.approx(other.value) and one.confidence == pytest.approx(other.confidence)


SIGNS = st.lists(st.sampled_from(["pardon", "repeat", "turn", "loud"]), max_size=12)


def trouble_after(signs: list[str]) -> float:
    hearing = HearingTrouble(Hearing())
    for index, sign in enumerate(signs):
        now_s = 5.0 * index
        if sign == "pardon":
            hearing.pardon(now_s)
        elif sign == "loud":
            hearing.loud(now_s)
        else:
            hearing.turn("again" if sign == "repeat" else index, now_s)
    return hearing.trouble(5.0 * len(signs))


@property_test
@given(SIGNS, st.integers(0, 12))
def test_one_more_pardon_never_means_less_trouble(signs: list[str], place: int) -> None:
    with_one = [*signs[:place], "pardon", *signs[place:]]
    later = [*signs[:place], "loud", *signs[place:]]
    assert 0 <= trouble_after(signs) < 1
    assert trouble_after(with_one) >= trouble_after(later)
