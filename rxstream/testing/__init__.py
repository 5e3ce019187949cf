"""Tests of pipelines as marble diagrams, and the contracts of sources and sinks as checks."""

from rxstream.testing._check_sink import check_sink
from rxstream.testing._check_source import check_source
from rxstream.testing._marbles import Marbles, marbles

__all__ = ["Marbles", "check_sink", "check_source", "marbles"]
