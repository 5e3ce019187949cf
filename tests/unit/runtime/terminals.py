"""Scripts in a terminal, and what is seen on its screen."""

import fcntl
import os
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from dataclasses import dataclass

#: A text, or what moves the cursor.
_PIECES = re.compile(r"\x1b\[(?P<number>\d*)(?P<code>[A-Za-z])|(?P<sign>[^\x1b])")


class Screen:
    """A terminal that knows what rxstream may send it, and refuses anything else."""

    def __init__(self, columns: int) -> None:
        self.rows = [""]
        self.has_wrapped = False
        self._columns = columns
        self._row = self._column = 0

    def feed(self, text: str) -> None:
        """Show what was written."""
        for piece in _PIECES.finditer(text):
            if piece["sign"]:
                self._sign(piece["sign"])
            elif piece["code"] == "A":
                self._row -= int(piece["number"] or 1)
                assert self._row >= 0
            elif piece["code"] == "J":
                self.rows[self._row :] = [self.rows[self._row][: self._column]]
            else:
                assert piece["code"] == "m"

    def _sign(self, sign: str) -> None:
        if sign == "\r":
            self._column = 0
        elif sign == "\n":
            self._row += 1
            if self._row == len(self.rows):
                self.rows.append("")
        else:
            row = self.rows[self._row].ljust(self._column)
            self.rows[self._row] = row[: self._column] + sign + row[self._column + 1 :]
            self._column += 1
            self.has_wrapped |= self._column > self._columns


@dataclass
class Seen:
    """What came of a script: all that it wrote, its screen at the end, and its exit code."""

    raw: str
    screen: Screen
    code: int

    @property
    def rows(self) -> list[str]:
        """The screen's rows, but for the empty one below the last line."""
        assert self.screen.rows[-1] == ""
        return self.screen.rows[:-1]


def environ(**more: str) -> dict[str, str]:
    """The variables of a process in a plain colour terminal."""
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS", "LINES"}}
    # From 3.13 on Python colours its own tracebacks, unless it is told not to.
    return {**kept, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", "PYTHON_COLORS": "0", **more}


def in_terminal(
    script: str, *, columns: int = 80, variables: Mapping[str, str] = {}, signals: Mapping[str, signal.Signals] = {}
) -> Seen:
    """Run a script in a terminal; once it has written one of the texts of ``signals``, it gets that one's signal."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-c", script]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ(**variables), start_new_session=True
    )
    os.close(theirs)
    raw, waiting = b"", dict(signals)
    try:
        while found := _read(ours):
            raw += found
            for text in [text for text in waiting if text.encode() in raw]:
                process.send_signal(waiting.pop(text))
        code = process.wait(30)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    screen = Screen(columns)
    screen.feed(raw.decode())
    return Seen(raw.decode(), screen, code)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        # Nobody is there any more who could write.
        return b""
