"""Who holds what: records in flight, calls that wait, and the way out to the sinks."""

from rxstream.delivery._answers import Answers
from rxstream.delivery._calls import Calls, must_wait
from rxstream.delivery._holders import holders_of
from rxstream.delivery._ledger import Ledger, Stuck
from rxstream.delivery._outlet import Outlet, sink_receiver
from rxstream.delivery._retries import Retries, wait_to_retry
from rxstream.delivery._waiting import WaitingHolds

__all__ = [
    "Answers",
    "Calls",
    "Ledger",
    "Outlet",
    "Retries",
    "Stuck",
    "WaitingHolds",
    "holders_of",
    "must_wait",
    "sink_receiver",
    "wait_to_retry",
]
