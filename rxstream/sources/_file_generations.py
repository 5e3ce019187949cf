"""The files that stand under one name one after the other, and which of them is read now."""

from __future__ import annotations

import logging
import math
import os
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Final

from rxstream.sources._file_growing import Growing
from rxstream.sources._file_open import missing
from rxstream.sources._file_position import Place, Ranges, beginning_of, find
from rxstream.sources._file_rows import Asked

_LOG: Final = logging.getLogger("rxstream")
#: Seconds for which a renamed file must have been left alone before the next one is begun: who writes may not have
#: heard yet.
_QUIET: Final = 0.5


class Generations:
    """A file, and those that take its name while it is read, each to be read to its end.

    Args:
        asked: How they are read.
        begin: Where to go on; None, or in a file that is gone: at the beginning of the one that is there.

    Raises:
        ConnectError: If there is none.
    """

    def __init__(self, asked: Asked, begin: Place | None) -> None:
        self._asked = asked
        self._refused = ""
        self._coming: deque[Growing] = deque()
        self._begun: list[Growing] = []
        self._begin = None
        if begin is not None:
            self._begin = begin if self._add(find(begin, asked.path), begin) else None
            for inode in begin.after:
                self._add(find(beginning_of(inode), asked.path))
        try:
            self._add_new()
        except OSError as error:
            if not self._coming:
                raise missing(asked.path, error) from error
        self.now = self._coming.popleft()
        self._begun.append(self.now)

    @property
    def newest(self) -> Growing:
        """The one that has the name, as far as is known."""
        return self._coming[-1] if self._coming else self.now

    def look(self) -> bool:
        """Find out whether another file has the name now."""
        try:
            return self._add_new()
        except FileNotFoundError:
            # Renamed, and the next one is not there yet; or it is gone for good.
            return False
        except OSError as error:
            if self._refused != str(error):
                self._refused = str(error)
                _LOG.warning("from_file: %r cannot be opened and is tried again: %s", str(self._asked.path), error)
            return False

    def begin_anew(self) -> None:
        """Read the present file from its beginning, as it was cut off."""
        self._begin = None
        self._begun.remove(self.now)
        self.now = self.now.begun_anew()
        self._begun.append(self.now)

    def is_done(self, *, grows: bool) -> bool:
        """Whether a file that is read to its end will not get longer, as another one is written now."""
        if not grows:
            return True
        # Who reads the next one while it is empty gains nothing, and may miss what is still written here.
        moved = any(later.stat.st_size for later in self._coming)
        return moved and not 0 <= time.time() - self.now.stat.st_mtime < _QUIET

    def go_on(self) -> bool:
        """Begin the next file; whether there is one."""
        if not self._coming:
            return False
        self._begin = None
        after = self._coming.popleft()
        after.base = self.now.base + self.now.line - 1
        self._begun.append(after)
        self.now = after
        return True

    def settled_from(self, position: int) -> Ranges:
        """What was settled before this run, from a position on."""
        return () if self._begin is None else tuple(self._begin.settled_from(position))

    def place(self, position: int, above: Iterable[tuple[int, int]]) -> Place:
        """The place of a position: of a line, counted over all files."""
        number = max((number for number, file in enumerate(self._begun) if file.base < position), default=0)
        file, *later = self._begun[number:]
        if later and position > file.base + file.line:
            # It was in a file that was cut off: nothing is left of that.
            file, *later = later
        end = later[0].base + 1 if later else math.inf
        inside = takewhile(lambda stretch: stretch[1] <= end, above)
        stretches = ((first - file.base, last - file.base) for first, last in inside if first > file.base)
        after = tuple(known.stat.st_ino for known in (*later, *self._coming))
        return replace(file.place(max(1, position - file.base), stretches), after=after)

    def forget_before(self, position: int) -> None:
        """Let go of the files that are settled below a position."""
        while len(self._begun) > 1 and self._begun[1].base < position:
            self._begun.pop(0).close()

    def close(self) -> None:
        """Let go of all files."""
        for file in (*self._begun, *self._coming):
            file.close()

    def _add_new(self) -> bool:
        stat = self._asked.path.stat()
        if any(os.path.samestat(known.stat, stat) for known in (*self._begun, *self._coming)):
            return False
        return self._add(self._asked.path)

    def _add(self, path: Path | None, begin: Place | None = None) -> bool:
        if path is None:
            return False
        file = path.open("rb", buffering=0)
        try:
            self._coming.append(Growing(self._asked, file, begin=begin))
        except BaseException:
            file.close()
            raise
        return True
