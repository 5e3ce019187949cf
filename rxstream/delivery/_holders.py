"""Who holds a record that is not settled: looked for when asked, as to note it would make every hold dearer."""

from __future__ import annotations

import gc
from typing import Any

from rxstream.core import Hold
from rxstream.delivery._gathered import Gathered
from rxstream.delivery._ledger import Batch


def holders_of(batch: Batch, record: Any) -> list[str]:
    """The names of the operators and sinks that hold a record, or the batch it came in, each once."""
    held = [found for found in gc.get_objects() if type(found) is Hold and found.units > 0]
    its_own = {id(hold): hold for hold in held if hold.parts is None and hold.batch is batch and hold.event is record}
    # Who keeps it now, holds those who kept it before.
    above = {id(part) for hold in held for part in hold.parts or () if hold.parts is not None}
    concerned = _all_that_hold(its_own, held)
    names = [hold.holder for at, hold in concerned.items() if at not in above]
    names += [found.holder for found in gc.get_objects() if type(found) is Gathered and found.keeps(batch)]
    return [name for name in dict.fromkeys(names) if name]


def _all_that_hold(its_own: dict[int, Hold], held: list[Hold]) -> dict[int, Hold]:
    """The holds of a record, and all that were made of them, however many hands they went through."""
    found = dict(its_own)
    while True:
        more = {
            id(hold): hold
            for hold in held
            if id(hold) not in found and any(id(part) in found for part in hold.parts or ())
        }
        if not more:
            return found
        found |= more
