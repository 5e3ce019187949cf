"""Aggregates: what a window makes of its items, one at a time."""

from __future__ import annotations

import bisect
import copy
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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
        merge: Joins two states, for windows that grow together; None: it cannot. The first one's items come first.
        finish: Reads the result out of a state.
        changes: How an item may change a state in place: not at all, or perhaps ("maybe"), or always and without ever
            failing ("surely"). In a dict of aggregates those that cannot be taken back come last.
        step: What ``add`` gives as an expression of ``state``, ``value`` and ``instant``; without a call it is quicker.
        said: What else the expression says.
        merge_apart: Joins two states and leaves both as they are; None: ``merge`` does.
        finish_apart: Reads a result that stays as it is when the state changes; None: ``finish`` does.
    """

    name: str
    init: Callable[[], Any]
    add: Callable[[Any, Any, int], Any]
    merge: Callable[[Any, Any], Any] | None
    finish: Callable[[Any], Any]
    changes: Literal["never", "maybe", "surely"] = "never"
    step: str = "add(state, value, instant)"
    said: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    merge_apart: Callable[[Any, Any], Any] | None = None
    finish_apart: Callable[[Any], Any] | None = None

    @property
    def names(self) -> Mapping[str, Callable[..., Any]]:
        """What ``step`` refers to."""
        return {"add": self.add, **self.said}

    @property
    def join(self) -> Callable[[Any, Any], Any] | None:
        """Joins two states that are both needed again."""
        return self.merge_apart or self.merge

    @property
    def look(self) -> Callable[[Any], Any]:
        """Reads the result so far out of a state that goes on."""
        return self.finish_apart or self.finish


def count() -> Aggregate:
    """Count the items.

    Example:
        >>> hourly = ops.window(rs.tumbling(3600), into=rs.agg.count())
    """
    return Aggregate("count", int, lambda n, _value, _at: n + 1, operator.add, _same, step="state + 1")


def sum(f: Callable[[Any], Any] | None = None) -> Aggregate:
    """Add up ``f(value)``, or the values themselves; the sum of nothing is 0.

    Raises:
        ConfigurationError: If ``f`` cannot be called, or is async.
    """
    of_value = _reader("sum", f)
    return Aggregate(
        "sum",
        int,
        lambda total, value, _at: total + of_value(value),
        operator.add,
        _same,
        step=f"state + {_reading(f)}",
        said={"of_value": of_value},
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
        step=f"(state[0] + 1, state[1] + {_reading(f)})",
        said={"of_value": of_value},
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
        merge: ``merge(a, b)`` joins two states, of which ``a`` has the earlier items, and may change ``a``; sessions
            need it. To merge with what ``init`` gives must change nothing.
        finish: ``finish(state)`` reads the result; None: the state is it. Panes before the final one have a copy.

    Raises:
        ConfigurationError: If one cannot be called, or is async.

    Example:
        >>> distinct = rs.agg.of(set, lambda seen, value: seen | {value}, finish=len)
    """
    for name, f in {"init": init, "add": add, "merge": merge, "finish": finish}.items():
        if f is not None or name in {"init", "add"}:
            callable_("agg.of", **{name: f})
    read = finish or _same
    return Aggregate(
        "of",
        init,
        lambda state, value, _at: add(state, value),
        merge,
        read,
        "maybe",
        merge_apart=None if merge is None else _merging_apart(init, merge),
        finish_apart=lambda state: copy.deepcopy(read(state)),
    )


def _merging_apart(init: Callable[[], Any], merge: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def merge_apart(a: Any, b: Any) -> Any:
        begun = merge(init(), a)
        made = merge(copy.copy(begun) if begun is a else begun, b)
        return copy.copy(made) if made is b else made

    return merge_apart


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

    def add(states: tuple[Any, ...], value: Any, at: int) -> tuple[Any, ...]:
        # A new tuple, so that a part that raises leaves the states of all as they were.
        return tuple([adder(state, value, at) for adder, state in zip(adders, states, strict=True)])

    def reading(readers: Sequence[Callable[[Any], Any]]) -> Callable[[tuple[Any, ...]], dict[Any, Any]]:
        def read(states: tuple[Any, ...]) -> dict[Any, Any]:
            made = {name: reader(state) for name, reader, state in zip(parts, readers, states, strict=True)}
            return {name: made[name] for name in names}

        return read

    step, said = _stepping(tuple(parts.values()))
    unable = [part.name for part in parts.values() if part.merge is None]
    return Aggregate(
        f"dict with {unable[0]}" if unable else "dict",
        lambda: tuple([part.init() for part in parts.values()]),
        add,
        _merging([part.merge for part in parts.values()]),
        reading([part.finish for part in parts.values()]),
        step=step,
        said=said,
        merge_apart=_merging([part.join for part in parts.values()]),
        finish_apart=reading([part.look for part in parts.values()]),
    )


def _stepping(parts: Sequence[Aggregate]) -> tuple[str, Mapping[str, Callable[..., Any]]]:
    """Make one expression of those of all parts, which gives a tuple of their states, and what it says."""
    steps, said = [], {}
    for place, part in enumerate(parts):
        step = re.sub(r"\bstate\b", f"state[{place}]", part.step)
        for name, meant in part.names.items():
            # In front, as fusion puts an operator's place behind: no two names become one.
            step = re.sub(rf"\b{name}\b", f"part{place}_{name}", step)
            said[f"part{place}_{name}"] = meant
        steps.append(step)
    return f"({', '.join(steps)},)", said


def _merging(mergers: Sequence[Callable[[Any, Any], Any] | None]) -> Callable[[Any, Any], Any] | None:
    """Merge tuples of states; None: one of them cannot be merged."""
    able = [merger for merger in mergers if merger is not None]
    if len(able) < len(mergers):
        return None
    return lambda a, b: tuple([merger(x, y) for merger, x, y in zip(able, a, b, strict=True)])


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


def _reading(f: Callable[[Any], Any] | None) -> str:
    """Say in an expression what is read of a value."""
    return "value" if f is None else "of_value(value)"


def _same(value: Any) -> Any:
    return value
