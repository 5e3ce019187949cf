"""Records of event time: values of keys, a thousand a second, that come up to half a second out of order."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from operator import itemgetter

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
#: How far records are allowed to be out of order.
DISORDER = SECOND
KEYS = 100
_BEGIN = 1_700_000_000 * SECOND
_JITTER = 500
_NAMES = [f"sensor-{number:02}" for number in range(KEYS)]
#: Of the keys, so many are at work in one second, and the others are silent.
_SHIFT = 10

Value = tuple[str, int]
#: An instant in nanoseconds, and what happened then.
Record = tuple[int, Value]
Records = Sequence[Record]

#: Every contender calls them, once a record each.
key_of: Callable[[Value], str] = itemgetter(0)
amount_of: Callable[[Value], int] = itemgetter(1)


@cache
def steady(count: int) -> Records:
    """Every key at work all the time."""
    return list(endless_steady(count))


def endless_steady(count: int) -> Iterator[Record]:
    """The same, made while they are read, so that they take no room."""
    for number in range(count):
        yield _instant(number), (_NAMES[number * 7 % KEYS], number)


@cache
def in_bursts(count: int) -> Records:
    """Each key at work for one second of ten, so that sessions begin and end."""
    instants = (_instant(number) for number in range(count))
    return [
        (at, (_NAMES[_SHIFT * (at // SECOND % _SHIFT) + number % _SHIFT], number)) for number, at in enumerate(instants)
    ]


def _instant(number: int) -> int:
    # A prime, so that neighbours in time are some way apart.
    return _BEGIN + (number + number * 7_919 % _JITTER) * MILLISECOND


def one_of_two(count: int, *, behind: int, keys: int) -> Iterator[Record]:
    """Yield one of two streams: a hundred records a second in order, so many milliseconds late, and of so many keys."""
    for number in range(count):
        yield _BEGIN + (10 * number + behind) * MILLISECOND, (_NAMES[number % keys], number)
