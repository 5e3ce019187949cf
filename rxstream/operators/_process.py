"""Process each value: change it, drop it, or make several of it; plain or async."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final

from rxstream.core import Downstream, Inline, Operator, Reactions, Stream, node
from rxstream.delivery import Calls, must_wait
from rxstream.errors import ConfigurationError
from rxstream.operators._behind_calls import BehindCalls


def process(f: Any) -> Any:
    """Hand on what ``f(value)`` returns; ``None`` drops the item.

    .. marble::

        -1-2-3-|
        [ process(lambda x: x * 2 if x != 2 else None) ]
        -2---6-|

    Items keep their order: while an async ``f`` is at work, later ones wait. It completes when the last one is done.

    Args:
        f: A function of one value, plain or async, or an object with ``process(value)``; what it returns is awaited
            if it can be. A generator function, plain or async, yields any number of items, ``None`` among them.
            A list of such is a chain: each gets what the one before returned.

    Raises:
        ConfigurationError: If ``f`` is none of these.

    State: the items that wait for an async ``f``.

    Delivery: a dropped item is settled at once; one that waits, when it has been handled.

    Example:
        >>> orders = rs.from_iterable([{"price": 3}, {"price": 0}])
        >>> rs.collect(orders.pipe(ops.process(lambda order: order["price"] or None)))
        [3]
    """
    if not isinstance(f, list | tuple):
        return _one(f)
    steps = [_one(step) for step in f]

    def apply(stream: Stream[Any]) -> Stream[Any]:
        return stream.pipe(*steps)

    return apply


def _one(f: Any) -> Operator[Any, Any]:
    method = getattr(f, "process", None)
    call = method if callable(method) else f
    if not callable(call):
        raise ConfigurationError(
            f"process: needs a function, an object with process(value), or a list of those; got {f!r}. "
            "Give one of these."
        )

    def start(down: Downstream[Any]) -> Reactions:
        return _Processing(call, down).reactions()

    return node("process", start, passport=True)


#: What is done with an item, as code that costs no call but the function's.
_PROCESS: Final = """\
if queue:
    line_up(value)
    skip
made = call(value)
if made is None: drop
if type(made) not in PLAIN and must_wait(made):
    take(value, made)
    skip
value = made
"""
#: Types of which nothing has to be awaited; to find that out of others takes longer than most functions.
_PLAIN: Final = frozenset({int, float, bool, str, bytes, dict, list, tuple})


class _Processing:
    """One subscription: what comes of each call, and what must not overtake the calls that wait."""

    def __init__(self, call: Callable[[Any], Any], down: Downstream[Any]) -> None:
        self._down = down
        self._behind = BehindCalls(down)
        on_made = self._emit_each if inspect.isgeneratorfunction(call) else self._emit_one
        self._makes_many = inspect.isgeneratorfunction(call) or inspect.isasyncgenfunction(call)
        self._call = call
        self._calls = Calls(
            "process",
            call,
            # An async generator's items come here one by one, and a None among them is a value.
            on_made=down.emit if inspect.isasyncgenfunction(call) else on_made,
            context=down.context,
            below=down.below,
            on_idle=self._behind.on_idle,
        )
        self._behind.calls = self._calls

    def reactions(self) -> Reactions:
        watermark = self._behind.on_watermark if self._down.keeps_event_time else None
        inline = None if self._makes_many else self._inline()
        return Reactions(
            self._calls.on_next, inline=inline, on_completed=self._behind.on_completed, on_watermark=watermark
        )

    def _inline(self) -> Inline:
        calls = self._calls
        names = {
            "queue": calls.queue,
            "call": self._call,
            "line_up": calls.line_up,
            "take": calls.take,
            "must_wait": must_wait,
            "PLAIN": _PLAIN,
        }
        return Inline(_PROCESS, names, {}, then=self._down.next)

    def _emit_one(self, made: Any) -> None:
        if made is None:
            self._down.context.statistics.dropped += 1
        else:
            self._down.emit(made)

    def _emit_each(self, items: Any) -> None:
        stop, slot = self._down.stop, self._down.context.slot
        # What is said of one item's key and time is not its siblings' business.
        said = slot.key, slot.time, slot.headers
        for item in items:
            self._down.emit(item)
            if stop.now:
                return
            slot.key, slot.time, slot.headers = said
