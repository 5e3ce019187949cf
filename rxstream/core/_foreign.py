"""Operators that are not rxstream's: their names, and which of them keep no record."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from rxstream.core._arguments import name_of
from rxstream.core._operator import Operator
from rxstream.errors import UntrackedOperatorError

if TYPE_CHECKING:
    from rxstream.core._stream import Stream

#: reactivex operators that answer within the call: what they let go is handled, what they hand on is the item.
ANSWERING: Final = frozenset(
    {
        "as_observable",
        "contains",
        "default_if_empty",
        "distinct_until_changed",
        "do",
        "do_action",
        "do_while",
        "element_at",
        "filter",
        "filter_indexed",
        "find",
        "first",
        "ignore_elements",
        "map",
        "map_indexed",
        "materialize",
        "pluck",
        "scan",
        "single",
        "skip",
        "skip_while",
        "starmap",
        "take",
        "take_while",
        "tap",
    }
)

#: rxstream's operators for what reactivex's cannot do without losing records.
_INSTEAD: Final = {
    "buffer": "buffer",
    "buffer_with_count": "buffer",
    "buffer_with_time": "buffer",
    "buffer_with_time_or_count": "buffer",
    "flat_map": "flat_map",
    "merge": "merge",
    "window": "window",
    "window_with_count": "window",
    "window_with_time": "window",
}


def is_reactivex_operator(step: object) -> bool:
    """Whether a function is one of reactivex's own operators, made by calling ``reactivex.operators.…(…)``."""
    module = getattr(step, "__module__", None) or ""
    return module.startswith("reactivex.")


def foreign_name(step: object) -> str:
    """The name of a foreign operator as far as it can be read: reactivex hides it in a closure."""
    code = getattr(step, "__code__", None)
    for free, cell in zip(getattr(code, "co_freevars", ()), getattr(step, "__closure__", None) or (), strict=False):
        if free == "fun":
            return str(getattr(cell.cell_contents, "__name__", "operator")).rstrip("_")
    name = name_of(step)
    return "operator" if name.startswith("_compose") else name


def refuse_untracked(streams: Iterable[Stream[Any]]) -> None:
    """Refuse foreign operators that may keep or drop records behind a source that must not lose any.

    Raises:
        UntrackedOperatorError: Naming the operator, the source, and what to use instead.
    """
    made = list(streams)
    sources = [stream.feed for stream in made if stream.feed is not None and stream.feed.acknowledges]
    if not sources:
        return
    for stream in made:
        step = stream.step
        if step is None or isinstance(step, Operator):
            continue
        name = foreign_name(step)
        if not (is_reactivex_operator(step) and name in ANSWERING):
            raise UntrackedOperatorError(_untracked(name, sources[0].name, step))


def _untracked(name: str, source: str, step: Callable[..., Any]) -> str:
    what = f"reactivex's {name}" if is_reactivex_operator(step) else name
    instead = _INSTEAD.get(name)
    remedy = f"Use rxstream's ops.{instead}." if instead else "Use one of rxstream's operators."
    return (
        f"{what}: behind {source} every operator must say what becomes of each record; this one may keep or drop "
        f"them unseen. {remedy}"
    )
