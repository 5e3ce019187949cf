"""Print the items."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def to_console() -> Callable[[Any], None]:
    """Print each item on a line of its own.

    Delivery: an item is settled as soon as it is printed.

    Example:
        >>> _ = rs.run(rs.from_iterable("ab").to(rs.to_console()))
        a
        b
    """

    def console(value: Any) -> None:
        sys.stdout.write(f"{value}\n")

    return console
