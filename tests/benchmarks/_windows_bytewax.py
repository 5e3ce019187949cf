"""What bytewax has of windows: its clock knows each key's own watermark."""

from datetime import timedelta
from operator import add, itemgetter
from typing import Any

from bytewax import operators as op
from bytewax.dataflow import Stream
from bytewax.operators import windowing as win

from tests.benchmarks._bytewax_flow import run_flow
from tests.benchmarks._dated import Records, amount_of, key_of
from tests.benchmarks._histories import to_datetime
from tests.benchmarks._ways import Hear

_EPOCH = to_datetime(0)
_DISORDER = timedelta(seconds=1)
#: It reads its inputs by turns, a batch of ten seconds each.
_APART = timedelta(seconds=30)


def tumbling(records: Records, hear: Hear) -> None:
    """Sum in tumbling windows."""
    _summed(records, win.TumblingWindower(length=timedelta(seconds=10), align_to=_EPOCH), hear)


def hopping(records: Records, hear: Hear) -> None:
    """Sum in overlapping windows."""
    windower = win.SlidingWindower(length=timedelta(seconds=10), offset=timedelta(seconds=1), align_to=_EPOCH)
    _summed(records, windower, hear)


def session(records: Records, hear: Hear) -> None:
    """Sum in sessions."""
    _summed(records, win.SessionWindower(gap=timedelta(seconds=2)), hear)


def join(lefts: Records, rights: Records, hear: Hear) -> None:
    """Pair what is in one window of a second."""

    def build(*sides: Stream[Any]) -> Stream[Any]:
        keyed = [op.key_on(f"key{place}", side, lambda item: key_of(item[1])) for place, side in enumerate(sides)]
        windower = win.TumblingWindower(length=timedelta(seconds=1), align_to=_EPOCH)
        made = win.join_window("join", _clock(_APART), windower, *keyed, insert_mode="product", ordered=False)
        return op.map("match", made.down, lambda named: (named[0], named[1][1][0][1], named[1][1][1][1]))

    run_flow(build, _dated(lefts), _dated(rights), hear=hear)


def _summed(records: Records, windower: Any, hear: Hear) -> None:
    def build(items: Stream[Any]) -> Stream[Any]:
        keyed = op.key_on("key", items, lambda item: key_of(item[1]))
        made = win.fold_window(
            "sum",
            keyed,
            _clock(_DISORDER),
            windower,
            int,
            lambda total, item: total + amount_of(item[1]),
            add,
            ordered=False,
        )
        # Bounds would come as a stream of their own.
        return op.map("sum of key", made.down, lambda named: (named[0], named[1][1]))

    run_flow(build, _dated(records), hear=hear)


def _clock(disorder: timedelta) -> win.EventClock[Any]:
    """Make a clock that reads instants, and wakes nobody by the wall clock."""
    return win.EventClock(itemgetter(0), disorder, to_system_utc=lambda _: None)


def _dated(records: Records) -> list[Any]:
    """Say instants as it wants them."""
    return [(to_datetime(at), value) for at, value in records]
