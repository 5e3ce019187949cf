"""Event, time, scheduler, stream, fusion: what the rest is built of; knows reactivex and the standard library."""

from rxstream.core._agenda import Work
from rxstream.core._arguments import (
    callable_,
    choice,
    did_you_mean,
    duration_ns,
    is_async,
    name_of,
    natural_count,
    path_argument,
    positive_count,
    positive_duration_ns,
    refuse_reactivex,
    require_names,
    signed_duration_ns,
    unit_choice,
)
from rxstream.core._awaited import awaited
from rxstream.core._batch_size import LONG_PASS, BatchSize
from rxstream.core._catching import Catching
from rxstream.core._connect import Connections, End, connect
from rxstream.core._context import (
    FAILURES,
    Context,
    Gate,
    Halt,
    Retrying,
    RetryPolicy,
    StageRetries,
    Statistics,
    is_cancelled,
)
from rxstream.core._event import Event, Headers, Origin, answerable, make_event, make_source_event, raw_value
from rxstream.core._feed import Above, Closing, Connection, Feed, Partition, Poll, Roster, Row, Span, Tick
from rxstream.core._fields import field_reader, fields_of, readable
from rxstream.core._foreign import Untracked, foreign_name
from rxstream.core._held_watermark import HeldWatermark, Mark
from rxstream.core._inline import Inline
from rxstream.core._inner import run_inner
from rxstream.core._instants import (
    EPOCH,
    NEVER,
    SECOND,
    UNITS,
    datetime_to_ns,
    instant_argument,
    instant_reader,
    is_naive,
    ns_to_datetime,
    seconds_to_ns,
)
from rxstream.core._intake import Intake
from rxstream.core._known_watermarks import KnownWatermarks
from rxstream.core._loose import close_reader
from rxstream.core._loose_batch import LooseBatch
from rxstream.core._operator import Downstream, Operator, Reactions, inline, node, timed
from rxstream.core._partition_watermark import PartitionWatermark, Progress
from rxstream.core._partitions import Partitions
from rxstream.core._passport import (
    UNSET,
    Batch,
    Hold,
    Slot,
    current_event,
    item_key,
    item_time,
    passport,
    source_event,
    tell_task,
    thread_slot,
)
from rxstream.core._pipeline import Handler, Pipeline
from rxstream.core._reader import PENDING, Reader, reader_of
from rxstream.core._receiver import ENDLESS, Receiver, Stop, linked_stop
from rxstream.core._refused import find_refused
from rxstream.core._relay import Relay
from rxstream.core._replay import Merge
from rxstream.core._scheduler import TICKS, WORK, StreamScheduler
from rxstream.core._sink import Sink, SinkBatch, check_handler, check_sink_argument, is_observer, sink_name
from rxstream.core._source import Source
from rxstream.core._stream import Stream, as_stream, lineage, parents_of, sinks_of
from rxstream.core._timekeeper import VIRTUAL, Timekeeper, current_scheduler, keep_time, timekeeper

__all__ = [
    "ENDLESS",
    "EPOCH",
    "FAILURES",
    "LONG_PASS",
    "NEVER",
    "PENDING",
    "SECOND",
    "TICKS",
    "UNITS",
    "UNSET",
    "VIRTUAL",
    "WORK",
    "Above",
    "Batch",
    "BatchSize",
    "Catching",
    "Closing",
    "Connection",
    "Connections",
    "Context",
    "Downstream",
    "End",
    "Event",
    "Feed",
    "Gate",
    "Halt",
    "Handler",
    "Headers",
    "HeldWatermark",
    "Hold",
    "Inline",
    "Intake",
    "KnownWatermarks",
    "LooseBatch",
    "Mark",
    "Merge",
    "Operator",
    "Origin",
    "Partition",
    "PartitionWatermark",
    "Partitions",
    "Pipeline",
    "Poll",
    "Progress",
    "Reactions",
    "Reader",
    "Receiver",
    "Relay",
    "RetryPolicy",
    "Retrying",
    "Roster",
    "Row",
    "Sink",
    "SinkBatch",
    "Slot",
    "Source",
    "Span",
    "StageRetries",
    "Statistics",
    "Stop",
    "Stream",
    "StreamScheduler",
    "Tick",
    "Timekeeper",
    "Untracked",
    "Work",
    "answerable",
    "as_stream",
    "awaited",
    "callable_",
    "check_handler",
    "check_sink_argument",
    "choice",
    "close_reader",
    "connect",
    "current_event",
    "current_scheduler",
    "datetime_to_ns",
    "did_you_mean",
    "duration_ns",
    "field_reader",
    "fields_of",
    "find_refused",
    "foreign_name",
    "inline",
    "instant_argument",
    "instant_reader",
    "is_async",
    "is_cancelled",
    "is_naive",
    "is_observer",
    "item_key",
    "item_time",
    "keep_time",
    "lineage",
    "linked_stop",
    "make_event",
    "make_source_event",
    "name_of",
    "natural_count",
    "node",
    "ns_to_datetime",
    "parents_of",
    "passport",
    "path_argument",
    "positive_count",
    "positive_duration_ns",
    "raw_value",
    "readable",
    "reader_of",
    "refuse_reactivex",
    "require_names",
    "run_inner",
    "seconds_to_ns",
    "signed_duration_ns",
    "sink_name",
    "sinks_of",
    "source_event",
    "tell_task",
    "thread_slot",
    "timed",
    "timekeeper",
    "unit_choice",
]
