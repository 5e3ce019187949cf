"""Count two histories' records by key and second with csp; its node is compiled when this module is imported."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import csp
import numpy as np
from csp import ts

from tests.benchmarks._histories import History, key_of, to_datetime

_WINDOW = timedelta(seconds=1)


@csp.node  # type: ignore[untyped-decorator] # csp ships no types
def _count(first: ts[object], second: ts[object], begin: datetime, hand_on: object):  # type: ignore[no-untyped-def] # csp reads what follows the arrow as outputs
    """Keep a dict of the current window's counts; an alarm closes it before that instant's records are counted."""
    with csp.alarms():
        close = csp.alarm(bool)
    with csp.state():
        s_counts = {}
        s_end = begin + _WINDOW
    with csp.start():
        csp.schedule_alarm(close, _WINDOW, True)
    with csp.stop():
        for key, count in s_counts.items():
            hand_on((key, s_end - _WINDOW, s_end, count))
    if csp.ticked(close):
        for key, count in s_counts.items():
            hand_on((key, s_end - _WINDOW, s_end, count))
        s_counts = {}
        s_end = s_end + _WINDOW
        csp.schedule_alarm(close, _WINDOW, True)
    if csp.ticked(first):
        key = key_of(first)
        s_counts[key] = s_counts.get(key, 0) + 1
    if csp.ticked(second):
        key = key_of(second)
        s_counts[key] = s_counts.get(key, 0) + 1


def by_lists(first: History, second: History) -> Sequence[Any]:
    """Give csp lists of datetimes and values; making them of numbers is part of it."""
    return _run(_listed, first, second)


def by_arrays(first: History, second: History) -> Sequence[Any]:
    """Give csp numpy's arrays, which it reads without Python; making them is part of it."""
    return _run(_in_arrays, first, second)


def _run(data_of: Callable[[History], Any], first: History, second: History) -> Sequence[Any]:
    panes: list[Any] = []
    # It has to be told where histories begin and end: the alarms would go on for ever.
    begin = _instant(first, 0).replace(microsecond=0)
    end = max(_instant(first, -1), _instant(second, -1))
    curves = csp.curve(object, data_of(first)), csp.curve(object, data_of(second))
    csp.run(_count, *curves, begin, panes.append, starttime=begin, endtime=end, realtime=False)
    return panes


def _instant(history: History, place: int) -> datetime:
    at = history.pairs[place][0]
    return _naive(at if history.unit is None else to_datetime(at))


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


def _listed(history: History) -> list[Any]:
    if history.unit is None:
        # A copy, because csp writes naive datetimes into the list that it is given.
        return list(history.pairs)
    # csp's own datetimes have no zone either; an aware one it would have to convert.
    epoch = datetime(1970, 1, 1)
    return [(epoch + timedelta(microseconds=at // 1_000), value) for at, value in history.pairs]


def _in_arrays(history: History) -> tuple[Any, Any]:
    values = np.empty(len(history.pairs), dtype=object)
    values[:] = [value for _, value in history.pairs]
    if history.unit is None:
        # numpy has no zones; these are UTC already.
        times = np.array([at.replace(tzinfo=None) for at, _ in history.pairs], dtype="datetime64[ns]")
    else:
        times = np.array([at for at, _ in history.pairs], dtype=np.int64).view("datetime64[ns]")
    return times, values
