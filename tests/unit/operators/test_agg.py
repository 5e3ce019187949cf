"""What a window makes of its items."""

import math
import statistics
from collections.abc import Callable, Iterable
from fractions import Fraction
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal

PAIRS = st.lists(st.tuples(st.integers(0, 50), st.integers(-9, 9)), min_size=1, max_size=20)
FUNCTIONS: list[str] = ["sum", "mean", "min", "max", "first", "last"]


def made_of(pairs: Iterable[tuple[int, Any]], into: Any) -> Any:
    """Return what an aggregate makes of values at seconds, all in one window."""
    history = rs.from_history(pairs, unit="s", disorder=1000)
    [pane] = rs.collect(history.pipe(ops.window(rs.tumbling(1000), into=into)))
    return pane.value


def values(pairs: list[tuple[int, Any]]) -> list[Any]:
    return [value for _, value in pairs]


def by_time(pairs: list[tuple[int, Any]]) -> list[Any]:
    return values(sorted(pairs, key=itemgetter(0)))


OBVIOUS: dict[str, tuple[Any, Callable[[list[tuple[int, Any]]], Any]]] = {
    "list": (list, by_time),
    "count": (rs.agg.count(), len),
    "sum": (rs.agg.sum(), lambda pairs: sum(values(pairs))),
    "sum of f": (rs.agg.sum(abs), lambda pairs: sum(map(abs, values(pairs)))),
    "mean": (rs.agg.mean(Fraction), lambda pairs: statistics.mean(map(Fraction, values(pairs)))),
    "min": (rs.agg.min(), lambda pairs: min(values(pairs))),
    "min of f": (rs.agg.min(abs), lambda pairs: min(map(abs, values(pairs)))),
    "max": (rs.agg.max(), lambda pairs: max(values(pairs))),
    "max of f": (rs.agg.max(abs), lambda pairs: max(map(abs, values(pairs)))),
    "first": (rs.agg.first(), lambda pairs: by_time(pairs)[0]),
    "first of f": (rs.agg.first(str), lambda pairs: str(by_time(pairs)[0])),
    "last": (rs.agg.last(), lambda pairs: by_time(pairs)[-1]),
    "last of f": (rs.agg.last(str), lambda pairs: str(by_time(pairs)[-1])),
    "median": (rs.agg.quantile(0.5), lambda pairs: statistics.median(values(pairs))),
    "least": (rs.agg.quantile(0), lambda pairs: min(values(pairs))),
    "greatest": (rs.agg.quantile(1), lambda pairs: max(values(pairs))),
    "of": (rs.agg.of(set, lambda seen, value: seen | {value}, finish=len), lambda pairs: len(set(values(pairs)))),
    "of, as it is": (rs.agg.of(tuple, lambda seen, value: (*seen, value)), lambda pairs: tuple(values(pairs))),
}


@pytest.mark.parametrize("name", OBVIOUS)
@given(pairs=PAIRS)
def test_it_is_what_a_list_gives(name: str, pairs: list[tuple[int, int]]) -> None:
    into, obvious = OBVIOUS[name]

    assert made_of(pairs, into) == obvious(pairs)


@given(PAIRS, st.floats(0, 1))
def test_a_quantile_is_that_of_the_textbook(pairs: list[tuple[int, int]], q: float) -> None:
    ordered, place = sorted(values(pairs)), (len(pairs) - 1) * q
    below, above = ordered[math.floor(place)], ordered[math.ceil(place)]

    assert made_of(pairs, rs.agg.quantile(q)) == pytest.approx(below + (above - below) * (place - math.floor(place)))


@given(PAIRS)
def test_a_dict_gives_each_of_its_parts(pairs: list[tuple[int, int]]) -> None:
    parts = {name: into for name, (into, _) in OBVIOUS.items()}

    assert made_of(pairs, parts) == {name: obvious(pairs) for name, (_, obvious) in OBVIOUS.items()}


def test_a_dict_may_hold_dicts() -> None:
    assert made_of([(0, 2), (1, 3)], {"a": {"b": rs.agg.sum()}}) == {"a": {"b": 5}}


def test_parts_of_dicts_in_a_dict_are_not_taken_for_each_other() -> None:
    parts = {"x": rs.agg.max(), "y": {"a": rs.agg.first(), "b": rs.agg.min(), "c": rs.agg.mean(float)}}

    assert made_of([(7, 2), (9, 4)], parts) == {"x": 4, "y": {"a": 2, "b": 2, "c": 3.0}}


@pytest.mark.parametrize("name", ["min", "max"])
def test_of_equals_the_first_that_came_counts(name: str) -> None:
    assert repr(made_of([(1, 1), (0, 1.0), (2, True)], getattr(rs.agg, name)())) == "1"


@pytest.mark.parametrize(("name", "value"), [("first", "b"), ("last", "c")])
def test_ties_count_as_they_came(name: str, value: str) -> None:
    pairs = [(3, "a"), (1, "b"), (1, "x"), (3, "c")]

    assert made_of(pairs, getattr(rs.agg, name)()) == value


@pytest.mark.parametrize("name", ["min", "max", "first", "last"])
@pytest.mark.parametrize("value", [0, "", None, False], ids=repr)
def test_an_empty_value_is_a_value(name: str, value: object) -> None:
    assert made_of([(0, value)], getattr(rs.agg, name)()) is value


def test_a_sum_of_fractions_is_exact() -> None:
    assert made_of([(0, Fraction(1, 3))] * 3, rs.agg.sum()) == 1


def test_each_pane_starts_anew() -> None:
    history = rs.from_history([(1, 1), (2, 2), (12, 3)], unit="s")
    appending = rs.agg.of(list, lambda seen, value: seen.append(value) or seen)

    panes = rs.collect(history.pipe(ops.window(rs.tumbling(10), into=appending)))

    assert [pane.value for pane in panes] == [[1, 2], [3]]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_no_function_is_refused(refusal: Refusal, name: str) -> None:
    assert refusal(lambda: getattr(rs.agg, name)("x")) == f"agg.{name}: f must be callable; got 'x'. Give a function."


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_async_function_is_refused(refusal: Refusal, name: str) -> None:
    async def later(value: int) -> int:
        return value

    assert refusal(lambda: getattr(rs.agg, name)(later)) == (
        f"agg.{name}: f must be a plain function; got the async later. "
        "Await it with ops.process(f) or ops.map_async(f)."
    )


@pytest.mark.parametrize("q", [-0.1, 1.1, "0.5", None, True, float("nan")], ids=repr)
def test_what_is_no_share_is_refused(refusal: Refusal, q: Any) -> None:
    sentence = refusal(lambda: rs.agg.quantile(q))

    assert sentence == f"agg.quantile: q must be a number from 0 to 1; got {q!r}. 0.5 is the median."


def test_a_quantile_of_no_function_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: rs.agg.quantile(0.5, 5)) == "agg.quantile: f must be callable; got 5. Give a function."


@pytest.mark.parametrize("name", ["init", "add", "merge", "finish"])
def test_a_part_that_cannot_be_called_is_refused(refusal: Refusal, name: str) -> None:
    parts: dict[str, Any] = {"init": int, "add": max, name: 5}
    init, add = parts.pop("init"), parts.pop("add")

    sentence = refusal(lambda: rs.agg.of(init, add, **parts))

    assert sentence == f"agg.of: {name} must be callable; got 5. Give a function."
