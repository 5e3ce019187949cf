"""Aggregates: what a window makes of its items, one at a time."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, Literal

from rxstream.core import callable_
from rxstream.errors import ConfigurationError

_BY_TIME: Final = itemgetter(0)
_ORDER: Final = ("never", "maybe", "surely")


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A running result: made by ``init``, changed by ``add``, joined by ``merge``, read by ``finish``.

    Args:
        name: What messages and pictures call it.
        init: Makes the state of no items.
        add: ``(state, value, instant in nanoseconds)``, returns the state with one item more.
        merge: Joins two states, for windows that grow together; None: it cannot.
        finish: Reads the result out of a state.
        changes: How an item may change a state in place: not at all, or perhaps ("maybe"), or always and without ever
            failing ("surely"). In a dict of aggregates those that cannot be taken back come last.
        step: What ``add`` gives as an expression of ``state`` and ``value``, which costs no call; None: it has none.
    """

    name: str
    init: Callable[[], Any]
    add: Callable[[Any, Any, int], Any]
    merge: Callable[[Any, Any], Any] | None
    finish: Callable[[Any], Any]
    changes: Literal["never", "maybe", "surely"] = "never"
    step: str | None = None


def count() -> Aggregate:
    """Count the items.

    Example:
        >>> hourly = ops.window(rs.tumbling(3600), into=rs.agg.count())
    """
    return Aggregate("count", int, lambda n, _value, _at: n + 1, lambda a, b: a + b, _same, step="state + 1")


def sum(f: Callable[[Any], Any] | None = None) -> Aggregate:
    """Add up ``f(value)``, or the values themselves; the sum of nothing is 0.

    Raises:
        ConfigurationError: If ``f`` cannot be called, or is async.
    """
    of_value = _reader("sum", f)
    step = "state + value" if f is None else None
    return Aggregate(
        "sum", int, lambda total, value, _at: total + of_value(value), lambda a, b: a + b, _same, step=step
    )


def mean(f: Callable[[Any], Any] | None = None) -> Aggregate:
    """Average ``f(value)``, or the values themselves.

    Raises:
        ConfigurationError: If ``f`` cannot be called, or is async.
    """
    of_value = _reader("mean", f)
    return Aggregate(
        "mean",
        lambda: (0, 0),
        lambda state, value, _at: (state[0] + 1, state[1] + of_value(value)),
        lambda a, b: (a[0] + b[0], a[1] + b[1]),
        lambda state: state[1] / state[0],
    )


def min(f: Callable[[Any], Any] | None = None) -> Aggregate:
    """Find the smallest ``f(value)``, or value; the first of equals.

    Raises:
        ConfigurationError: If ``f`` cannot be called, or is async.
    """
    return _extreme("min", f, lambda new, old: new < old)


def max(f: Callable[[Any], Any] | None = None) -> Aggregate:
    """Find the greatest ``f(value)``, or value; the first of equals.

    Raises:
        ConfigurationError: If ``f`` cannot be called, or is async.
    """
    return _extreme("max", f, lambda new, old: new > old)


def first(f: Callable[[Any], Any] | None = None) -> Aggregate:
    """Keep ``f(value)``, or the value, of the earliest item by time; the first that came of equals.

    Raises:
        ConfigurationError: If ``f`` cannot be called, or is async.
    """
    return _outermost("first", f, lambda new, old: new < old)


def last(f: Callable[[Any], Any] | None = None) -> Aggregate:
    """Keep ``f(value)``, or the value, of the latest item by time; the last that came of equals.

    Raises:
        ConfigurationError: If ``f`` cannot be called, or is async.
    """
    return _outermost("last", f, lambda new, old: new >= old)


def quantile(q: float, f: Callable[[Any], Any] | None = None) -> Aggregate:
    """Find the ``q``-quantile of ``f(value)``, or of the values, exactly, by linear interpolation.

    Between the two nearest ranks of n sorted values it takes the share (n - 1) x q, as type 7 of Hyndman and Fan,
    "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996). It keeps every value.

    Raises:
        ConfigurationError: If ``q`` is no number from 0 to 1, or ``f`` cannot be called.
    """
    if not isinstance(q, int | float) or isinstance(q, bool) or not 0 <= q <= 1:
        raise ConfigurationError(f"agg.quantile: q must be a number from 0 to 1; got {q!r}. 0.5 is the median.")
    of_value = _reader("quantile", f)

    def add(ordered: list[Any], value: Any, _at: int) -> list[Any]:
        bisect.insort(ordered, of_value(value))
        return ordered

    def finish(ordered: list[Any]) -> Any:
        place = (len(ordered) - 1) * q
        below = int(place)
        share = place - below
        return ordered[below] if not share else ordered[below] + (ordered[below + 1] - ordered[below]) * share

    return Aggregate("quantile", list, add, lambda a, b: sorted(a + b), finish, "maybe")


def of(
    init: Callable[[], Any],
    add: Callable[[Any, Any], Any],
    *,
    merge: Callable[[Any, Any], Any] | None = None,
    finish: Callable[[Any], Any] | None = None,
) -> Aggregate:
    """Make an aggregate of your own.

    Args:
        init: ``init()`` makes the state of no items.
        add: ``add(state, value)`` returns the state with one item more.
        merge: ``merge(a, b)`` joins two states; sessions need it.
        finish: ``finish(state)`` reads the result; None: the state is it.

    Raises:
        ConfigurationError: If one cannot be called, or is async.

    Example:
        >>> distinct = rs.agg.of(set, lambda seen, value: seen | {value}, finish=len)
    """
    for name, f in {"init": init, "add": add, "merge": merge, "finish": finish}.items():
        if f is not None or name in {"init", "add"}:
            callable_("agg.of", **{name: f})
    return Aggregate("of", init, lambda state, value, _at: add(state, value), merge, finish or _same, "maybe")


def aggregate_of(who: str, into: Any) -> Aggregate:
    """Read a window's ``into=``: ``list``, an aggregate, or a dict of them.

    Raises:
        ConfigurationError: If it is none of these.
    """
    if into is list:
        return _listed()
    if isinstance(into, Aggregate):
        return into
    if isinstance(into, Mapping) and into:
        return _together({name: aggregate_of(who, part) for name, part in into.items()})
    raise ConfigurationError(
        f"{who}: into must be list, rs.agg.…(…) or a dict of those; got {into!r}. "
        "For a function of your own there is rs.agg.of."
    )


def _listed() -> Aggregate:
    def add(items: list[Any], value: Any, at: int) -> list[Any]:
        items.append((at, value))
        return items

    def finish(items: list[Any]) -> list[Any]:
        return [value for _, value in sorted(items, key=_BY_TIME)]

    return Aggregate("list", list, add, lambda a, b: a + b, finish, "surely")


def _together(parts: Mapping[Any, Aggregate]) -> Aggregate:
    names = tuple(parts)
    parts = dict(sorted(parts.items(), key=lambda named: _ORDER.index(named[1].changes)))
    adders = tuple(part.add for part in parts.values())
    finishers = tuple(part.finish for part in parts.values())
    mergers = [part.merge for part in parts.values() if part.merge is not None]

    def add(states: tuple[Any, ...], value: Any, at: int) -> tuple[Any, ...]:
        # A new tuple, so that a part that raises leaves the states of all as they were.
        return tuple([adder(state, value, at) for adder, state in zip(adders, states, strict=True)])

    def merge(a: tuple[Any, ...], b: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(merger(x, y) for merger, x, y in zip(mergers, a, b, strict=True))

    def finish(states: tuple[Any, ...]) -> dict[Any, Any]:
        made = {name: read(state) for name, read, state in zip(parts, finishers, states, strict=True)}
        return {name: made[name] for name in names}

    return Aggregate(
        "dict",
        lambda: tuple(part.init() for part in parts.values()),
        add,
        merge if len(mergers) == len(parts) else None,
        finish,
    )


def _extreme(name: str, f: Callable[[Any], Any] | None, better: Callable[[Any, Any], bool]) -> Aggregate:
    of_value = _reader(name, f)

    def add(state: tuple[Any, ...], value: Any, _at: int) -> tuple[Any, ...]:
        found = of_value(value)
        return (found,) if not state or better(found, state[0]) else state

    def merge(a: tuple[Any, ...], b: tuple[Any, ...]) -> tuple[Any, ...]:
        return b if not a or (b and better(b[0], a[0])) else a

    return Aggregate(name, tuple, add, merge, itemgetter(0))


def _outermost(name: str, f: Callable[[Any], Any] | None, better: Callable[[int, int], bool]) -> Aggregate:
    of_value = _reader(name, f)

    def add(state: tuple[Any, ...], value: Any, at: int) -> tuple[Any, ...]:
        return (at, of_value(value)) if not state or better(at, state[0]) else state

    def merge(a: tuple[Any, ...], b: tuple[Any, ...]) -> tuple[Any, ...]:
        return b if not a or (b and better(b[0], a[0])) else a

    return Aggregate(name, tuple, add, merge, itemgetter(1))


def _reader(name: str, f: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    if f is None:
        return _same
    callable_(f"agg.{name}", f=f)
    return f


def _same(value: Any) -> Any:
    return value
