"""Where two streams first say different things."""

from __future__ import annotations

from itertools import zip_longest
from typing import NamedTuple

from rxstream.testing._progress import instant_text
from rxstream.testing._said import Notification, Said


class Difference(NamedTuple):
    """The first difference of two streams.

    Args:
        place: Which notification it is, counted from 0.
        at: The instant at which the earlier of the two sides speaks.
        expected: What should be said then; None: nothing.
        actual: What was said then; None: nothing.
    """

    place: int
    at: int
    expected: Notification | None
    actual: Notification | None

    @property
    def inner(self) -> tuple[Said, Said] | None:
        """The two streams, if it is inner streams that differ."""
        if self.expected is None or self.actual is None:
            return None
        pair = self.expected.value, self.actual.value
        return pair if isinstance(pair[0], Said) and isinstance(pair[1], Said) else None


def difference(expected: Said, actual: Said) -> Difference | None:
    """Find the first difference; None: they say the same."""
    for place, (one, other) in enumerate(zip_longest(expected.notifications, actual.notifications)):
        if one is None or other is None or not _alike(one, other):
            at = min(side.at for side in (one, other) if side is not None)
            return Difference(place, at, _then(one, at), _then(other, at))
    return None


def _then(one: Notification | None, at: int) -> Notification | None:
    return one if one is not None and one.at == at else None


def _alike(one: Notification, other: Notification) -> bool:
    return one.at == other.at and one.kind == other.kind and is_same(one.value, other.value)


def is_same(one: object, other: object) -> bool:
    """Whether two values are equal: streams by what they say, errors by type and message; and True is not 1."""
    if isinstance(one, Said) and isinstance(other, Said):
        return difference(one, other) is None
    if isinstance(one, BaseException) and isinstance(other, BaseException):
        return type(one) is type(other) and str(one) == str(other)
    if one is other:
        # As in a list: what does not equal itself, a NaN say, is still the same.
        return True
    try:
        return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
    except (TypeError, ValueError):
        # Arrays, for instance, answer neither yes nor no.
        return False


def sentence(found: Difference, frame: int) -> str:
    """Tell a difference in words."""
    where = f"at {instant_text(found.at, frame)}"
    if found.inner is not None and (within := difference(*found.inner)) is not None:
        return f"{where} got another stream than expected: in it {sentence(within, frame)}"
    wanted, got = _told(found.expected), _told(found.actual)
    return f"{where} expected {wanted}, got {got}" + (", which does not equal it" if wanted == got else "")


def _told(one: Notification | None) -> str:
    if one is None:
        return "nothing"
    if one.kind == "end":
        return "the end"
    told = "a stream" if isinstance(one.value, Said) else repr(one.value)
    return f"the error {told}" if one.kind == "error" else told
