"""The contract of a sink, as a check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rxstream.core import awaited, check_sink_argument
from rxstream.errors import BatchError, ConfigurationError
from rxstream.testing._calling import in_a_loop
from rxstream.testing._written_sink import WrittenSink

_FLUSH: Final = "Do not return before they are safe."
_KEEP: Final = "Go on behind what is there."


def check_sink(factory: Callable[[], Any]) -> None:
    """Check that a sink keeps the contract of `rxstream.Sink`; blocks, in a test or anywhere else.

    Whether what ``write`` has returned for is there, in order, be it nothing, one value or a thousand, with passports
    that say something or nothing; whether it stays through ``close`` and another ``open``; whether ``close`` may come
    at any time; what a refused batch says, and whether the sink goes on after it.

    Args:
        factory: Makes a sink for each rule, with nothing stored: returns a pair of it and a function that gives the
            list of what is stored; it may be async, and so may that function. The check writes texts; for others
            return as a third a function that makes the value of a number. Without the pair only that is checked which
            can be seen without looking.

    Raises:
        AssertionError: Naming the rule that is broken.

    Example:
        >>> from rxstream.testing import check_sink
        >>> class Kept:
        ...     def __init__(self):
        ...         self.items = []
        ...
        ...     def open(self): ...
        ...
        ...     def write(self, batch):
        ...         self.items += batch
        ...
        ...     def close(self): ...
        >>> def kept():
        ...     sink = Kept()
        ...     return sink, lambda: sink.items
        >>> check_sink(kept)
    """

    async def work() -> None:
        for keeps in _RULES:
            await keeps(await _made(factory))

    in_a_loop(work)


async def _made(factory: Callable[[], Any]) -> WrittenSink:
    made = await awaited(factory())
    sink, *rest = made if isinstance(made, tuple) else (made, None)
    try:
        check_sink_argument("check_sink", sink)
    except ConfigurationError as error:
        raise AssertionError(str(error)) from error
    return WrittenSink(sink, *rest)


async def _stores_what_is_written(sink: WrittenSink) -> None:
    await sink.open()
    await sink.write([], "write must take an empty batch")
    await sink.check_stored([], "write must store nothing for an empty batch", "Store one item for each value.")
    one, many, last = sink.values(range(1)), sink.values(range(1, 1001)), sink.values(range(1001, 1004))
    await sink.write(one, "write must take a batch of one")
    await sink.check_stored(one, "write must have stored the value when it returns", _FLUSH)
    await sink.write(many, "write must take a batch of a thousand")
    await sink.check_stored(one + many, "write must have stored all values, in order, when it returns", _FLUSH)
    await sink.write(last, "write must take one batch after the other")
    await sink.check_stored(one + many + last, "write must keep the order of the batches", "Append.")
    await sink.close()
    await sink.check_stored(one + many + last, "close must leave what is stored as it is", "Only let go.")


async def _takes_every_passport(sink: WrittenSink) -> None:
    values = sink.values(range(3))
    await sink.open()
    await sink.write(values, "write must take values with key, timestamp, headers and origin", passports=True)
    await sink.check_stored(values, "write must have stored values with a passport", _FLUSH)
    await sink.close()


async def _may_be_closed_at_any_time(sink: WrittenSink) -> None:
    await sink.open()
    await sink.write(sink.values(range(1)), "write must take a batch of one")
    await sink.close()
    await sink.close("close must do no harm where it is closed already")


async def _goes_on_when_opened_again(sink: WrittenSink) -> None:
    values = sink.values(range(4))
    for part in (values[:2], values[2:]):
        await sink.open()
        await sink.write(part, "write must take a batch after another open")
        await sink.close()
    await sink.check_stored(values, "open must leave what is stored as it is, when called again", _KEEP)


async def _goes_on_after_a_refusal(sink: WrittenSink) -> None:
    good, later = sink.values(range(2)), sink.values(range(2, 3))
    await sink.open()
    size, attempt = sink.attempt([good[0], Unstorable(), good[1]])
    refused: set[int] | None = set()
    try:
        await attempt
    except BatchError as error:
        refused = set(error.errors)
        if not refused or not refused <= set(range(size)):
            raise sink.rule.broken(
                f"write must name places from 0 to {size - 1} in its BatchError",
                f"got {sorted(error.errors)!r}",
                "Name the places in the batch.",
            ) from error
    except Exception:  # noqa: BLE001 - the whole batch was refused: any error may say so
        refused = None
    before = await sink.stored()
    _check_refused(sink, before, good, size, refused)
    await sink.write(later, "write must go on after one that failed")
    found = await sink.stored()
    if found is not None and found[len(before or ()) :] != later:
        raise sink.rule.broken("write must have stored the values after one that failed", f"got {found!r}", _FLUSH)
    await sink.close("close must let go of everything, also after a failure")


def _check_refused(
    sink: WrittenSink, found: list[Any] | None, good: list[Any], size: int, refused: set[int] | None
) -> None:
    """See whether exactly those are stored that were not refused."""
    if found is None or refused is None:
        return
    for place, value in ((0, good[0]), (size - 1, good[1])):
        if (value in found) == (place in refused):
            raise sink.rule.broken(
                "write must have stored what it does not name in its BatchError, and only that",
                f"it named {sorted(refused)!r}, and {value!r} at place {place} is "
                f"{'there' if value in found else 'not there'}",
                "Name those that were refused, and store the others.",
            )


class Unstorable:
    """What hardly anybody can store."""

    def __repr__(self) -> str:
        return "Unstorable()"


_RULES: Final = (
    _stores_what_is_written,
    _takes_every_passport,
    _may_be_closed_at_any_time,
    _goes_on_when_opened_again,
    _goes_on_after_a_refusal,
)
