"""Tests of pipelines as marble diagrams."""

from rxstream.testing._marbles import Marbles, marbles

__all__ = ["Marbles", "marbles"]
