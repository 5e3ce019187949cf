"""Saying which record has been unsettled for longest, and who holds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rxstream.core import Event, Operator, Stream, lineage
from rxstream.delivery import Ledger, holders_of


def why_stuck(name: str, stream: Stream[Any], ledgers: Sequence[Ledger], not_done: str) -> str:
    """A line on the oldest unsettled record of a pipeline's sources.

    Args:
        name: The pipeline's name.
        stream: Its stream.
        ledgers: What is known of its sources' records.
        not_done: Who is at work, for sources that remember nothing.
    """
    stuck = [oldest for ledger in ledgers if (oldest := ledger.oldest) is not None]
    if not stuck:
        waiting = sum(ledger.waiting for ledger in ledgers)
        return f"{name}: {waiting} items wait for {not_done or 'work'}" if waiting else f"{name}: nothing is stuck"
    oldest = max(stuck, key=lambda one: one.seconds)
    event = oldest.batch.lift(oldest.record)
    holders = holders_of(oldest.batch, oldest.record) or _suspects(stream)
    return (
        f"{name}: {_place_of(event)}, key {event.key!r}, unsettled for {oldest.seconds:.1f} s, "
        f"held by {' and '.join(holders)}"
    )


def _place_of(event: Event[Any]) -> str:
    origin = event.origin
    if origin is None:
        return "a record without an origin"
    partition = "" if origin.partition is None else f"[{origin.partition}]"
    return f"{origin.source}{partition} at {origin.offset}"


def _suspects(stream: Stream[Any]) -> list[str]:
    """Who may hold what nobody says he holds."""
    if any(made.feed is not None and made.feed.manual for made in lineage(stream)):
        return ["whoever is to answer it (event.ack)"]
    keepers = [made.step.name for made in lineage(stream) if isinstance(made.step, Operator) and not made.step.inline]
    return keepers or ["the pass that is under way"]
