"""What every stage of a stream did that did not say what was expected."""

from __future__ import annotations

from typing import Any, Final

from rxstream.core import Stream, lineage, ns_to_datetime
from rxstream.errors import ConfigurationError
from rxstream.testing._said import Said

#: Who said more would not be read, and perhaps never end.
_MOST: Final = 100
#: Of fewer, the source is drawn in the test and the result in the failure.
_FEWEST: Final = 3


def stages(stream: Stream[Any], heard: Said, end: int | None) -> str | None:
    """Run a stream once more and draw all its stages; None: it cannot be drawn, or has too few, or says too much.

    Args:
        stream: The stream, listened to from the beginning.
        heard: What it said.
        end: When it was unsubscribed, in nanoseconds; None: never.
    """
    said = heard.notifications
    if len(said) > _MOST or len(lineage(stream)) < _FEWEST:
        return None
    if end is None and (not said or said[-1].kind == "value"):
        # It may go on for ever; what it said belongs to the picture, and datetimes know no less than a microsecond.
        end = (said[-1].at if said else 0) + 1_000
    # Only who fails needs what draws.
    from rxstream.notebook import marble

    try:
        drawn = marble(stream, None if end is None else ns_to_datetime(end))
    except ConfigurationError:
        return None
    return str(drawn)
