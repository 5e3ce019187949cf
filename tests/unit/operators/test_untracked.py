"""Accepting a foreign operator behind a source that must lose nothing."""

from typing import Any

import pytest
import reactivex
from reactivex import operators as rx

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles
from tests.unit.conftest import Refusal
from tests.unit.delivery.belt import Belt


def delayed(stream: Any) -> Any:
    return stream.pipe(rx.delay(0.01))


def hidden(stream: Any) -> Any:
    return rx.delay(0.01)(reactivex.defer(lambda _: stream))


def through_ours(stream: Any) -> Any:
    return stream.pipe(ops.map(lambda value: value), rx.delay(0.01), ops.map(lambda value: value))


def first(found: Any) -> Any:
    return found[0]


FOREIGN: dict[str, Any] = {
    "delay": rx.delay(0.01),
    "a composed one": reactivex.compose(rx.buffer_with_count(1), rx.map(first)),
    "a user's own": delayed,
    "a user's own that hides the stream": hidden,
    "a user's own with ours in it": through_ours,
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_refused_behind_an_acknowledging_source_is_accepted(name: str) -> None:
    seen = rs.to_list()

    rs.run(Belt(range(5)).stream.pipe(ops.untracked(FOREIGN[name])).to(seen))

    assert sorted(seen.items) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", FOREIGN)
def test_without_it_the_same_is_refused(name: str) -> None:
    with pytest.raises(rs.UntrackedOperatorError):
        Belt(range(5)).stream.pipe(FOREIGN[name]).to(print)


def test_another_one_beside_it_is_still_refused() -> None:
    stream = Belt(range(5)).stream.pipe(rx.pairwise(), ops.untracked(rx.delay(0.01)))

    with pytest.raises(rs.UntrackedOperatorError, match="reactivex's pairwise"):
        stream.to(print)


def test_it_does_what_the_operator_does(marbles: Marbles) -> None:
    marbles.expect(marbles.hot("-a-b|").pipe(ops.untracked(rx.delay(2.0))), "---a-b|")


def test_a_plain_subscription_takes_it() -> None:
    said: list[Any] = []

    rs.from_iterable([1, 2, 3]).pipe(ops.untracked(rx.pairwise())).subscribe(said.append)

    assert said == [(1, 2), (2, 3)]


def test_used_in_two_pipes_it_works_in_both() -> None:
    step = ops.untracked(rx.pairwise())

    assert rs.collect(rs.from_iterable([1, 2]).pipe(step)) == rs.collect(rs.from_iterable([1, 2]).pipe(step))


def test_it_is_named_where_a_stream_is_shown() -> None:
    assert repr(rs.from_iterable([1]).pipe(ops.untracked(rx.delay(1.0)))) == (
        "Stream(from_iterable) | untracked(delay)"
    )


def test_it_is_named_in_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    rs.from_iterable([1]).pipe(ops.untracked(rx.delay(1.0))).explain()

    assert "# untracked(delay): one item at a time" in capsys.readouterr().out


def test_one_of_ours_is_refused(refusal: Refusal) -> None:
    mine: Any = ops.map(str)

    assert refusal(lambda: ops.untracked(mine)) == (
        "untracked: op must be an operator that is not rxstream's; got rxstream's map. Use it as it is."
    )


@pytest.mark.parametrize("op", [5, None], ids=repr)
def test_what_cannot_be_called_is_refused(refusal: Refusal, op: Any) -> None:
    assert refusal(lambda: ops.untracked(op)) == (
        f"untracked: op must be a function from Observable to Observable; got {op!r}. "
        "Give an operator, for instance reactivex.operators.delay(1)."
    )
