"""The characters that stand for values in a drawing."""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Any, Final

from rxstream.testing._diagram import RESERVED, Mark
from rxstream.testing._difference import is_same
from rxstream.testing._said import Notification, Said

_STAND_INS: Final = string.ascii_uppercase + string.ascii_lowercase + string.digits
#: When all of these are taken.
_ANYTHING: Final = "?"


class Symbols:
    """Finds a character for everything that some streams say; one has the same wherever it is said.

    Args:
        streams: What is to be drawn together.
    """

    def __init__(self, *streams: Said) -> None:
        self._known = [pair for said in streams for pair in said.values.items()]
        said = [notification for stream in streams for notification in stream.notifications]
        self._known += [(one.symbol, one.value) for one in said if one.symbol and one.kind == "value"]
        taken = {symbol for symbol, _ in self._known} | {one.value for one in said if is_symbol(one.value)}
        self._free = (symbol for symbol in _STAND_INS if symbol not in taken)
        self._named = {symbol for symbol, _ in self._known}

    def marks(self, said: Said) -> list[Mark]:
        """What a drawing of the stream holds."""
        return [Mark(one.at, self.of(one)) for one in said.notifications]

    def of(self, one: Notification) -> str:
        """The character of one notification."""
        if one.symbol:
            return one.symbol
        if one.kind != "value":
            return "|" if one.kind == "end" else "#"
        return next(self._standing_for(one.value), None) or self._new(one.value)

    def _standing_for(self, value: Any) -> Iterator[str]:
        if is_symbol(value) and value not in self._named:
            yield value
        yield from (symbol for symbol, known in self._known if is_same(known, value))

    def _new(self, value: Any) -> str:
        symbol = next(self._free, _ANYTHING)
        self._known.append((symbol, value))
        return symbol


def is_symbol(value: object) -> bool:
    """Whether a value is a character that may stand in a diagram."""
    return isinstance(value, str) and len(value) == 1 and value not in RESERVED and not value.isspace()
