"""What to do with an item that failed."""

from rxstream.handlers._dead_letter import dead_letter
from rxstream.handlers._policies import skip, stop
from rxstream.handlers._reject import reject
from rxstream.handlers._retry import retry
from rxstream.handlers._route import route

__all__ = ["dead_letter", "reject", "retry", "route", "skip", "stop"]
