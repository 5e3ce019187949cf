"""The state of a run in a terminal: a few lines that are written anew in place, or now and then one below the other."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Final, TextIO

from rxstream.runtime._progress_state import State
from rxstream.runtime._progress_text import FINE, GAP, PLAIN, Part, columns_of, lines_of, sentence_of

_STYLES: Final = {"bold": "1", "red": "31", "green": "32", "yellow": "33"}
#: Seconds between two plain lines, in the first minute and later.
_OFTEN: Final = 10.0
_LATER: Final = 60.0


class Log:
    """Plain lines without any control character: one a pipeline, every ten seconds and, after a minute, every minute.

    Args:
        stream: Where they go.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._due = _OFTEN

    def show(self, state: State) -> None:
        """Write the state, if it is time."""
        if state.report.wall < self._due and not state.is_over:
            return
        self._due = state.report.wall + (_OFTEN if state.report.wall < _LATER else _LATER)
        self._stream.write("".join(f"{sentence_of(state, entry)}\n" for entry in state.report.pipelines))
        self._stream.flush()

    def close(self) -> None:
        """Nothing is left to be done."""


class Screen:
    """Lines of a terminal that are written anew in place; what others write there meanwhile comes above them.

    Args:
        stream: The terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._write = stream.write
        self._marks = FINE if _can_write(stream, "".join(FINE)) else PLAIN
        self._colours = not os.environ.get("NO_COLOR")
        # What is written within a signal's handler must not wait for what it interrupts.
        self._lock = threading.RLock()
        #: How many columns the lines take that stand there now.
        self._drawn: list[int] = []
        #: Whether the line of somebody else is whole.
        self._is_at_start = True
        self._shared = self._share()

    def show(self, state: State) -> None:
        """Write the state over the one before; the last one stays."""
        with self._lock:
            # Half a line of somebody else would be torn apart; in the end it gets its end.
            if not self._is_at_start and not state.is_over:
                return
            for stream in self._shared:
                stream.flush()
            width, height = _size_of(self._stream)
            lines = lines_of(state, width - 1, self._marks)[: max(1, height - 1)]
            begin = "" if self._is_at_start else "\n"
            self._say(begin + self._erasing() + "\n".join(self._painted(line) for line in lines))
            self._drawn = [columns_of(line) for line in lines]
            self._is_at_start = True

    def close(self) -> None:
        """End the last line, and let others write as before."""
        with self._lock:
            for stream in self._shared:
                vars(stream).pop("write", None)
            self._shared = []
            if self._drawn:
                self._say("\n")
                self._drawn = []

    def make_room(self) -> None:
        """Take the lines away, as somebody is about to write."""
        if self._drawn:
            self._say(self._erasing())
            self._drawn = []

    def write_other(self, write: Callable[[str], int], text: str) -> int:
        """Write what is somebody else's."""
        with self._lock:
            self.make_room()
            if text:
                self._is_at_start = text.endswith("\n")
            return write(text)

    def _share(self) -> list[TextIO]:
        """Be told when others are about to write to a terminal.

        The streams stay what they are, as others may hold them; only their `write` is another one for a while.
        """
        found = [stream for stream in dict.fromkeys((self._stream, sys.stdout)) if stream is not None]
        shared = [stream for stream in found if hasattr(stream, "__dict__") and stream.isatty()]
        for stream in shared:
            vars(stream)["write"] = _Shared(self, stream.write)
        return shared

    def _say(self, text: str) -> None:
        self._write(text)
        self._stream.flush()

    def _erasing(self) -> str:
        if not self._drawn:
            return ""
        # Where the terminal has become narrower, a line takes several.
        width, _ = _size_of(self._stream)
        up = sum(max(1, -(-columns // width)) for columns in self._drawn) - 1
        return f"\r\x1b[{up}A\x1b[J" if up else "\r\x1b[J"

    def _painted(self, line: Sequence[Part]) -> str:
        return GAP.join(self._styled(part) for part in line)

    def _styled(self, part: Part) -> str:
        if not part.style or not self._colours:
            return part.text
        return f"\x1b[{_STYLES[part.style]}m{part.text}\x1b[0m"


class _Shared:
    """The `write` of a stream on whose terminal a screen stands."""

    def __init__(self, screen: Screen, write: Callable[[str], int]) -> None:
        self._screen = screen
        self._write = write
        self._owner = os.getpid()

    def __call__(self, text: str) -> int:
        # A process that was forked off has no screen.
        return self._screen.write_other(self._write, text) if os.getpid() == self._owner else self._write(text)


def is_shared(stream: TextIO) -> bool:
    """Whether a screen stands there already."""
    return isinstance(getattr(stream, "write", None), _Shared)


def _can_write(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _size_of(stream: TextIO) -> tuple[int, int]:
    try:
        width, height = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        width, height = 0, 0
    # A terminal that does not know its size says nought.
    return width or 80, height or 24
