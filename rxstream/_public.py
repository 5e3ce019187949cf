"""All that `rxstream` offers, imported."""

from rxstream import handlers, operators
from rxstream._version import __version__
from rxstream.core import Event, Origin, Pipeline, Sink, Source, Stream, StreamScheduler, current_event
from rxstream.errors import (
    BatchError,
    BufferOverflowError,
    ConfigurationError,
    ConnectError,
    DecodeError,
    DeliveryError,
    MissingExtraError,
    NotRunningError,
    OutOfOrderError,
    RxstreamError,
    StateError,
    StreamError,
    UntrackedOperatorError,
    error_context,
)
from rxstream.metrics import to_frame
from rxstream.notebook import marble
from rxstream.operators import agg
from rxstream.operators._group_by import Group
from rxstream.operators._joined import MISSING, Joined
from rxstream.operators._window_counted import counted
from rxstream.operators._window_hopping import hopping
from rxstream.operators._window_pane import Pane
from rxstream.operators._window_session import session
from rxstream.operators._window_sliding import sliding
from rxstream.operators._window_tumbling import tumbling
from rxstream.runtime import Report, call_later, collect, now, real_time, run, run_async, running, sleep
from rxstream.sinks import sink, to_amqp, to_console, to_file, to_kafka, to_list, to_sql
from rxstream.sources import (
    cron,
    from_aiter,
    from_amqp,
    from_file,
    from_history,
    from_iterable,
    from_kafka,
    from_observable,
    from_source,
    interval,
    timer,
)

__all__ = [
    "MISSING",
    "BatchError",
    "BufferOverflowError",
    "ConfigurationError",
    "ConnectError",
    "DecodeError",
    "DeliveryError",
    "Event",
    "Group",
    "Joined",
    "MissingExtraError",
    "NotRunningError",
    "Origin",
    "OutOfOrderError",
    "Pane",
    "Pipeline",
    "Report",
    "RxstreamError",
    "Sink",
    "Source",
    "StateError",
    "Stream",
    "StreamError",
    "StreamScheduler",
    "UntrackedOperatorError",
    "__version__",
    "agg",
    "call_later",
    "collect",
    "counted",
    "cron",
    "current_event",
    "error_context",
    "from_aiter",
    "from_amqp",
    "from_file",
    "from_history",
    "from_iterable",
    "from_kafka",
    "from_observable",
    "from_source",
    "handlers",
    "hopping",
    "interval",
    "marble",
    "now",
    "operators",
    "real_time",
    "run",
    "run_async",
    "running",
    "session",
    "sink",
    "sleep",
    "sliding",
    "timer",
    "to_amqp",
    "to_console",
    "to_file",
    "to_frame",
    "to_kafka",
    "to_list",
    "to_sql",
    "tumbling",
]
