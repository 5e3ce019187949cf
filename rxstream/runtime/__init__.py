"""What makes a description run, stop and answer."""

from rxstream.core import Stream
from rxstream.runtime._iterate import Iterating
from rxstream.runtime._observe import Observation, observe_all
from rxstream.runtime._report import PipelineReport, Report
from rxstream.runtime._start import Running, collect, run, run_async, running
from rxstream.runtime._time import call_later, now, real_time, sleep

__all__ = [
    "Observation",
    "PipelineReport",
    "Report",
    "Running",
    "call_later",
    "collect",
    "now",
    "observe_all",
    "real_time",
    "run",
    "run_async",
    "running",
    "sleep",
]

# The core knows streams, and only this floor how to run one: `async for` and `await` need both.
Stream.runner = Iterating()
