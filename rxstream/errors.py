"""Every exception rxstream raises, in one tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class RxstreamError(Exception):
    """Anything rxstream itself has to say; user code's own exceptions arrive as they are."""


class ConfigurationError(RxstreamError):
    """A pipeline cannot be built as written; raised by the call that is wrong, before anything runs."""


class MissingExtraError(ConfigurationError, ImportError):
    """A connector's client library is not installed; the message holds the command that installs it."""


class UntrackedOperatorError(ConfigurationError):
    """A foreign operator that may keep or drop items stands behind a source that must not lose any."""


class NotRunningError(RxstreamError):
    """The run's clock was asked for where nothing runs."""


class StreamError(RxstreamError):
    """Something went wrong while a pipeline ran."""


class OutOfOrderError(StreamError):
    """A history goes back in time although it was declared to be sorted."""


class DecodeError(StreamError):
    """A record's bytes are not what the codec or the format expects; the event's value is those bytes."""


class DeliveryError(StreamError):
    """A sink did not take what it was given."""


class BatchError(DeliveryError):
    """Some values of a batch were not stored; the others were.

    Args:
        errors: The failed values' places in the batch, each with its error.
    """

    def __init__(self, errors: Mapping[int, BaseException]) -> None:
        super().__init__(f"{len(errors)} of the batch's values were refused")
        self.errors = dict(errors)


class ConnectError(StreamError, ConnectionError):
    """A broker, database or folder cannot be reached, or refuses to talk; the message says which and what to do."""


class StateError(StreamError):
    """A state store cannot be read or written."""


class BufferOverflowError(StreamError):
    """A bounded buffer is full and was told to fail rather than to wait or to drop."""


class ErrorContext(NamedTuple):
    """Where an item failed: the pipeline's name, the operator's or sink's, and the item as it stood there."""

    pipeline: str | None
    operator: str | None
    item: object


_ATTRIBUTE = "__rxstream_context__"
_OWNER = "__rxstream_owner__"


def error_context(error: BaseException) -> ErrorContext:
    """Say where ``error`` happened; all fields are None for an error that passed through no pipeline."""
    found = getattr(error, _ATTRIBUTE, None)
    return found if found is not None else ErrorContext(None, None, None)


def attach_context(error: BaseException, context: ErrorContext, owner: object) -> None:
    """Note on ``error`` where it happened, as seen by ``owner``, the pipeline as it runs.

    One that is raised again and again in a pipeline has the last place; one that comes out of a pipeline within a
    pipeline keeps the innermost.
    """
    if getattr(error, _OWNER, owner) is owner:
        setattr(error, _ATTRIBUTE, context)
        setattr(error, _OWNER, owner)


_ATTEMPTS = "__rxstream_attempts__"


def attach_attempts(error: BaseException, attempts: int) -> None:
    """Note on ``error`` how often what failed was tried."""
    setattr(error, _ATTEMPTS, attempts)


def attempts_of(error: BaseException) -> int:
    """How often what failed was tried."""
    found: int = getattr(error, _ATTEMPTS, 1)
    return found
