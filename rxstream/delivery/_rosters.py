"""A source's rosters, each taken in when what was read before it has come through."""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol

from rxstream.core import Partition, Partitions, Poll, Roster

#: Until its pass is over, nothing that a poll brings has come through.
_NOT_YET: Final = 1 << 200


class AtWork(Protocol):
    """A batch, of whose records some may be worked on after its pass."""

    @property
    def is_at_work(self) -> bool:
        """Whether any is."""


class Rosters:
    """Says which partitions a watermark waits for.

    Who is on a roster is waited for at once. Who is not on a later one still is, until all that was read by then has
    come through: what an async function works on has yet to reach those who count time below it.

    Args:
        partitions: Whom to tell.
    """

    def __init__(self, partitions: Partitions) -> None:
        self._partitions = partitions
        #: Rosters in the order in which they were given, with the number of the last batch read before.
        self._given: list[tuple[int, Roster]] = []
        self._behind: Roster | None = None
        self._batches: deque[tuple[int, AtWork]] = deque()
        self._number = 0

    @property
    def has_news(self) -> bool:
        """Whether the roster may change without another poll."""
        return self._behind is not None or len(self._given) > 1

    def opened(self, batch: AtWork) -> None:
        """Note that a batch begins to pass."""
        if self._given:
            self._number += 1
            self._batches.append((self._number, batch))

    def begin(self, poll: Poll) -> None:
        """Wait for what a poll brings, and no more for partitions that are gone."""
        if poll.gone:
            self._given = [(number, _without(roster, poll.gone)) for number, roster in self._given]
        if poll.before is not None:
            self._given.append((_NOT_YET, poll.before))
            self._behind = poll.behind
        self._tell()

    def end(self) -> None:
        """Take in what is so behind the last poll, whose pass is over, as far as everything before has come through."""
        self._batches = deque(entry for entry in self._batches if entry[1].is_at_work)
        if self._behind is not None:
            self._given.append((self._number, self._behind))
            self._behind = None
        first = self._batches[0][0] if self._batches else _NOT_YET
        through = [place for place, (number, _) in enumerate(self._given) if number < first]
        if through:
            del self._given[: through[-1]]
        self._tell()

    def _tell(self) -> None:
        if not self._given:
            return
        rosters = [roster for _, roster in self._given]
        ours = frozenset().union(*(roster.ours for roster in rosters))
        unread = frozenset().union(*(roster.unread for roster in rosters))
        roster = Roster(ours, unread, rosters[-1].is_merged)
        if roster != self._partitions.roster:
            self._partitions.change(roster)


def _without(roster: Roster, gone: tuple[Partition, ...]) -> Roster:
    return roster._replace(ours=roster.ours.difference(gone), unread=roster.unread.difference(gone))
