"""Windows of one size that follow each other without a gap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from rxstream.core import positive_duration_ns, signed_duration_ns


@dataclass(frozen=True, slots=True)
class Tumbling:
    """Which window an instant lies in, in nanoseconds; made by `tumbling`."""

    size: int
    offset: int

    def start_of(self, instant: int) -> int:
        """The start of the window that holds ``instant``; windows start before the epoch too."""
        return instant - (instant - self.offset) % self.size


def tumbling(size: float | timedelta, *, offset: float | timedelta = 0) -> Tumbling:
    """Cut time into windows ``[start, end)`` of one size, aligned to the Unix epoch.

    Args:
        size: Seconds or a timedelta.
        offset: How far the windows are shifted against the epoch; either sign.

    Raises:
        ConfigurationError: If ``size`` is not greater than zero, or one is no duration.

    Example:
        >>> hourly = ops.window(rs.tumbling(3600), into=rs.agg.count())
    """
    size_ns = positive_duration_ns("tumbling", size=size)
    return Tumbling(size_ns, signed_duration_ns("tumbling", offset=offset) % size_ns)
