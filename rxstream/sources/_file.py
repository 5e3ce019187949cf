"""A file's rows, lines or objects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from rxstream.core import (
    Feed,
    Partition,
    Stream,
    duration_ns,
    field_reader,
    instant_reader,
    path_argument,
    unit_choice,
)
from rxstream.drivers import require_client
from rxstream.drivers.formats import packing_of, readable_format
from rxstream.drivers.zst import require_zstd
from rxstream.errors import ConfigurationError
from rxstream.sources._file_counted import counted
from rxstream.sources._file_follow import following
from rxstream.sources._file_once import Once
from rxstream.sources._file_position import Memory
from rxstream.sources._file_rows import Asked
from rxstream.sources._file_values import Record, check_encoding, lifter, reader_of_values

#: Lines kept while another source's past is replayed.
_BACKLOG: Final = 4_000


def from_file(
    path: str | Path,
    *,
    format: str | None = None,
    time: Callable[[Any], Any] | str | None = None,
    unit: str | None = None,
    key: Callable[[Any], Any] | str | None = None,
    disorder: float | timedelta | None = None,
    follow: bool = False,
    position: str | Path | None = None,
    encoding: str = "utf-8",
) -> Stream[Any]:
    r"""Make a stream of what a file holds; with ``time`` it is a history, replayed at its instants.

    Rows of ``"csv"`` are dicts of text by the names in the first row; ``"jsonl"`` gives what each line's JSON says,
    ``"lines"`` each line without its end, ``"parquet"`` dicts of typed values (instants that name a zone are aware
    datetimes in UTC, cut to microseconds). Blank lines are skipped. A line that cannot be read (wrong bytes, wrong
    number of fields, no JSON) goes to the error handler as a `DecodeError`, its bytes the event's value. The origin of
    each item is the path and the line's number (Parquet: the row's), counted from 1.

    With ``follow`` the file is read on as it grows, and the stream is live; with ``time`` as well, what stands there
    at the start is its past. A last line is handed over when its end has come. When the file is renamed and another
    one gets its name, the renamed one is read to its end first, what stands there without a line end included; the
    next one is begun when something stands in it and half a second has passed since the last writing to the renamed
    one. When the file is cut off and begun anew (copytruncate), so is reading: what was not read before is gone, and
    so is half a line. Numbers of lines begin anew with each file, and so does a CSV's first row. Two renamings within
    a tenth of a second look like one: what was written between them is missed.

    Args:
        path: The file; ``.gz``, ``.zst`` and one-member ``.zip`` are unpacked on the way.
        format: ``"csv"``, ``"jsonl"``, ``"lines"`` or ``"parquet"``; None: as the name's ending says.
        time: Finds an item's instant: a function of the value, or a column's name.
        unit: What numbers count since the epoch: ``"s"``, ``"ms"``, ``"us"`` or ``"ns"``.
        key: Finds an item's key: a function of the value, or a column's name.
        disorder: How long after a later one an item may still come, in seconds or as a timedelta; None: not at all.
        follow: Whether to read on as the file grows; not if it is packed or Parquet.
        position: A file that remembers how far this one has been handled, to go on there in the next run. It is
            written once a second and at the end. An empty one counts as none.
        encoding: Of the text; one that keeps line ends as single bytes.

    Raises:
        ConfigurationError: If an argument is none of these; from the run, if the file has no column of that name, or
            if ``position`` holds something else, or the position in another file.
        MissingExtraError: If what reads Parquet or unpacks ``.zst`` is not installed.
        ConnectError: From the run, if there is no such file, or it is damaged.
        OutOfOrderError: From the run, if an item is earlier than the one before and ``disorder`` is None.
        StateError: From the run, if the position cannot be written.

    Delivery: nothing is acknowledged, but for ``position``: then at least once. A line that was not settled when the
    position was written comes again, also after a kill; one that was does not, wherever it stands. The file is known
    again by its inode and by what it holds, so that it may be renamed between two runs: if it still lies in its folder
    it is read to its end, then the one that has its name now; otherwise that one is read from its beginning. A last
    line without an end is handed over where the file is not followed; it comes again, whole, if it has grown since.
    After a failure of the machine itself the position may be ahead of what sinks have handed to it but its disk has
    not kept.

    Example:
        >>> _ = Path("rides.csv").write_text("city,km\nOslo,12\nBergen,7\n")
        >>> rs.collect(rs.from_file("rides.csv"))
        [{'city': 'Oslo', 'km': '12'}, {'city': 'Bergen', 'km': '7'}]
        >>> rides = rs.from_file("rides.csv", position="rides.position")
        >>> len(rs.collect(rides)), len(rs.collect(rides))
        (2, 0)
    """
    path = path_argument("from_file", path)
    kind = readable_format("from_file", path, format)
    _check_extras(path, kind)
    _check_follow(follow, path, kind)
    memory = _memory(position, path)
    check_encoding(encoding)
    key_of = None if key is None else field_reader("from_file", key=key)
    value_of = reader_of_values(kind, encoding)
    instant_of = _instant_of(time, unit)
    columns = [name for name in (time, key) if isinstance(name, str)] if kind in ("csv", "parquet") else []
    asked = Asked(path, kind, encoding, columns)
    lift = lifter(str(path), value_of=value_of, key_of=key_of, instant_of=instant_of)
    once = not follow and memory is None
    return Stream(
        feed=Feed(
            name="from_file",
            lift=lift,
            value="record[1] if type(record[1]) is dict else value_of(record[1])"
            if kind in ("csv", "parquet")
            else "value_of(record[1])",
            key=None if key_of is None else "key_of(value)",
            time=None if instant_of is None else "instant_of(value)",
            bindings={"value_of": value_of, "key_of": key_of, "instant_of": instant_of},
            batches=partial(Once, asked) if once else None,
            connect=None if once else _connecting(asked, memory, follow=follow, past=follow and time is not None),
            locate=None if memory is None else _locating(str(path)),
            time_of=None if instant_of is None else lambda record: instant_of(value_of(record[1])),
            disorder=None if disorder is None else duration_ns("from_file", disorder=disorder),
            live=follow,
            past=follow and time is not None,
            backlog=_BACKLOG if follow else 0,
        )
    )


def _check_extras(path: Path, format: str) -> None:
    if format == "parquet":
        require_client("from_file", "pyarrow", extra="parquet")
    elif packing_of(path) == ".zst":
        require_zstd("from_file")


def _check_follow(follow: object, path: Path, format: str) -> None:
    if follow not in (True, False):
        raise ConfigurationError(f"from_file: follow must be True or False; got {follow!r}. Leave it out.")
    if follow and (format == "parquet" or packing_of(path)):
        raise ConfigurationError(
            f"from_file: a file that is followed must be plain csv, jsonl or lines; got {str(path)!r}. "
            "Leave follow= out, or follow what it is made from."
        )


def _memory(position: object, path: Path) -> Memory | None:
    if position is None:
        return None
    if not isinstance(position, str | Path):
        raise ConfigurationError(
            f"from_file: position must be text or a Path; got {position!r}. Give the name of a file of its own."
        )
    if Path(position).absolute() == path.absolute():
        raise ConfigurationError(
            f"from_file: position must be another file than the one that is read; got {str(position)!r} for both. "
            "Give the name of a file of its own."
        )
    return Memory(Path(position), path)


def _instant_of(time: Callable[[Any], Any] | str | None, unit: object) -> Callable[[Any], int] | None:
    read = instant_reader("from_file", unit_choice("from_file", unit))
    if time is None:
        return None
    of_value = field_reader("from_file", time=time)
    return lambda value: read(of_value(value))


def _connecting(asked: Asked, memory: Memory | None, *, follow: bool, past: bool) -> Callable[[], Any]:
    plain = asked.format != "parquet" and packing_of(asked.path) is None
    if memory is None or plain:
        return lambda: following(asked, grows=follow, past=past, position=memory)
    return lambda: counted(asked, position=memory)


def _locating(path: str) -> Callable[[Record], tuple[Partition, int]]:
    partition: Partition = (path, None)
    return lambda record: (partition, record[2])
