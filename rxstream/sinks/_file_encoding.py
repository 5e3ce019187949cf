"""What an item's line says, in each format."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from typing import Any

from rxstream.core import item_key, item_time, ns_to_datetime, source_event, thread_slot
from rxstream.drivers import codec_of, json_line
from rxstream.errors import ConfigurationError, DeliveryError


def encoder(format: str) -> Callable[[Any], bytes]:
    """Make the function that makes an item's line."""
    if format == "jsonl":
        return _object_line
    return _text_line if format == "lines" else CsvRows(None).encode


class CsvRows:
    """Makes rows of dicts.

    Args:
        columns: The names in the first row; None: those of the first dict.
    """

    def __init__(self, columns: list[str] | None) -> None:
        self._columns = columns

    @property
    def head(self) -> bytes:
        """The first row."""
        return _csv_line(self._columns or ())

    def encode(self, value: Any) -> bytes:
        """Make a dict's row.

        Raises:
            DeliveryError: If it is none, or has other columns.
        """
        if not isinstance(value, dict):
            raise DeliveryError(f"to_file: a CSV row must be a dict; got {value!r}. Map the value to one.")
        if self._columns is None:
            self._columns = list(value)
        if value.keys() != set(self._columns):
            raise DeliveryError(
                f"to_file: every CSV row must have the columns {', '.join(self._columns)}; got {', '.join(value)}. "
                "Map it to them."
            )
        return _csv_line(value[column] for column in self._columns)


def letter_encoder(format: str) -> Callable[[Any], bytes]:
    """Make the function that makes a dead letter's line.

    Raises:
        ConfigurationError: If the format has no room for all that is known.
    """
    if format != "jsonl":
        raise ConfigurationError(
            f"to_file: dead letters must be written as jsonl; got {format}. "
            'Name the file ….jsonl, or say format="jsonl".'
        )
    as_text = codec_of("to_file", "json").encode

    def letter(value: Any) -> bytes:
        slot = thread_slot()
        time = item_time(slot)
        headers = source_event(slot).headers if not isinstance(slot.headers, tuple) else slot.headers
        text = value if isinstance(value, str) else value if isinstance(value, bytes) else as_text(value)
        return _object_line(
            {
                "key": item_key(slot),
                "value": text,
                "timestamp": None if time is None else ns_to_datetime(time),
                "headers": dict(headers),
            }
        )

    return letter


def _object_line(value: Any) -> bytes:
    return json_line(value) + b"\n"


def _text_line(value: Any) -> bytes:
    line = value if isinstance(value, bytes) else str(value).encode()
    if b"\n" in line:
        raise DeliveryError(f"to_file: a line must not hold a line end; got {value!r}. Split it, or write jsonl.")
    return line + b"\n"


def _csv_line(fields: Iterable[Any]) -> bytes:
    text = io.StringIO()
    # It quotes what its line end consists of; a single carriage return would be one for whoever reads it.
    csv.writer(text, lineterminator="\r\n").writerow(fields)
    return text.getvalue()[:-2].encode() + b"\n"
