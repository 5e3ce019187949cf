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
    "combine_latest": "combine_latest",
    "concat": "concat",
    "debounce": "debounce",
    "delay": "delay",
    "distinct": "distinct",
    "group_by": "group_by",
    "merge": "merge",
    "pairwise": "pairwise",
    "reduce": "reduce",
    "sample": "sample",
    "start_with": "start_with",
    "throttle_first": "throttle",
    "throttle_with_timeout": "debounce",
    "timeout": "timeout",
    "window": "window",
    "window_with_count": "window",
    "window_with_time": "window",
    "with_latest_from": "with_latest_from",
    "zip": "zip",
}


class Untracked:
    """A foreign operator of which it is accepted that it may keep or drop records unseen.

    Args:
        step: The operator, or a function from stream to stream that may hold such ones.
    """

    __slots__ = ("step",)

    def __init__(self, step: Callable[[Any], Any]) -> None:
        self.step = step

    def __call__(self, source: Any) -> Any:
        """Apply it."""
        from rxstream.core._stream import Stream

        made = at = self.step(source)
        # Where it shows what it is made of, that is accepted piece by piece.
        while isinstance(at, Stream) and at is not source:
            if at.step is not None and not isinstance(at.step, Operator | Untracked):
                at.step = Untracked(at.step)
            at = at.upstream
        return made

    def __repr__(self) -> str:
        return f"untracked({foreign_name(self.step)})"


def is_reactivex_operator(step: object) -> bool:
    """Whether a function is one of reactivex's own operators, made by calling ``reactivex.operators.…(…)``."""
    module = getattr(step, "__module__", None) or ""
    return module.startswith("reactivex.")


def foreign_name(step: object) -> str:
    """The name of a foreign operator as far as it can be read: reactivex hides it in a closure."""
    if isinstance(step, Untracked):
        return repr(step)
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
        if step is None or isinstance(step, Operator | Untracked):
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
