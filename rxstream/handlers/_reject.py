"""Give a message that failed back to its broker."""

from __future__ import annotations

from typing import Any

from rxstream.core import Event
from rxstream.errors import ConfigurationError, DeliveryError
from rxstream.handlers._policies import ErrorHandler


def reject(requeue: bool = False) -> ErrorHandler:
    """Give the failed message back to the broker and continue; for `rs.from_amqp`.

    Args:
        requeue: False: the queue's dead-letter exchange gets it, if there is one; otherwise the broker drops it.
            True: it goes back to the queue, and comes again at once.

    Raises:
        ConfigurationError: If ``requeue`` is no bool.
        DeliveryError: From the run, for what is no message of `rs.from_amqp`, or was acknowledged before
            (``ack="before"``).

    Delivery: the message is not acknowledged, and the broker's again.

    Example:
        >>> handler = rs.handlers.reject()
    """
    if not isinstance(requeue, bool):
        raise ConfigurationError(f"reject: requeue must be True or False; got {requeue!r}. Give one of them.")

    def give_back(event: Event[Any], error: BaseException) -> None:
        back = getattr(event.origin, "reject", None)
        if back is None:
            raise DeliveryError(
                f"reject: the failed item must be an unacknowledged message of from_amqp; got {event!r}. "
                "Use rs.handlers.dead_letter(…) for other sources."
            ) from error
        back(requeue)

    return give_back
