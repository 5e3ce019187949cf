"""What makes a description run, stop and answer."""

from rxstream.runtime._report import PipelineReport, Report
from rxstream.runtime._start import Running, collect, run, run_async, running

__all__ = ["PipelineReport", "Report", "Running", "collect", "run", "run_async", "running"]
