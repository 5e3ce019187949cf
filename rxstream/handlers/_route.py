"""Choose what to do with an item that failed by the error's class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rxstream.core import Context, Event, check_handler, sinks_of
from rxstream.errors import ConfigurationError
from rxstream.handlers._policies import ErrorHandler, started, stop


class Route:
    """The handler that `route` makes."""

    def __init__(self, handlers: Mapping[type[BaseException], Any]) -> None:
        self.sinks: tuple[Any, ...] = tuple(
            {id(sink): sink for handler in handlers.values() for sink in sinks_of(handler)}.values()
        )
        self._handlers = dict(handlers)
        self._otherwise = stop()
        if any(hasattr(handler, "wait_before") for handler in handlers.values()):
            self.wait_before = self._wait_before

    def _wait_before(self, error: BaseException, attempts: int) -> float | None:
        wait = getattr(_nearest(self._handlers, error, None), "wait_before", None)
        seconds: float | None = None if wait is None else wait(error, attempts)
        return seconds

    def start(self, context: Context) -> ErrorHandler:
        """Make the handler of one run."""
        # One that stands for several classes begins once.
        begun = {id(handler): started(handler, context) for handler in self._handlers.values()}
        made = {kind: begun[id(handler)] for kind, handler in self._handlers.items()}
        otherwise = self._otherwise

        def handle(event: Event[Any], error: BaseException) -> Any:
            return _nearest(made, error, otherwise)(event, error)

        return handle


def _nearest(handlers: Mapping[type[BaseException], Any], error: BaseException, otherwise: Any) -> Any:
    """What stands for the error's own class, or else for the nearest it is derived from."""
    return next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), otherwise)


def route(handlers: Mapping[type[BaseException], Any], /) -> Route:
    """Handle each failed item by what its error's class says; other errors end the run.

    Of several classes that fit, the nearest counts: the error's own, then its base, and so on.

    Args:
        handlers: For exception classes, what handles them: ``rs.handlers.…``, or a function of the event and the error.

    Raises:
        ConfigurationError: If it is no mapping of exception classes to handlers.

    Delivery: as the handler that was chosen says.

    Example:
        >>> choose = rs.handlers.route({ValueError: rs.handlers.skip(), ConnectionError: rs.handlers.retry()})
        >>> rs.collect(rs.from_iterable(["1", "x"]).pipe(ops.map(int)), on_error=choose)
        [1]
    """
    if not isinstance(handlers, Mapping) or not handlers:
        raise ConfigurationError(
            f"route: handlers must be a dict of exception classes to handlers; got {handlers!r}. "
            "Write for instance {ValueError: rs.handlers.skip()}."
        )
    for kind, handler in handlers.items():
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            raise ConfigurationError(
                f"route: keys must be exception classes; got {kind!r}. Give for instance ValueError."
            )
        if handler is None:
            raise ConfigurationError(
                f"route: every class must have a handler; got None for {kind.__name__}. Give rs.handlers.stop()."
            )
        check_handler("route", handler, role=kind.__name__)
    return Route(handlers)
