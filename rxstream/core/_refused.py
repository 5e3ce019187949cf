"""Which items of a batch a sink refuses, found where only batches as a whole are refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from rxstream.errors import BatchError


async def find_refused(
    parts: Iterable[range], answer: Callable[[range], Awaitable[BaseException | None]]
) -> BatchError | None:
    """Write the parts of a batch, in order: what is refused again in ever smaller ones, until it stands alone.

    Args:
        parts: Places in the batch.
        answer: Writes what stands at some places; returns why it is refused.
    """
    refused: dict[int, BaseException] = {}
    left = [*parts][::-1]
    while left:
        part = left.pop()
        error = await answer(part)
        if error is not None and len(part) == 1:
            refused[part[0]] = error
        elif error is not None:
            half = len(part) // 2
            left += [part[half:], part[:half]]
    return BatchError(refused) if refused else None
