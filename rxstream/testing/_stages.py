"""What every stage of a stream did that did not say what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from rxstream.core import Stream, lineage, ns_to_datetime
from rxstream.testing._said import Notification, Said

if TYPE_CHECKING:
    from rxstream.notebook import Marbles

#: Who said more would not be read, and perhaps never end; so many items are taken of a source.
_MOST: Final = 100
#: Of fewer, the source is drawn in the test and the result in the failure.
_FEWEST: Final = 3
#: Nanoseconds: datetimes know no less.
_NEXT: Final = 1_000


def stages(stream: Stream[Any], heard: Said, end: int | None) -> str | None:
    """Run a stream once more and draw all its stages; None: it cannot be drawn, or has too few, or says too much.

    Nor is it where it says something else the second time: the picture is to show how it came to the failure.

    Args:
        stream: The stream, listened to from the beginning.
        heard: What it said.
        end: When it was unsubscribed, in nanoseconds; None: never.
    """
    said = heard.notifications
    if len(said) > _MOST or len(lineage(stream)) < _FEWEST:
        return None
    if end is None:
        # The second time it may go on for ever.
        end = (said[-1].at if said else 0) + _NEXT
    # Only who fails needs what draws.
    from rxstream.notebook import recorded

    try:
        drawn = recorded(stream, ns_to_datetime(end), most=_MOST)
        return str(drawn) if _says(drawn, said) else None
    except (Exception, SystemExit):  # noqa: BLE001 - whatever it is, the failure itself is what is to be told
        return None


def _says(drawn: Marbles, said: Sequence[Notification]) -> bool:
    marks = drawn.lanes[-1].marks
    if [(mark.key.at, mark.kind) for mark in marks] != [(one.at, one.kind) for one in said]:
        return False
    # A stream among the values was written down as what it says.
    values = [pair for pair in zip(marks, said, strict=True) if not isinstance(pair[1].value, Said)]
    return all(mark.kind != "value" or mark.tells(one.value) for mark, one in values)
