"""Pictures: of what pipelines are made of, and of what happens in them."""

from rxstream.core import Stream
from rxstream.notebook._drawing import bundle_of
from rxstream.notebook._marble import Marbles, marble, recorded

__all__ = ["Marbles", "bundle_of", "marble", "recorded"]

# The core knows what a stream is made of, and only this floor how to draw it.
Stream.artist = bundle_of
