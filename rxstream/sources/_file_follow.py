"""Reading a plain file as it grows, or once, from where it was left."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

from rxstream.core import Above, Partition, Poll, Span
from rxstream.sources._file_generations import Generations
from rxstream.sources._file_growing import Growing
from rxstream.sources._file_lines import CHUNK
from rxstream.sources._file_position import Memory, joined
from rxstream.sources._file_rows import ROWS, Asked
from rxstream.sources._file_values import Record

#: Seconds between two looks at a file that has nothing new, which is also how late a stop may come.
_LOOK: Final = 0.1


async def following(asked: Asked, *, grows: bool, past: bool, position: Memory | None) -> Following:
    """Open the file, where it was left if that is remembered.

    Raises:
        ConfigurationError: If what should remember the position is something else.
        ConnectError: If one of the files cannot be used.
    """
    begin = None if position is None else position.load()
    files = Generations(asked, begin)
    made = Following(files, (str(asked.path), None), grows=grows, past=past, memory=position)
    try:
        # Whatever happens before anything is settled, it is this file that is to be read.
        await made.remember()
    except BaseException:
        await made.close()
        raise
    return made


class Following:
    """An open file that may grow.

    Args:
        files: The file, and those that come after it.
        partition: What its positions are said to be of.
        grows: Whether it is read on when its end is reached.
        past: Whether what stands there now is to be read apart, up to its end.
        memory: Remembers the position.
    """

    def __init__(
        self, files: Generations, partition: Partition, *, grows: bool, past: bool, memory: Memory | None
    ) -> None:
        self._files = files
        self._partition = partition
        self._grows = grows
        self._memory = memory
        self._ready: deque[Poll] = deque()
        self._latest = 0
        self._settled = (files.now.line, files.settled_from(0))
        self._saving = asyncio.Lock()
        self._over = False
        #: The last file of the past, and how long it was.
        self._end = self._end_now() if past else None
        self._watching = asyncio.get_running_loop().create_task(self._watch()) if grows else None

    async def go_live(self) -> None:
        """Go on behind what stood there at the start."""
        self._over, self._end = False, None

    async def read(self) -> Poll | None:
        """Wait for the next lines; None: the past, or a file that does not grow, is at its end."""
        if self._watching is not None and self._watching.done():
            # Without it no other file would be noticed.
            self._watching.result()
        while not self._ready and not self._over:
            if not self._read_on():
                await asyncio.sleep(_LOOK)
                return Poll(())
        if not self._ready:
            return None
        poll = self._ready.popleft()
        self._latest = min((span.first for span in poll.spans), default=0)
        return poll

    async def commit(self, positions: Mapping[Partition, int], above: Above) -> Mapping[Partition, int]:
        """Remember the position, and what is settled above it."""
        ((partition, position),) = positions.items()
        # What was handed over last may not have been taken.
        self._settled = position, joined(chain(above(partition), self._files.settled_from(self._latest)))
        await self.remember()
        self._files.forget_before(position)
        return positions

    async def remember(self) -> None:
        """Write the position, and which files are known to come behind it.

        Raises:
            StateError: If it cannot be written.
        """
        if self._memory is not None:
            async with self._saving:
                await asyncio.to_thread(self._memory.save, self._files.place(*self._settled))

    async def close(self) -> None:
        """Let the files go."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        self._files.close()

    def _read_on(self) -> bool:
        """Read a little more; whether there was something."""
        files, file, most = self._files, self._files.now, CHUNK
        if self._end is not None and self._end[0] is file:
            most = self._end[1] - file.read_up_to
            if most <= 0:
                self._over = True
                return True
        if file.is_cut:
            self._over = self._end is not None
            files.begin_anew()
            return True
        begin, records = file.line, file.read(most)
        if records is not None:
            self._hand_over(file, begin, records)
            return True
        return self._go_on()

    def _go_on(self) -> bool:
        """Leave the file for the next one, if it will not get longer; whether something has changed."""
        file = self._files.now
        if not self._files.is_done(grows=self._grows):
            return False
        begin = file.line
        self._hand_over(file, begin, file.rest())
        self._over = not self._files.go_on()
        if self._memory is None:
            self._files.forget_before(self._files.now.base + 1)
        return True

    def _hand_over(self, file: Growing, begin: int, records: Sequence[Record]) -> None:
        """Cut records into polls: small ones, so that reading can pause between them."""
        for start in range(0, len(records), ROWS):
            part = records[start : start + ROWS]
            end = records[start + ROWS][0] if start + ROWS < len(records) else file.line
            self._ready.append(self._poll(file.base, (begin, end), part))
            begin = end
        if self._memory is not None and begin < file.line:
            # Blank lines, or such as were settled before: passed over, they are not looked at again.
            self._ready.append(self._poll(file.base, (begin, file.line), ()))

    def _poll(self, base: int, lines: tuple[int, int], records: Sequence[Record]) -> Poll:
        if self._memory is None:
            return Poll(records)
        span = Span(self._partition, base + lines[0], base + lines[1], len(records))
        return Poll([(line, found, base + line) for line, found in records], (span,))

    def _end_now(self) -> tuple[Growing, int]:
        newest = self._files.newest
        last = newest if newest.stat.st_size else self._files.now
        return last, last.stat.st_size

    async def _watch(self) -> None:
        """Notice every file that takes the name, also while nothing is read."""
        while True:
            if self._files.look():
                await self.remember()
            await asyncio.sleep(_LOOK / 2)
