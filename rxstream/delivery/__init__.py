"""Who holds what: records in flight, calls that wait, and the way out to the sinks."""

from rxstream.delivery._calls import Calls
from rxstream.delivery._ledger import Ledger
from rxstream.delivery._outlet import Outlet, sink_receiver

__all__ = ["Calls", "Ledger", "Outlet", "sink_receiver"]
