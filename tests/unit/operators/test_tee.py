"""Sending every item through side branches as well."""

import pytest
from reactivex import Observer

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal


def test_items_go_on_unchanged() -> None:
    assert rs.collect(rs.from_iterable([1, None, 0]).pipe(ops.tee(rs.to_list()))) == [1, None, 0]


def test_a_branch_gets_every_item() -> None:
    seen = rs.to_list()

    rs.collect(rs.from_iterable("ab").pipe(ops.tee(seen), ops.map(str.upper)))

    assert seen.items == ["a", "b"]


def test_an_item_goes_downstream_first_and_then_through_the_branches() -> None:
    order: list[str] = []

    def noting(name: str) -> Observer[str]:
        return Observer(lambda item: order.append(f"{name} {item}"))

    stream = rs.from_iterable("ab").pipe(ops.tee(noting("first"), noting("second")))
    rs.collect(stream.pipe(ops.observe(lambda item: order.append(f"down {item}"))))

    assert order == ["down a", "first a", "second a", "down b", "first b", "second b"]


def test_a_branch_can_be_a_pipeline_of_its_own() -> None:
    large = rs.to_list()

    passed = rs.collect(
        rs.from_iterable(range(5)).pipe(ops.tee(lambda stream: stream.pipe(ops.filter(lambda x: x > 2)).to(large)))
    )

    assert (passed, large.items) == ([0, 1, 2, 3, 4], [3, 4])


def test_a_branchs_own_handler_counts_in_it() -> None:
    inverses = rs.to_list()

    def branch(stream: rs.Stream[int]) -> rs.Pipeline:
        return stream.pipe(ops.map(lambda x: 1 / x)).to(inverses, on_error=rs.handlers.skip())

    passed = rs.collect(rs.from_iterable([1, 0, 2]).pipe(ops.tee(branch)))

    assert (passed, inverses.items) == ([1, 0, 2], [1.0, 0.5])


def test_a_branch_without_a_handler_ends_the_run() -> None:
    branch = ops.tee(lambda stream: stream.pipe(ops.map(lambda x: 1 / x)).to(rs.to_list()))

    with pytest.raises(ZeroDivisionError):
        rs.collect(rs.from_iterable([0]).pipe(branch))


def test_an_item_that_fails_downstream_still_goes_through_the_branches() -> None:
    seen = rs.to_list()

    rs.collect(rs.from_iterable([1, 0, 2]).pipe(ops.tee(seen), ops.map(lambda x: 1 / x)), on_error=rs.handlers.skip())

    assert seen.items == [1, 0, 2]


def test_an_item_that_fails_in_a_branch_still_goes_through_the_others() -> None:
    seen = rs.to_list()

    def failing(stream: rs.Stream[int]) -> rs.Pipeline:
        return stream.pipe(ops.map(lambda x: 1 / x)).to(rs.to_list(), on_error=rs.handlers.skip())

    rs.collect(rs.from_iterable([0, 1]).pipe(ops.tee(failing, seen)))

    assert seen.items == [0, 1]


def test_the_source_is_subscribed_once() -> None:
    pulls: list[int] = []

    rs.collect(rs.from_iterable(range(3)).pipe(ops.observe(pulls.append), ops.tee(rs.to_list(), rs.to_list())))

    assert pulls == [0, 1, 2]


def test_what_a_branch_says_of_the_key_is_its_own_business() -> None:
    stream = rs.from_iterable([rs.Event(1, key="own")])
    rekeyed = rs.to_list()

    passed = rs.collect(
        stream.pipe(ops.tee(lambda side: side.pipe(ops.key_by(str), ops.events()).to(rekeyed)), ops.events())
    )

    assert (passed, rekeyed.items) == ([rs.Event(1, key="own")], [rs.Event(1, key="1")])


def test_what_stands_downstream_says_of_the_key_is_its_own_business() -> None:
    seen = rs.to_list()
    branch = ops.tee(lambda side: side.pipe(ops.events()).to(seen))

    rs.collect(rs.from_iterable([rs.Event(1, key="own")]).pipe(branch, ops.key_by(str)))

    assert seen.items == [rs.Event(1, key="own")]


def test_downstream_that_has_enough_does_not_end_the_branches() -> None:
    seen = rs.to_list()

    rs.collect(rs.from_iterable(range(4)).pipe(ops.tee(seen), ops.take(1)))

    assert seen.items == [0, 1, 2, 3]


def test_a_branch_within_a_branch_gets_every_item() -> None:
    inner = rs.to_list()

    rs.collect(rs.from_iterable([1, 2]).pipe(ops.tee(lambda side: side.pipe(ops.tee(inner)).to(rs.to_list()))))

    assert inner.items == [1, 2]


def test_run_again_the_branches_get_every_item_again() -> None:
    seen = rs.to_list()
    stream = rs.from_iterable([1]).pipe(ops.tee(seen))

    rs.collect(stream)
    rs.collect(stream)

    assert seen.items == [1, 1]


def test_each_branch_is_in_the_report() -> None:
    branch = ops.tee(lambda side: side.to(rs.to_list(), name="audit"))

    report = rs.run(rs.from_iterable([1, 2]).pipe(branch).to(rs.to_list(), name="main"))

    assert (report["main"].emitted, report["audit"].emitted) == (2, 2)


def test_a_plain_subscription_is_refused() -> None:
    errors: list[str] = []
    stream = rs.from_iterable([1]).pipe(ops.tee(rs.to_list()))

    try:
        stream.subscribe()
    except rs.ConfigurationError as error:
        errors.append(str(error))

    assert errors == [
        "subscribe: the branches of tee need a run, which a plain subscription is not. Run it with rs.run."
    ]


def test_no_branch_at_all_is_refused(refusal: Refusal) -> None:
    assert refusal(ops.tee) == (
        "tee: needs at least one branch; got none. Give a sink or a function from Stream to Pipeline."
    )


def test_a_plain_function_of_the_value_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: rs.from_iterable([1]).pipe(ops.tee(repr))) == (
        "tee: a branch must be a sink, an Observer or a function from Stream to Pipeline; "
        "repr gave 'Stream(from_iterable)'. For a plain function of the value write ops.observe(f)."
    )


def test_what_is_no_branch_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: rs.from_iterable([1]).pipe(ops.tee(5))).startswith("tee: a branch must be a sink, ")


def test_what_is_no_branch_is_refused_by_the_call_itself(refusal: Refusal) -> None:
    assert refusal(lambda: ops.tee(5)).startswith("tee: a branch must be a sink, ")


def test_an_async_function_is_refused_before_anything_runs(refusal: Refusal) -> None:
    async def audit(value: object) -> None:
        pass

    assert refusal(lambda: ops.tee(audit)) == (
        "tee: a branch must be a sink, an Observer or a function from Stream to Pipeline; got the async audit. "
        "Make it one: lambda stream: stream.to(audit)."
    )
