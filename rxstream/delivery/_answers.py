"""Records that are settled by an answer, and not before: ``event.ack()`` or ``event.nack(…)``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from rxstream.core import Event, Partition, answerable


class Answered(Protocol):
    """A batch, as far as answers go."""

    records: Any
    lift: Callable[[Any], Event[Any]]

    def pin(self, record: Any, waiting: bool) -> None:
        """Keep a record unsettled."""

    def unpin(self, record: Any, waiting: bool) -> None:
        """Take one pin back."""


class Answers:
    """What waits for answers in one source; they may come from any thread.

    Args:
        locate: The partition and position of a record.
        refuse: Takes a record of a batch that cannot be handled, and says whether it is handled now.
        post: Does something on the run's own thread, soon.
    """

    def __init__(
        self,
        locate: Callable[[Any], tuple[Partition, int]],
        refuse: Callable[[Any, Any, BaseException], bool],
        post: Callable[[Callable[[], None]], object],
    ) -> None:
        self._locate = locate
        self._refuse = refuse
        self._post = post
        self._thread = threading.get_ident()

    def expect(self, batch: Answered) -> None:
        """Keep the records of a batch until they are answered, as waiting for work."""
        lift, unanswered = batch.lift, {self._locate(record) for record in batch.records}
        for record in batch.records:
            batch.pin(record, True)

        def lift_answerable(record: Any) -> Event[Any]:
            return answerable(lift(record), partial(self._take, batch, unanswered, record))

        batch.lift = lift_answerable

    def _take(
        self, batch: Answered, unanswered: set[tuple[Partition, int]], record: Any, refusal: BaseException | None
    ) -> None:
        if threading.get_ident() != self._thread:
            self._post(partial(self._take, batch, unanswered, record, refusal))
            return
        at = self._locate(record)
        if at in unanswered:
            unanswered.discard(at)
            if refusal is None or self._refuse(batch, record, refusal):
                batch.unpin(record, True)
