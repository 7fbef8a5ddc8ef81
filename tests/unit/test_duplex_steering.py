"""Forced words, and padding that the model chooses itself."""

from __future__ import annotations

from robot_runtime.duplex.steering import END_OF_PADDING, PADDING, Steering


def steering() -> Steering:
    return Steering(lambda word: [100 + ord(letter) for letter in word])


def run(one: Steering, chosen: int, frames: int) -> list[tuple[int, int]]:
    """The tokens that come when the model always prefers ``chosen``, and the text that each belongs to."""
    out = []
    for _ in range(frames):
        allowed = one.allowed()
        told = one.told
        token = chosen if allowed is None or chosen in allowed else allowed[0]
        one.took(token)
        out.append((token, told))
    return out


def words(tokens: list[tuple[int, int]]) -> str:
    return "".join(chr(token - 100) if token > 100 else " " for token, told in tokens if told)


def test_words_are_forced_and_the_pause_between_them_is_the_models() -> None:
    hurried, slow = steering(), steering()
    for one in (hurried, slow):
        one.tell(1, "red cup")
    fast = run(hurried, END_OF_PADDING, 40)
    long = run(slow, PADDING, 40)
    assert words(fast).split() == words(long).split() == ["red", "cup"]
    assert words(fast).index("c") < words(long).index("c")


def test_what_is_left_counts_down_to_nothing_at_the_last_frame() -> None:
    one = steering()
    one.tell(1, "red cup")
    left = []
    while one.told:
        left.append(one.told_left)
        one.took(next(iter(one.allowed() or (PADDING,))))
    assert left == sorted(left, reverse=True) and left[-1] == 0 and left[0] > 0 and left.count(0) == 1


def test_texts_follow_each_other() -> None:
    one = steering()
    one.tell(1, "red")
    one.tell(2, "cup")
    told = [told for _, told in run(one, END_OF_PADDING, 40)]
    assert sorted(set(told)) == [0, 1, 2] and told[:1] == [1] and told[-1] == 0
    assert told == sorted(told[: told.index(0)]) + told[told.index(0) :]


def test_after_a_hush_nothing_told_is_left_and_no_own_word_for_a_while() -> None:
    one = steering()
    one.tell(1, "red cup")
    run(one, PADDING, 2)
    one.hush(3)
    assert one.told == 0
    for _ in range(3):
        assert one.allowed() == (END_OF_PADDING, PADDING)
        one.took(PADDING)
    assert one.allowed() is None


def test_a_text_that_is_told_after_a_hush_does_not_wait() -> None:
    one = steering()
    one.hush(12)
    one.tell(1, "red")
    assert one.allowed() == (100 + ord("r"),)


def test_a_word_without_tokens_does_not_block() -> None:
    one = Steering(lambda word: [])
    one.tell(1, "??? !!!")
    run(one, PADDING, 30)
    assert one.told == 0
