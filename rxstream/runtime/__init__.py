"""What makes a description run, stop and answer."""

from rxstream.core import Stream
from rxstream.runtime._iterate import Iterating
from rxstream.runtime._report import PipelineReport, Report
from rxstream.runtime._start import Running, collect, run, run_async, running

__all__ = ["PipelineReport", "Report", "Running", "collect", "run", "run_async", "running"]

# The core knows streams, and only this floor how to run one: `async for` and `await` need both.
Stream.runner = Iterating()
