"""SIGINT and SIGTERM: the first stops a run gracefully, the second ends it at once."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Final

from rxstream.runtime._run import Run

_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_LOOP_FILES: Final = str(Path(asyncio.__file__).parent)
_OUR_FILES: Final = str(Path(__file__).parents[1])


@contextlib.contextmanager
def graceful(loop: asyncio.AbstractEventLoop, running: list[Run]) -> Iterator[None]:
    """Handle the two signals while the block lasts; only the main thread can.

    Args:
        loop: The run's.
        running: Holds the run, once there is one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stopped = False

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        ending = _ending(number)
        if not running or (stopped and _is_at_work(frame)):
            raise ending
        # No lock may be taken here: the loop's own wake-up only writes a byte to a socket.
        if stopped:
            loop.call_soon_threadsafe(running[0].end_now, ending)
        else:
            stopped = True
            loop.call_soon_threadsafe(running[0].stop)

    with _waking(loop), _handled_by(on_signal):
        yield


@contextlib.contextmanager
def forwarded(stop: Callable[[], None], end_now: Callable[[BaseException], None]) -> Iterator[None]:
    """Hand the two signals on to a run in another thread while the block lasts, in which this one only waits."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stopped = False

    def on_signal(number: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        if stopped:
            end_now(_ending(number))
        else:
            stopped = True
            stop()

    with _handled_by(on_signal):
        yield


def _ending(number: int) -> BaseException:
    return KeyboardInterrupt() if number == signal.SIGINT else SystemExit(128 + number)


@contextlib.contextmanager
def _handled_by(handle: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    # What was started to ignore a signal, in the background of a shell say, goes on ignoring it.
    heard = [number for number in _STOP_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_at_work(frame: FrameType | None) -> bool:
    """Whether the signal came while a function was at work, and not within the loop or a run, which would break."""
    if frame is None or frame.f_code.co_filename.startswith((_LOOP_FILES, _OUR_FILES)):
        return False
    at: FrameType | None = frame
    while at is not None:
        if at.f_code.co_filename.startswith(_LOOP_FILES) and at.f_code.co_name == "_run":
            return True
        at = at.f_back
    return False


@contextlib.contextmanager
def _waking(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Let a signal wake the loop; one that comes just before it goes to sleep would otherwise wait until it wakes."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for end in (ours, theirs):
            end.setblocking(False)
        loop.add_reader(ours, lambda: ours.recv(4096))
        before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            if not loop.is_closed():
                loop.remove_reader(ours)
