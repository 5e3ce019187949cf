"""Where values end: one sink a file."""

from rxstream.sinks._console import to_console
from rxstream.sinks._file import to_file
from rxstream.sinks._kafka import to_kafka
from rxstream.sinks._list import to_list

__all__ = ["to_console", "to_file", "to_kafka", "to_list"]
