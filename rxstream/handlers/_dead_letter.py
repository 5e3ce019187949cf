"""Send an item that failed to a sink of its own, with all that is known of the failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rxstream.core import Context, Event, Headers, check_handler, check_sink_argument, raw_value, sinks_of, thread_slot
from rxstream.errors import attempts_of, error_context
from rxstream.handlers._policies import started

#: Where the record was read; a letter that is read again and fails again keeps the first place.
_PROVENANCE: Final = ("rx-source", "rx-partition", "rx-offset")


class DeadLetter:
    """The handler that `dead_letter` makes; the run opens its sink."""

    def __init__(self, sink: Any, then: Any) -> None:
        self.sinks = (sink, *sinks_of(then))
        self._then = then

    def start(self, context: Context) -> Callable[[Event[Any], BaseException], Any]:
        """Make the handler of one run."""
        receiver = context.receiver(self.sinks[0])
        then = None if self._then is None else started(self._then, context)

        def send(event: Event[Any], error: BaseException) -> Any:
            slot = thread_slot()
            said = slot.key, slot.time, slot.headers
            # The letter is the source's record, whatever the operators had made of its key and time by then.
            slot.key, slot.time = event.key, event.timestamp_ns
            slot.headers = letter_headers(event, error)
            try:
                receiver.on_next(raw_value(event))
            finally:
                slot.key, slot.time, slot.headers = said
            return then(event, error) if then is not None else None

        return send


def dead_letter(sink: Any, *, then: Any = None) -> DeadLetter:
    """Send the source's record to ``sink`` and continue.

    The letter has the record's key, timestamp and headers, its value as it came (bytes where the source reads bytes),
    and more headers, as text: ``rx-error-type`` (with its module), ``rx-error-message``, ``rx-error-operator``,
    ``rx-source``, ``rx-partition``, ``rx-offset`` and ``rx-attempts``. A record that is a dead letter already keeps
    the source, partition and offset of its first failure. `rs.to_file` writes an object with all of it; a function
    sees the value, and the headers by ``rs.current_event()``.

    Args:
        sink: Where letters go.
        then: Another handler, called when the letter is on its way: ``rs.handlers.stop()`` ends the run with a letter.

    Raises:
        ConfigurationError: If ``sink`` cannot take values, or ``then`` is no handler.

    Delivery: the record is settled when the letter is confirmed; if that fails, the run stops.

    Example:
        >>> letters = rs.to_list()
        >>> parsed = rs.from_iterable(["1", "x"]).pipe(ops.map(int))
        >>> rs.collect(parsed, on_error=rs.handlers.dead_letter(letters))
        [1]
        >>> letters.items
        ['x']
    """
    check_sink_argument("dead_letter", sink)
    check_handler("dead_letter", then, role="then")
    for_letters = getattr(sink, "for_letters", None)
    return DeadLetter(sink if for_letters is None else for_letters(), then)


def letter_headers(event: Event[Any], error: BaseException) -> Headers:
    """The record's own headers, and those that say what happened to it."""
    origin = event.origin
    told: dict[str, object] = {
        "rx-error-type": f"{type(error).__module__}.{type(error).__qualname__}",
        "rx-error-message": str(error),
        "rx-error-operator": error_context(error).operator,
        "rx-source": origin.source if origin else None,
        "rx-partition": origin.partition if origin else None,
        "rx-offset": origin.offset if origin else None,
        "rx-attempts": attempts_of(error),
    }
    own = dict(event.headers)
    if "rx-source" in own:
        told |= {name: own.get(name) for name in _PROVENANCE}
    kept = tuple(header for header in event.headers if header[0] not in told)
    return (*kept, *((name, _as_text(content)) for name, content in told.items() if content is not None))


def _as_text(content: object) -> bytes:
    return content if isinstance(content, bytes) else str(content).encode()
