"""What to do with an item that failed."""

from rxstream.handlers._dead_letter import dead_letter
from rxstream.handlers._policies import skip, stop

__all__ = ["dead_letter", "skip", "stop"]
