"""An asyncio loop on which coroutines sleep in virtual time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from functools import wraps
from typing import Any, Final, Protocol, cast

from rxstream.core import VIRTUAL, StreamScheduler, Work, seconds_to_ns

#: Turns of the loop in one instant after which time goes on all the same: a coroutine polls for what is to come.
_SPINNING: Final = 10_000

#: Whether the running code was marked as real work.
_MARKED: Final[ContextVar[bool]] = ContextVar("rxstream_marked", default=False)


class Driver(Protocol):
    """What moves virtual time, whenever nobody on the loop has anything to do.

    Args:
        scheduler: The clock.
        replaying: Whether time is virtual still.
    """

    scheduler: StreamScheduler
    replaying: bool

    def step(self, *, idle: bool, frozen: bool) -> bool:
        """Do what comes next; False: there is nothing to do before something real happens.

        ``idle``: nobody has anything to do; else somebody turns without end. ``frozen``: time stands still.
        """


class ClockLoop(asyncio.SelectorEventLoop):
    """A loop with two times: the wall's, and for contexts that are marked virtual that of a run's clock.

    Timers made in virtual time are kept by the clock, so that they come in one order with everything else there.
    Whenever the loop would wait, it asks its driver to move the clock instead, unless real work is under way: a job of
    an executor, a socket call, or what `real_time` marks.
    """

    def __init__(self) -> None:
        self.driver: Driver | None = None
        self.context = Context()
        self._at_work = 0
        self._stuck = False
        self._turns = 0
        self._origin = 0
        self._own = 0
        super().__init__(_Selector(self))

    def drive(self, driver: Driver, context: Context) -> None:
        """Let ``driver`` move virtual time, its steps taken in ``context``."""
        self.driver, self.context = driver, context
        self._origin = driver.scheduler.now_ns
        self._own = self._watched()
        self._stuck = False

    def time(self) -> float:
        """Seconds: of the wall, or in virtual time since the driver began."""
        if self.driver is None or not VIRTUAL.get():
            return super().time()
        return (self.driver.scheduler.now_ns - self._origin) / 1e9

    def wall_time(self) -> float:
        """Seconds of the wall, whoever asks."""
        return super().time()

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> Any:  # type: ignore[override]  # the loop's own types cannot be repeated
        """Call at the next turn; time does not go on before."""
        driver = self.driver
        # Once is enough until all have had their turn.
        if driver is not None and not driver.scheduler.clock.touched and driver.replaying and _is_virtual(context):
            driver.scheduler.touch()
        if self._debug or self._closed:  # type: ignore[attr-defined]  # of BaseEventLoop, as `_ready` is
            return super().call_soon(callback, *args, context=context)
        # Every step of every task comes here: what the base class does beyond this costs as much as the step's own way.
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)  # type: ignore[attr-defined]  # see above
        return handle

    def call_later(self, delay: float, callback: Any, *args: Any, context: Context | None = None) -> Any:  # type: ignore[override]  # the loop's own types cannot be repeated
        """Call after so many seconds of the time that counts there."""
        if self.driver is None or not _is_virtual(context):
            return super().call_at(self.wall_time() + delay, callback, *args, context=context)
        at = self.driver.scheduler.now_ns + max(0, seconds_to_ns(delay))
        return _Timer(at, (at - self._origin) / 1e9, callback, args, self, context)

    def call_at(self, when: float, callback: Any, *args: Any, context: Context | None = None) -> Any:  # type: ignore[override]  # the loop's own types cannot be repeated
        """Call at an instant of the time that counts there."""
        if self.driver is None or not _is_virtual(context):
            return super().call_at(when, callback, *args, context=context)
        # To the microsecond: a float of seconds holds no more, and its noise would part what is due together.
        at = max(self.driver.scheduler.now_ns, self._origin + round(when * 1e6) * 1_000)
        return _Timer(at, when, callback, args, self, context)

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]  # the loop's own types cannot be repeated
        """Run in a thread; virtual time stands still until it is done."""
        made = super().run_in_executor(executor, func, *args)
        if VIRTUAL.get():
            self._at_work += 1
            made.add_done_callback(self._note_done)
        return made

    @contextmanager
    def real_work(self) -> Iterator[None]:
        """Let virtual time stand still, and the wall's count for whoever asks here."""
        was_virtual = VIRTUAL.get()
        virtual, marked = VIRTUAL.set(False), _MARKED.set(was_virtual or _MARKED.get())
        self._at_work += was_virtual
        try:
            yield
        finally:
            _MARKED.reset(marked)
            VIRTUAL.reset(virtual)
            self._at_work -= was_virtual

    @property
    def is_open_to_the_world(self) -> bool:
        """Whether a connection that was opened meanwhile could wake somebody."""
        return self._watched() > self._own

    @property
    def stands_still_for_me(self) -> bool:
        """Whether virtual time waits for the very code that asks."""
        return _MARKED.get() and self.driver is not None and self.driver.replaying

    def _watched(self) -> int:
        return len(self._selector.get_map())  # type: ignore[attr-defined]  # what was given to the constructor

    def before_waiting(self) -> bool:
        """Called when nobody has anything to do: let the driver act, or say that there is only waiting."""
        if self.driver is None or not self.driver.replaying:
            return False
        if self._stuck:
            # Once something real has happened, it is worth asking again.
            self._stuck = False
            return False
        super().call_soon(self._step, self.driver, True, context=self.context)
        return True

    def note_turn(self) -> None:
        """Count the turns in which somebody had something to do; who turns for ever waits for time to go on."""
        self._stuck = False
        self._turns += 1
        if self._turns >= _SPINNING and self.driver is not None and self.driver.replaying:
            super().call_soon(self._step, self.driver, False, context=self.context)

    def _step(self, driver: Driver, idle: bool) -> None:
        self._turns = 0
        driver.scheduler.settle()
        self._stuck = not driver.step(idle=idle, frozen=self._at_work > 0)

    def _note_done(self, _future: asyncio.Future[Any]) -> None:
        self._at_work -= 1


class _Selector(selectors.DefaultSelector):
    """Tells its loop when it is about to wait."""

    def __init__(self, loop: ClockLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is not None and timeout <= 0:
            self._loop.note_turn()
            return super().select(timeout)
        found = super().select(0)
        if found or self._loop.before_waiting():
            return found
        return super().select(timeout)


class _Timer(asyncio.TimerHandle):
    """A timer kept by the clock."""

    def __init__(
        self, at: int, when: float, callback: Any, args: Any, loop: ClockLoop, context: Context | None
    ) -> None:
        super().__init__(when, callback, args, loop, context)
        assert loop.driver is not None  # noqa: S101 - only then timers are virtual
        self._soon: asyncio.Handle | None = None
        self._work: Work = loop.driver.scheduler.call_at(at, lambda: self._fire(loop))

    def cancel(self) -> None:
        self._work.cancel()
        if self._soon is not None:
            self._soon.cancel()
        super().cancel()

    def _fire(self, loop: ClockLoop) -> None:
        self._soon = loop.call_soon(self._callback, *self._args, context=self._context)  # type: ignore[attr-defined]  # of Handle


def _is_virtual(context: Context | None) -> bool:
    return VIRTUAL.get() if context is None else context.get(VIRTUAL, False)


def _counted(name: str) -> Callable[..., Any]:
    method = getattr(asyncio.SelectorEventLoop, name)

    @wraps(method)
    async def counted(self: ClockLoop, *args: Any, **named: Any) -> Any:
        with self.real_work():
            return await method(self, *args, **named)

    return cast("Callable[..., Any]", counted)


# A coroutine that waits in one of these waits for the world.
for _name in (
    "connect_accepted_socket",
    "create_connection",
    "create_unix_connection",
    "sendfile",
    "sock_accept",
    "sock_connect",
    "sock_recv",
    "sock_recv_into",
    "sock_recvfrom",
    "sock_recvfrom_into",
    "sock_sendall",
    "sock_sendfile",
    "sock_sendto",
    "start_tls",
    "subprocess_exec",
    "subprocess_shell",
):
    if hasattr(asyncio.SelectorEventLoop, _name):
        setattr(ClockLoop, _name, _counted(_name))
