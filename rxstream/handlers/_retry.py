"""Try an item that failed again, before anything else is done with it."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any, Final

from rxstream.core import SECOND, Context, check_handler, duration_ns, positive_count, sinks_of
from rxstream.errors import ConfigurationError, DecodeError
from rxstream.handlers._policies import ErrorHandler, started, stop

_CLASSES: Final = "an exception class or a tuple of them"


class Retry:
    """The handler that `retry` makes; the pipeline asks it before it lets go of an item."""

    def __init__(
        self, attempts: int, delay: float, backoff: float, max_delay: float, jitter: float, on: Any, then: Any
    ) -> None:
        self.sinks = tuple(sinks_of(then))
        self._attempts = attempts
        self._delay = delay
        self._backoff = backoff
        self._max_delay = max_delay
        self._jitter = jitter
        self._on = on
        self._then = then

    def wait_before(self, error: BaseException, attempts: int) -> float | None:
        """Seconds to wait for the next attempt after so many; None: there is none."""
        # What could not be decoded will be no better the next time.
        if attempts >= self._attempts or isinstance(error, DecodeError) or not isinstance(error, self._on):
            return None
        seconds = self._delay
        for _ in range(attempts - 1):
            seconds = min(seconds * self._backoff, self._max_delay)
        share = random.uniform(-self._jitter, self._jitter)  # noqa: S311 - it spreads attempts, and keeps no secret
        return min(seconds, self._max_delay) * (1 + share)

    def start(self, context: Context) -> ErrorHandler:
        """Make the handler of one run: of what has failed for good."""
        return started(self._then, context)


def retry(
    attempts: int = 3,
    *,
    delay: float | timedelta = 0.1,
    backoff: float = 2.0,
    max_delay: float | timedelta = 30.0,
    jitter: float = 0.1,
    on: type[BaseException] | tuple[type[BaseException], ...] = Exception,
    then: Any = None,
) -> Retry:
    """Try what failed again: one operator's function, or one sink's write, and nothing above it.

    Meanwhile later items of the same key wait (without a key: of the same partition), so that their order is kept;
    other keys go on. Where items are awaited one after the other, by a function as the sink or in ``process``, all
    wait. A write that failed as a whole is repeated as a whole; where the sink said which items it refused, those are,
    and what it has taken of the same batch stays ahead of them. A record that cannot be decoded goes to ``then`` at
    once.

    Behind this handler operators are not fused into one function: each costs a call more an item.

    Args:
        attempts: How often it is tried, the first time included.
        delay: How long to wait before the second attempt, in seconds or as a timedelta, on the run's clock.
        backoff: How many times longer each further wait is than the one before.
        max_delay: The longest wait.
        jitter: By which share of itself a wait is made longer or shorter, at random, so that many do not come at once.
        on: The exceptions that may pass, a class or a tuple of them; others go to ``then`` at once.
        then: The handler of what has failed for good; None: the run ends.

    Raises:
        ConfigurationError: If an argument is none of these.

    Delivery: the record stays unsettled until an attempt succeeds or ``then`` has taken it.

    Example:
        >>> calls = iter([1 / 3, 0, 2])
        >>> def unsteady(x):
        ...     return x / next(calls)
        >>> rs.collect(rs.from_iterable([1, 2]).pipe(ops.map(unsteady)), on_error=rs.handlers.retry(delay=0.01))
        [3.0, 1.0]
    """
    positive_count("retry", attempts=attempts)
    if not isinstance(backoff, int | float) or isinstance(backoff, bool) or not backoff >= 1:
        raise ConfigurationError(f"retry: backoff must be a number from 1 on; got {backoff!r}. 1 waits equally long.")
    if not isinstance(jitter, int | float) or isinstance(jitter, bool) or not 0 <= jitter <= 1:
        raise ConfigurationError(f"retry: jitter must be a share from 0 to 1; got {jitter!r}. 0 waits exactly.")
    classes = on if isinstance(on, tuple) else (on,)
    if not classes or not all(isinstance(one, type) and issubclass(one, BaseException) for one in classes):
        raise ConfigurationError(f"retry: on must be {_CLASSES}; got {on!r}. Give for instance ConnectionError.")
    check_handler("retry", then, role="then")
    waits = [duration_ns("retry", delay=delay) / SECOND, duration_ns("retry", max_delay=max_delay) / SECOND]
    return Retry(attempts, waits[0], backoff, waits[1], jitter, classes, stop() if then is None else then)
