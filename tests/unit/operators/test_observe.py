"""Looking at the items as they pass."""

import reactivex

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal


def test_the_function_sees_every_value() -> None:
    seen: list[int] = []

    rs.collect(rs.from_iterable([1, 2]).pipe(ops.observe(seen.append)))

    assert seen == [1, 2]


def test_what_the_function_returns_does_not_matter() -> None:
    passed = rs.collect(rs.from_iterable([1, None, 0]).pipe(ops.observe(lambda _: "ignored")))

    assert passed == [1, None, 0]


def test_the_function_sees_a_value_before_those_below_do() -> None:
    seen: list[str] = []
    above, below = ops.observe(lambda x: seen.append(f"above {x}")), ops.observe(lambda x: seen.append(f"below {x}"))

    rs.collect(rs.from_iterable([1, 2]).pipe(above, below))

    assert seen == ["above 1", "below 1", "above 2", "below 2"]


def test_what_is_no_function_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.observe("x")) == "observe: f must be callable; got 'x'. Give a function."


def test_an_async_function_is_refused(refusal: Refusal) -> None:
    async def later(value: int) -> int:
        return value

    assert refusal(lambda: ops.observe(later)) == (
        "observe: f must be a plain function; got the async later. Await it with ops.process(f) or ops.map_async(f)."
    )


def test_an_observable_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.observe(reactivex.of(1))).startswith("observe: f must be a function of one value; ")
