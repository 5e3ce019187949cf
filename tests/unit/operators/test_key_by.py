"""Giving each item a key."""

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal


def test_the_key_enters_the_passport() -> None:
    keyed = rs.collect(rs.from_iterable(["a", "bb"]).pipe(ops.key_by(len), ops.events()))

    assert keyed == [rs.Event("a", key=1), rs.Event("bb", key=2)]


def test_a_key_given_before_is_replaced() -> None:
    keyed = rs.collect(rs.from_iterable([rs.Event(1, key="old")]).pipe(ops.key_by(lambda _: "new"), ops.events()))

    assert keyed == [rs.Event(1, key="new")]


def test_none_takes_the_key_away() -> None:
    keyed = rs.collect(rs.from_iterable([rs.Event(1, key="old")]).pipe(ops.key_by(lambda _: None), ops.events()))

    assert keyed == [rs.Event(1)]


def test_an_empty_key_is_a_key() -> None:
    keyed = rs.collect(rs.from_iterable([rs.Event(1, key="old")]).pipe(ops.key_by(lambda _: ""), ops.events()))

    assert keyed == [rs.Event(1, key="")]


def test_the_function_of_the_second_sees_the_key_of_the_first() -> None:
    seen: list[object] = []
    look = ops.key_by(lambda _: seen.append(rs.current_event().key))

    rs.collect(rs.from_iterable([1]).pipe(ops.key_by(lambda _: "first"), look))

    assert seen == ["first"]


def test_a_key_is_not_the_next_items_business() -> None:
    def only_odd(n: int) -> str:
        return "odd" if n % 2 else str(1 // 0)

    seen: list[object] = []
    stream = rs.from_iterable([1, 2, 3]).pipe(ops.observe(lambda _: seen.append(rs.current_event().key)))
    rs.collect(stream.pipe(ops.key_by(only_odd)), on_error=rs.handlers.skip())

    assert seen == [None, None, None]


def test_a_branch_does_not_see_the_key_that_another_gave() -> None:
    source = rs.from_iterable([rs.Event(1, key="own")])
    keyed, plain = rs.to_list(), rs.to_list()

    rs.run(source.pipe(ops.key_by(str), ops.events()).to(keyed), source.pipe(ops.events()).to(plain))

    assert (keyed.items, plain.items) == ([rs.Event(1, key="1")], [rs.Event(1, key="own")])


def test_what_is_no_function_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: ops.key_by(5)) == "key_by: f must be callable; got 5. Give a function."


def test_an_async_function_is_refused(refusal: Refusal) -> None:
    async def later(value: int) -> int:
        return value

    assert refusal(lambda: ops.key_by(later)) == (
        "key_by: f must be a plain function; got the async later. Await it with ops.process(f) or ops.map_async(f)."
    )
