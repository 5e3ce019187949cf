"""Give each item what a table knows of its key."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from rxstream.core import (
    UNSET,
    Downstream,
    Operator,
    Reactions,
    callable_,
    choice,
    current_event,
    inline,
    is_async,
    item_key,
    natural_count,
    node,
)
from rxstream.delivery import Calls
from rxstream.errors import ConfigurationError
from rxstream.operators._behind_calls import BehindCalls
from rxstream.operators._join_sides import KeyOf, key_lines
from rxstream.operators._joined import MISSING, Joined, made_joined

_HOW: Final = ("inner", "left")
#: What is done with an item where the answer is at hand.
_IN_MAPPING: Final = """\
try:
    found = table[group]
except KeyError:
    {missing}
value = joined(group, value, found)"""


def enrich(
    lookup: Mapping[Any, Any] | Callable[[Any], Any],
    *,
    key: KeyOf | None = None,
    how: str = "inner",
    cache: int = 1000,
) -> Operator[Any, Joined]:
    """Hand on each item in a `Joined` with what ``lookup`` has under its key.

    .. marble::

        -1-2-3-|
        [ enrich({1: "one", 3: "three"}, key=lambda n: n, how="left") ]
        -x-y-z-|
          where x = rs.Joined(1, 1, "one"), y = rs.Joined(2, 2, rs.MISSING), z = rs.Joined(3, 3, "three")

    A mapping has nothing where it raises a KeyError; a function says so with ``rs.MISSING``, as ``None`` is an answer.
    Then the item is handed on with ``rs.MISSING`` on the right, or, with ``how="inner"``, dropped and counted.
    A mapping is asked for every item, so that what changes in it counts from the next one on.

    Of a function so many answers are remembered as ``cache`` says, those asked for last, ``rs.MISSING`` among them; an
    error is not. While an async one is at work, later items wait: items keep their order, and what is asked for again
    meanwhile is asked once. It completes when the last item is done. An item whose lookup fails is an error of its own.

    The passport stays the item's own; an explicit ``key`` enters it.

    Args:
        lookup: A mapping, or a function of the key, plain or async.
        key: Finds an item's key; None: the passport's key counts.
        how: Whether items without an answer are handed on: ``"left"`` they are, ``"inner"`` they are not.
        cache: How many of a function's answers are remembered; 0: none.

    Raises:
        ConfigurationError: If an argument is none of these.

    State: the answers that are remembered, and the items that wait for an async function.

    Delivery: the item stays the same record; one that waits counts as in flight, so that its source may have to pause.

    Example:
        >>> names = {"EWR": "Newark", "JFK": "Kennedy"}
        >>> rs.collect(rs.from_iterable(["JFK"]).pipe(ops.enrich(names, key=str)))
        [Joined(key='JFK', left='JFK', right='Kennedy')]
    """
    if not isinstance(lookup, Mapping) and not callable(lookup):
        raise ConfigurationError(
            f"enrich: lookup must be a mapping or a function of the key; got {lookup!r}. Give one of these."
        )
    if key is not None:
        callable_("enrich", key=key)
    is_inner = choice("enrich", _HOW, how=how) == "inner"
    most = natural_count("enrich", cache=cache)
    if isinstance(lookup, Mapping):
        return _in_mapping(lookup, key, is_inner=is_inner)

    def start(down: Downstream[Joined]) -> Reactions:
        return _Asking(down, lookup, key, most, is_inner=is_inner).reactions()

    return node("enrich", start, passport=True)


def _in_mapping(table: Mapping[Any, Any], key_of: KeyOf | None, *, is_inner: bool) -> Operator[Any, Joined]:
    lines = key_lines(key_of)
    if key_of is not None:
        lines.append("slot.key = group")
    lines.append(_IN_MAPPING.format(missing="drop" if is_inner else "found = MISSING"))
    names = {"key_of": key_of, "item_key": item_key, "UNSET": UNSET, "MISSING": MISSING}
    return inline("enrich", "\n".join(lines), passport=True, table=table, joined=made_joined, **names)


class _Asking:
    """One subscription: a function's answers, and the items that wait for one."""

    def __init__(
        self, down: Downstream[Joined], ask: Callable[[Any], Any], key_of: KeyOf | None, most: int, *, is_inner: bool
    ) -> None:
        self._down = down
        self._slot = down.context.slot
        self._ask = ask
        self._is_async = is_async(ask)
        self._key_of = key_of
        self._most = most
        self._is_inner = is_inner
        #: Those asked for last stand last.
        self._answers: OrderedDict[Any, Any] = OrderedDict()
        self._behind = BehindCalls(down)
        self._calls = Calls(
            "enrich",
            self._joined,
            on_made=self._emit,
            context=down.context,
            below=down.below,
            on_idle=self._behind.on_idle,
        )
        self._behind.calls = self._calls

    def reactions(self) -> Reactions:
        watermark = self._behind.on_watermark if self._down.keeps_event_time else None
        return Reactions(self._on_next, on_completed=self._behind.on_completed, on_watermark=watermark)

    def _on_next(self, value: Any) -> None:
        if self._calls.busy:
            self._calls.line_up(value)
            return
        joined = self._joined(value)
        if type(joined) is Joined:
            self._emit(joined)
        else:
            self._calls.take(value, joined)

    def _joined(self, value: Any) -> Any:
        """Join an item, or start to wait for what it is joined with."""
        key = self._key(value)
        found = self._answers.get(key, UNSET)
        if found is not UNSET:
            self._answers.move_to_end(key)
            return made_joined(key, value, found)
        if self._is_async:
            # Not asked yet: where nobody can wait, nothing is left unawaited.
            return self._awaited(key, value, self._ask)
        found = self._ask(key)
        if inspect.isawaitable(found):
            return self._awaited(key, value, lambda _: found)
        self._remember(key, found)
        return made_joined(key, value, found)

    async def _awaited(self, key: Any, value: Any, ask: Callable[[Any], Awaitable[Any]]) -> Joined:
        found = await ask(key)
        self._remember(key, found)
        return made_joined(key, value, found)

    def _key(self, value: Any) -> Any:
        if self._key_of is not None:
            return self._key_of(value)
        if self._slot.event is not UNSET:
            key = self._slot.key
            return item_key(self._slot) if key is UNSET else key
        # Behind an item that had to be awaited it is the task that names the next one.
        waiting = current_event()
        return None if waiting is None else waiting.key

    def _remember(self, key: Any, found: Any) -> None:
        if not self._most:
            return
        if len(self._answers) >= self._most:
            self._answers.popitem(last=False)
        self._answers[key] = found

    def _emit(self, joined: Joined) -> None:
        if self._is_inner and joined.right is MISSING:
            self._down.context.statistics.dropped += 1
            return
        if self._key_of is not None:
            self._slot.key = joined.key
        self._down.emit(joined)
