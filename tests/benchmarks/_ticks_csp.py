"""Tick with csp; its node is compiled when this module is imported."""

from datetime import datetime, timedelta

import csp
from csp import ts


@csp.node  # type: ignore[untyped-decorator] # csp ships no types
def _listen(ticks: ts[bool], hear: object):  # type: ignore[no-untyped-def] # csp reads what follows the arrow as outputs
    if csp.ticked(ticks):
        hear(ticks)


def tick(hear: object, *, begin: datetime, last: timedelta) -> None:
    """Call ``hear`` once a second, from a second after ``begin`` until ``last`` after it."""
    csp.run(_listen, csp.timer(timedelta(seconds=1)), hear, starttime=begin, endtime=last, realtime=False)
