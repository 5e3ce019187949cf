"""Remembering states by key, and forgetting them."""

import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from rxstream.state import Keys, Limits
from tests.unit.state.keys_by_hand import KeysByHand

#: An item's key and instant, or a watermark.
Step = tuple[str, int] | int


def steps(*, watermarks: bool) -> st.SearchStrategy[list[Step]]:
    instants = st.integers(-5, 25)
    items: st.SearchStrategy[Step] = st.tuples(st.sampled_from("abcde"), instants)
    return st.lists(items | instants if watermarks else items, max_size=60)


def in_order(given_steps: list[Step]) -> list[Step]:
    return sorted(given_steps, key=lambda step: step if isinstance(step, int) else step[1])


LIMITS = st.builds(Limits, st.none() | st.integers(1, 12), st.none() | st.integers(1, 4))


def worked(keys: Keys | KeysByHand, taken: list[Step]) -> list[object]:
    """Take items and watermarks; each item's state is the steps at which its key was used."""
    told: list[object] = []
    for place, step in enumerate(taken):
        if isinstance(step, int):
            keys.advance(step)
            continue
        key, instant = step
        known = keys.find(key, instant)
        if known is None:
            keys.add(key, (place,), instant)
        else:
            known.state = (*known.state, place)  # type: ignore[misc]  # a tuple, as was made here
        told.append(known and known.state)
    return told


def check(limits: Limits, taken: list[Step]) -> None:
    forgotten: list[tuple[object, object]] = []
    keys = Keys(limits, lambda key, state: forgotten.append((key, state)))
    by_hand = KeysByHand(limits.ttl, limits.max_keys)

    assert (worked(keys, taken), forgotten, len(keys)) == (
        worked(by_hand, taken),
        by_hand.forgotten,
        len(by_hand.known),
    )


@settings_of(max_examples=150)
@given(LIMITS, steps(watermarks=False))
def test_without_watermarks_it_is_as_by_hand(limits: Limits, taken: list[Step]) -> None:
    check(limits, taken)


@settings_of(max_examples=150)
@given(LIMITS, steps(watermarks=True))
def test_with_watermarks_it_is_as_by_hand(limits: Limits, taken: list[Step]) -> None:
    check(limits, taken)


@settings_of(max_examples=100)
@given(LIMITS, steps(watermarks=True).map(in_order))
def test_in_order_it_is_as_by_hand(limits: Limits, taken: list[Step]) -> None:
    check(limits, taken)


def known_after(keys: Keys, taken: list[Step]) -> list[str]:
    worked(keys, taken)
    return [key for key in "abcde" if keys.find(key, -100) is not None]


def test_a_key_silent_for_exactly_the_ttl_is_kept() -> None:
    keys = Keys(Limits(5, None))
    keys.add("a", 1, 10)

    assert keys.find("a", 15) is not None


def test_a_key_silent_for_more_is_not() -> None:
    keys = Keys(Limits(5, None))
    keys.add("a", 1, 10)

    assert keys.find("a", 16) is None


def test_an_item_of_another_key_forgets_who_is_silent() -> None:
    assert known_after(Keys(Limits(5, None)), [("a", 1), ("b", 7)]) == ["b"]


def test_a_watermark_forgets_who_is_silent() -> None:
    keys = Keys(Limits(5, None))
    worked(keys, [("a", 1), ("b", 2), 7])

    assert len(keys) == 1


def test_where_there_is_a_watermark_the_greatest_instant_forgets_only_the_items_own_key() -> None:
    assert known_after(Keys(Limits(5, None)), [0, ("a", 1), ("b", 100)]) == ["a", "b"]


def test_an_earlier_instant_makes_no_key_older() -> None:
    keys = Keys(Limits(5, None))
    worked(keys, [("a", 10), ("a", 2)])

    assert keys.find("a", 15) is not None


def test_the_least_recently_used_makes_room() -> None:
    assert known_after(Keys(Limits(None, 2)), [("a", 1), ("b", 1), ("a", 1), ("c", 1)]) == ["a", "c"]


def test_an_earlier_instant_is_a_use_too() -> None:
    assert known_after(Keys(Limits(None, 2)), [("a", 5), ("b", 5), ("a", 1), ("c", 5)]) == ["a", "c"]


def raising_at(bad: object, heard: list[object]) -> Callable[[object, object], None]:
    def forget(key: object, _state: object) -> None:
        heard.append(key)
        if key == bad:
            raise ValueError(key)

    return forget


def test_a_key_is_gone_although_who_hears_of_it_raises() -> None:
    keys = Keys(Limits(5, None), raising_at("a", []))
    keys.add("a", 1, 1)
    with pytest.raises(ValueError, match="a"):
        keys.advance(100)

    assert len(keys) == 0


def test_who_hears_of_a_key_and_raises_hears_of_the_others_in_the_next_step() -> None:
    heard: list[object] = []
    keys = Keys(Limits(5, None), raising_at("a", heard))
    worked(keys, [0, ("a", 1), ("b", 1)])
    with pytest.raises(ValueError, match="a"):
        keys.advance(100)

    keys.advance(100)

    assert heard == ["a", "b"]


def test_many_keys_are_never_more_than_allowed() -> None:
    keys = Keys(Limits(None, 1000))
    most = 0

    for number in range(200_000):
        keys.find(number, number)
        keys.add(number, None, number)
        most = max(most, len(keys))

    assert most == 1000


def test_a_key_costs_less_than_three_hundred_bytes_beside_itself() -> None:
    names = [f"key {number}" for number in range(20_000)]
    keys = Keys(Limits(10**18, 10**6))
    tracemalloc.start()

    for number, name in enumerate(names, 10**18):
        keys.add(name, number + 1, number)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert used / len(names) < 300
