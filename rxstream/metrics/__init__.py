"""Windows onto a pipeline: what came of it, as data."""

from rxstream.metrics._to_frame import to_frame

__all__ = ["to_frame"]
