"""Showing a run while it lasts, to who watches it in a notebook or a terminal."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

from rxstream.runtime._progress_state import Looks, State

if TYPE_CHECKING:
    from rxstream.runtime._options import Options
    from rxstream.runtime._run import Run

#: Seconds between two looks.
_PERIOD: Final = 0.25
#: How many times as long as a look the time to the next one is at least, so that looking costs less than 2 %.
_REST: Final = 50
#: Seconds a run must last to be worth showing, where nobody asked for it.
_PATIENCE: Final = 0.5


class View(Protocol):
    """Where a run is shown. All calls come one at a time, from two threads."""

    def show(self, state: State) -> None:
        """Show the state; the one of a run that is over is the last one, and stays."""

    def close(self) -> None:
        """Leave nothing behind."""


@contextmanager
def shown_progress(run: Run, options: Options) -> Iterator[None]:
    """Show a run while the block lasts, and at its end once more.

    It is looked at from a thread of its own: what blocks the run's loop for a while is to be seen as well.
    """
    view = view_for(options.progress)
    if view is None:
        yield
        return
    showing = _Showing(Looks(run, options), view, patience=0.0 if options.progress else _PATIENCE)
    try:
        yield
    finally:
        showing.end()


def view_for(asked: bool | None) -> View | None:
    """Choose where a run is shown: in the notebook's cell, else on the error output; None: nowhere.

    Args:
        asked: What the user said of it; None: where somebody watches.
    """
    if asked is False:
        return None
    shell, stream = kernel_shell(), sys.stderr
    if shell is not None:
        from rxstream.runtime._progress_notebook import Cell  # only in a notebook

        return Cell(shell)
    is_terminal = stream is not None and stream.isatty()
    if stream is None or not (is_terminal or asked):
        return None
    from rxstream.runtime._progress_terminal import Log, Screen, is_shared  # only where somebody watches

    # One screen is enough for a terminal: of runs side by side, or within each other, the first has it.
    if is_shared(stream):
        return None
    return Screen(stream) if is_terminal and os.environ.get("TERM") != "dumb" else Log(stream)


def kernel_shell() -> Any:
    """The shell of the notebook's kernel; None: nothing here is one. It imports nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return shell if getattr(shell, "kernel", None) is not None else None


class _Showing:
    """A thread that looks at a run now and then."""

    def __init__(self, looks: Looks, view: View, *, patience: float) -> None:
        self._looks = looks
        self._view = view
        self._patience = patience
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="rxstream progress", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Look no more, but once for the last state."""
        self._ended.set()
        self._thread.join()
        try:
            self._look()
        finally:
            self._close()

    def _work(self) -> None:
        rest = _PERIOD
        while not self._ended.wait(rest):
            began = time.perf_counter()
            if not self._look():
                return
            rest = max(_PERIOD, _REST * (time.perf_counter() - began))

    def _look(self) -> bool:
        """Show how things stand; whether there is still somebody who reads it."""
        state = self._looks.look()
        if state.report.wall < self._patience:
            return True
        try:
            self._view.show(state)
        except (OSError, ValueError):
            # The terminal or the pipe is closed. The run goes on.
            return False
        return True

    def _close(self) -> None:
        try:
            self._view.close()
        except (OSError, ValueError):
            return
