"""Where values end: one sink a file."""

from rxstream.sinks._amqp import to_amqp
from rxstream.sinks._console import to_console
from rxstream.sinks._file import to_file
from rxstream.sinks._kafka import to_kafka
from rxstream.sinks._list import to_list
from rxstream.sinks._sink import sink
from rxstream.sinks._sql import to_sql

__all__ = ["sink", "to_amqp", "to_console", "to_file", "to_kafka", "to_list", "to_sql"]
