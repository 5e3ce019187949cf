"""Turn each value into any number of values."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from typing import Any, Final, TypeVar

from reactivex import Observable

from rxstream.core import (
    ENDLESS,
    Downstream,
    Event,
    Inline,
    Operator,
    Reactions,
    callable_,
    is_async,
    node,
    positive_count,
)
from rxstream.operators._flat_map_inner import Inners

T = TypeVar("T")
R = TypeVar("R")

#: What is handed on where it is made: iterating it calls nothing that could fail.
_PLAIN: Final = frozenset({list, tuple})


def flat_map(
    f: Callable[[T], Iterable[R] | Observable[R] | AsyncIterable[R] | Awaitable[Any]], *, concurrency: int | None = None
) -> Operator[T, R]:
    """Hand on every item of ``f(value)``: an iterable's in place, one by one; any other's as they come.

    .. marble::

        -1---2-----|
        [ flat_map(lambda n: ["a"] * n) ]
        -a---(aa)--|

    ``f`` gives an iterable, a stream or an async iterable, or is a coroutine function that gives one of these in the
    end. What has to be waited for goes side by side with what comes of other values.

    It completes when the stream and everything that was made of it have. When no more is wanted below, what is at work
    is cancelled. Items get the outer item's passport; Events, and the items of inner streams that have one, keep
    their own. What breaks is a failure of its outer item; what came before is handed on.

    Args:
        f: A function of one value.
        concurrency: Of how many values there may be something to wait for at once; later ones wait for their turn,
            and ``f`` for its call. 1: one after the other, as reactivex's ``concat_map``. None: of any number.

    Raises:
        ConfigurationError: If ``f`` cannot be called, or ``concurrency`` is no whole number of at least 1; from a
            plain subscription, which cannot await, where ``f`` gives something async.

    State: the inner streams and calls that have not ended, and the values that wait for their turn.

    Delivery: the outer record is settled when all that was made of it is handled. The watermark does not overtake a
        value of which something with its timestamp may still come.

    Example:
        >>> rs.collect(rs.from_iterable(["a b", "c"]).pipe(ops.flat_map(str.split)))
        ['a', 'b', 'c']
        >>> async def spelt(word):
        ...     for letter in word:
        ...         await asyncio.sleep(0)
        ...         yield letter
        >>> rs.collect(rs.from_iterable(["ab", "cd"]).pipe(ops.flat_map(spelt, concurrency=1)))
        ['a', 'b', 'c', 'd']
    """
    if not is_async(f):
        callable_("flat_map", f=f)
    if concurrency is not None:
        positive_count("flat_map", concurrency=concurrency)

    def start(down: Downstream[Any]) -> Reactions:
        inners = Inners(f, down, concurrency)
        return Reactions(
            inners.on_next,
            on_completed=inners.on_completed,
            on_watermark=inners.on_watermark,
            inline=_inline(f, inners, down),
        )

    return node("flat_map", start, passport=True)


def _inline(f: Callable[[Any], Any], inners: Inners, down: Downstream[Any]) -> Inline:
    """What `Inners.on_next` does, as code: what is made as a list or tuple costs no call but the function's."""
    lines = [
        *(["if inners.is_full:", "    wait_for_turn(value)", "    skip"] if inners.is_limited else []),
        "made = f(value)",
        "if type(made) not in PLAIN:",
        "    hand_on(made, value)",
        *(["    if stop.now:", "        return"] if down.stop is not ENDLESS else []),
        "    skip",
        *(["said = slot.key, slot.time, slot.headers"] if down.below.passport else []),
        "each value in made:",
        *(["slot.key, slot.time, slot.headers = said"] if down.below.passport else []),
        "if type(value) is Event:",
        "    hand_on_event(value)",
        "    skip",
    ]
    bindings = {
        "f": f,
        "inners": inners,
        "wait_for_turn": inners.wait_for_turn,
        "hand_on": inners.hand_on,
        "hand_on_event": inners.hand_on_event,
        "PLAIN": _PLAIN,
        "Event": Event,
    }
    return Inline("\n".join(lines), bindings, {}, then=down.next)
