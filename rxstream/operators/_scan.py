"""Fold the values into a running result: of the whole stream, or of each key."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

from rxstream.core import UNSET, Downstream, Operator, Reactions, callable_, inline, item_key, node
from rxstream.operators._keyed import undated, watermark_to
from rxstream.state import Keys, Limits, limits_of, telling

T = TypeVar("T")
S = TypeVar("S")

#: Values that cannot change need no copy.
_ATOMS: Final = (int, float, complex, bool, str, bytes, type(None))


def scan(f: Callable[[S, T], S], seed: S | Callable[[], S]) -> Operator[T, S]:
    """Hand on the running result after each value: ``f(result so far, value)``.

    .. marble::

        -1-2-3-|
        [ scan(lambda total, x: total + x, 0) ]
        -1-3-6-|

    An empty stream gives nothing. A value for which ``f`` raises leaves the result as it was.

    Args:
        f: A plain function of the result so far and a value.
        seed: The first "result so far": a callable is called for each subscription, anything else copied.

    Raises:
        ConfigurationError: If ``f`` cannot be called, or is async.

    State: one result.

    Delivery: the result travels on as the record that brought it about.

    Example:
        >>> rs.collect(rs.from_iterable([1, 2, 3]).pipe(ops.scan(lambda total, x: total + x, 0)))
        [1, 3, 6]
    """
    callable_("scan", f=f)
    return inline("scan", "value = result = f(result, value)", f=f, state={"result": starter(seed)})


def scan_by_key(
    f: Callable[[S, T], S],
    seed: S | Callable[[], S],
    *,
    key: Callable[[T], Any] | None = None,
    ttl: float | timedelta | None = None,
    max_keys: int | None = None,
    on_evict: Callable[[Any, S], object] | None = None,
) -> Operator[T, S]:
    """Hand on the running result of the value's key after each value.

    .. marble::

        -a-b-a-a-|
        [ scan_by_key(lambda n, _: n + 1, 0, key=str) ]
        -1-1-2-3-|

    A value for which ``f`` or ``key`` raises leaves every result as it was. A forgotten key that comes again starts
    from the seed; one that is there has been used, also where ``f`` raises. The end of the stream forgets nothing.

    An item finds its key forgotten if it comes more than ``ttl`` after the key's last instant; exactly ``ttl`` after
    it, it does not. The other silent ones are forgotten as the watermark passes them (in a stream without one: the
    greatest instant of an item), those least recently used first. An item without a timestamp counts by the run's
    clock. A late item does not make its key older.

    Args:
        f: A plain function of the key's result so far and a value.
        seed: Each key's first "result so far": a callable is called for each key, anything else copied.
        key: Finds a value's key, which enters its passport; None: the passport's key counts.
        ttl: How long a key may be silent, in event time, in seconds or as a timedelta; None: for ever.
        max_keys: How many keys there may be; another one takes the place of the one least recently used.
        on_evict: Called with the key and its last result when a key is forgotten. Its error is the error of the item
            being worked on, which is handed on all the same, if the handler does not end the run.

    Raises:
        ConfigurationError: If a function cannot be called, or is async, if ``ttl`` or ``max_keys`` is not greater than
            zero, or if there is ``on_evict`` and neither of those.

    State: one result a key, kept until it is forgotten; without ``ttl`` and ``max_keys`` until the stream ends.

    Delivery: the result travels on as the record that brought it about.

    Example:
        >>> words = rs.from_iterable(["a", "b", "a"])
        >>> rs.collect(words.pipe(ops.scan_by_key(lambda n, _: n + 1, 0, key=lambda word: word)))
        [1, 1, 2]
        >>> rs.collect(words.pipe(ops.scan_by_key(lambda n, _: n + 1, 0, key=lambda word: word, max_keys=1)))
        [1, 1, 1]
    """
    callable_("scan_by_key", f=f)
    if key is not None:
        callable_("scan_by_key", key=key)
    limits = limits_of("scan_by_key", max_keys=max_keys, on_evict=on_evict, ttl=ttl)
    if limits is not None:
        return _forgetful(f, starter(seed), key, limits, on_evict)
    lines = [
        "group = item_key(slot)" if key is None else "slot.key = group = key_of(value)",
        "known = results.get(group, UNSET)",
        "value = results[group] = f(start() if known is UNSET else known, value)",
    ]
    find = {"item_key": item_key} if key is None else {"key_of": key}
    return inline(
        "scan_by_key", "\n".join(lines), f=f, start=starter(seed), state={"results": dict}, passport=True, **find
    )


def _forgetful(
    f: Callable[[Any, Any], Any],
    seed: Callable[[], Any],
    key: Callable[[Any], Any] | None,
    limits: Limits,
    on_evict: Callable[[Any, Any], object] | None,
) -> Operator[Any, Any]:
    def start(down: Downstream[Any]) -> Reactions:
        keys = Keys(limits, telling(on_evict, down))
        find, add, emit, stop, slot = keys.find, keys.add, down.emit, down.stop, down.context.slot
        instant = undated(limits, down)

        def on_next(value: Any) -> None:
            group = slot.key if key is None else key(value)
            slot.key = group = item_key(slot) if group is UNSET else group
            time = slot.time
            if time is UNSET or time is None:
                time = instant()
            known = find(group, time)
            # An error of on_evict may have ended the stream.
            if stop.now:
                return
            if known is not None:
                made = known.state = f(known.state, value)
            else:
                made = f(seed(), value)
                add(group, made, time)
                if stop.now:
                    return
            emit(made)

        return Reactions(on_next, on_watermark=watermark_to(keys, down, limits))

    return node("scan_by_key", start, passport=True)


def starter(seed: Any) -> Callable[[], Any]:
    """Make the function that gives each start its own seed."""
    if callable(seed):
        made: Callable[[], Any] = seed
        return made
    if isinstance(seed, _ATOMS):
        return lambda: seed
    return lambda: copy.deepcopy(seed)
