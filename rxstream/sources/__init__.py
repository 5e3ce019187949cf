"""Where streams begin: one source a file."""

from rxstream.sources._aiter import from_aiter
from rxstream.sources._amqp import from_amqp
from rxstream.sources._cron import cron
from rxstream.sources._file import from_file
from rxstream.sources._history import from_history
from rxstream.sources._interval import interval
from rxstream.sources._iterable import from_iterable
from rxstream.sources._kafka import from_kafka
from rxstream.sources._observable import from_observable
from rxstream.sources._source import from_source
from rxstream.sources._timer import timer

__all__ = [
    "cron",
    "from_aiter",
    "from_amqp",
    "from_file",
    "from_history",
    "from_iterable",
    "from_kafka",
    "from_observable",
    "from_source",
    "interval",
    "timer",
]
