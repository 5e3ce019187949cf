"""Run the trials, and say what came of each: ``python -m tests.chaos [--seed N] [--records N] [names]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial

from tests.chaos.killing import Outcome, queue, topics

_TRIALS: dict[str, Callable[[int, int], Outcome]] = {
    "kafka": partial(topics, exactly_once=False),
    "kafka-exactly-once": partial(topics, exactly_once=True),
    "rabbitmq": queue,
}


def main() -> int:
    """The exit code is 0 if nothing was lost, out of order, or, where it must not be, repeated."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(_TRIALS)}; all of them by default")
    parser.add_argument("--seed", type=int, default=1, help="when to kill (%(default)s)")
    parser.add_argument("--records", type=int, default=100_000, help="how many records (%(default)s)")
    given = parser.parse_args()
    unknown = set(given.names) - set(_TRIALS)
    if unknown:
        parser.error(f"no trial is called {min(unknown)}; there are {', '.join(_TRIALS)}")
    sys.stdout.write(f"{'trial':<20}{'sent':>8}{'kills':>7}{'missing':>9}{'repeated':>10}{'disordered':>12}{'s':>7}\n")
    good = True
    for name in given.names or _TRIALS:
        found = _TRIALS[name](given.records, given.seed)
        counts = f"{found.sent:>8}{found.kills:>7}{found.missing:>9}{found.repeated:>10}{found.disordered:>12}"
        sys.stdout.write(f"{name:<20}{counts}{found.seconds:>7.0f}\n")
        sys.stdout.flush()
        good &= not found.missing and not found.disordered and not (found.repeated and "exactly" in name)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
