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
from rxstream.core._catching import Catching
from rxstream.core._connect import Connections, End, Intake, connect
from rxstream.core._context import FAILURES, Context, Gate, Halt, Statistics, is_cancelled
from rxstream.core._event import Event, Headers, Origin, make_event, make_source_event, raw_value
from rxstream.core._feed import Closing, Connection, Feed, Partition, Poll, Row, Span, Tick
from rxstream.core._fields import field_reader, readable
from rxstream.core._foreign import Untracked, foreign_name
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
from rxstream.core._loose import close_reader
from rxstream.core._loose_batch import LooseBatch
from rxstream.core._operator import Downstream, Operator, Reactions, inline, node, timed
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
from rxstream.core._relay import Relay
from rxstream.core._replay import Merge
from rxstream.core._scheduler import TICKS, WORK, StreamScheduler
from rxstream.core._sink import Sink, SinkBatch, check_sink_argument, is_observer, sink_name
from rxstream.core._stream import Stream, as_stream, lineage, parents_of
from rxstream.core._timekeeper import VIRTUAL, Timekeeper, current_scheduler, keep_time, timekeeper
from rxstream.core._timer import Timer

__all__ = [
    "ENDLESS",
    "EPOCH",
    "FAILURES",
    "NEVER",
    "PENDING",
    "SECOND",
    "TICKS",
    "UNITS",
    "UNSET",
    "VIRTUAL",
    "WORK",
    "Batch",
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
    "Hold",
    "Inline",
    "Intake",
    "LooseBatch",
    "Merge",
    "Operator",
    "Origin",
    "Partition",
    "Pipeline",
    "Poll",
    "Reactions",
    "Reader",
    "Receiver",
    "Relay",
    "Row",
    "Sink",
    "SinkBatch",
    "Slot",
    "Span",
    "Statistics",
    "Stop",
    "Stream",
    "StreamScheduler",
    "Tick",
    "Timekeeper",
    "Timer",
    "Untracked",
    "Work",
    "as_stream",
    "callable_",
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
    "source_event",
    "tell_task",
    "thread_slot",
    "timed",
    "timekeeper",
    "unit_choice",
]
