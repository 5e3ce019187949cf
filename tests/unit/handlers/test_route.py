"""The error's class chooses what is done with an item that failed."""

from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal
from tests.unit.handlers.unsteady import unsteady


class OutOfStockError(LookupError):
    """A class of the user's own, two below Exception."""


def failing(error: Exception) -> rs.Stream[Any]:
    """One item, which fails with the error."""

    def fail(_item: str) -> None:
        raise error

    return rs.from_iterable(["x"]).pipe(ops.map(fail))


def chosen(error: Exception, *classes: type[BaseException]) -> list[str]:
    """The names of the classes whose handlers were called for an error."""
    called: list[str] = []

    def noting(name: str) -> Any:
        return lambda _event, _error: called.append(name)

    rs.collect(failing(error), on_error=rs.handlers.route({kind: noting(kind.__name__) for kind in classes}))
    return called


def test_the_handler_of_the_errors_own_class_is_called() -> None:
    assert chosen(OutOfStockError(), Exception, LookupError, OutOfStockError) == ["OutOfStockError"]


def test_without_one_the_nearest_bases_is() -> None:
    assert chosen(OutOfStockError(), Exception, LookupError) == ["LookupError"]


def test_the_order_in_which_they_are_given_does_not_matter() -> None:
    assert chosen(KeyError(), LookupError, Exception) == chosen(KeyError(), Exception, LookupError) == ["LookupError"]


def test_an_error_of_no_class_that_is_named_ends_the_run() -> None:
    with pytest.raises(OSError, match="gone"):
        chosen(OSError("gone"), ValueError)


def test_only_what_is_routed_to_retry_is_tried_again() -> None:
    handler = rs.handlers.route({ValueError: rs.handlers.retry(delay=0.001), KeyError: rs.handlers.skip()})
    cured = rs.from_iterable(["x", "y"]).pipe(ops.map(unsteady({"x": 2})), ops.map(unsteady({"y": 1}, KeyError)))
    seen = rs.to_list()
    report = rs.run(cured.to(seen, on_error=handler, name="p"))

    assert (seen.items, report["p"].retried, report["p"].failed) == (["x"], 2, 1)


def test_letters_of_several_classes_may_go_to_one_sink() -> None:
    letters = rs.to_list()
    handler = rs.handlers.dead_letter(letters)
    both = rs.handlers.route({ValueError: handler, ZeroDivisionError: handler})
    rs.collect(rs.from_iterable(["1", "x", "0"]).pipe(ops.map(int), ops.map(lambda n: 1 / n)), on_error=both)

    assert letters.items == ["x", "0"]


def test_the_sinks_of_all_handlers_are_opened() -> None:
    opened: list[str] = []

    class Noting:
        async def open(self) -> None:
            opened.append("open")

        async def write(self, batch: Any) -> None:
            opened.extend(batch)

        async def close(self) -> None:
            opened.append("close")

    handler = rs.handlers.route({ValueError: rs.handlers.retry(1, then=rs.handlers.dead_letter(Noting()))})
    rs.collect(rs.from_iterable(["x"]).pipe(ops.map(int)), on_error=handler)

    assert opened == ["open", "x", "close"]


WRONG: list[tuple[Any, str]] = [
    (
        {},
        "route: handlers must be a dict of exception classes to handlers; got {}. "
        "Write for instance {ValueError: rs.handlers.skip()}.",
    ),
    (
        {"ValueError": rs.handlers.skip()},
        "route: keys must be exception classes; got 'ValueError'. Give for instance ValueError.",
    ),
    ({ValueError: None}, "route: every class must have a handler; got None for ValueError. Give rs.handlers.stop()."),
    (
        {ValueError: 5},
        "route: ValueError must be rs.handlers.…(…) or a function of the event and the error; got 5. "
        "Give one of these.",
    ),
]


@pytest.mark.parametrize(("wrong", "sentence"), WRONG, ids=["empty", "a name", "no handler", "a number"])
def test_wrong_arguments_are_refused_by_the_call(wrong: Any, sentence: str, refusal: Refusal) -> None:
    assert refusal(lambda: rs.handlers.route(wrong)) == sentence
