"""Statistics over the quotes of two markets, merged by time: each market's every second, and the last three of all."""

from datetime import UTC, datetime, timedelta
from statistics import fmean

import rxstream as rs
from rxstream import operators as ops

OPENING = datetime(2026, 1, 5, 9, tzinfo=UTC)
NORTH = [(0.2, 10.0), (0.4, 10.5), (0.9, 11.0), (1.5, 12.0), (3.1, 11.0)]
SOUTH = [(0.5, 20.0), (1.5, 22.0), (1.7, 21.0), (2.0, 23.0), (3.9, 20.0)]


def quotes(market: str, recorded: list[tuple[float, float]]) -> rs.Stream:
    """Replay a market's quotes, with its name as their key."""
    history = [rs.Event(price, market, OPENING + timedelta(seconds=second)) for second, price in recorded]
    return rs.from_history(history)


def by_second(prices: rs.Stream) -> rs.Stream:
    """Count and average each market's quotes of a second."""
    return prices.pipe(
        ops.window(rs.tumbling(1), into={"quotes": rs.agg.count(), "mean": rs.agg.mean()}),
        ops.map(
            lambda pane: f"{pane.start:%H:%M:%S} {pane.key} {pane.value['quotes']} quotes {pane.value['mean']:.2f}"
        ),
    )


def rolling(prices: rs.Stream) -> rs.Stream:
    """Average the last three quotes, whichever market they are of."""
    return prices.pipe(
        ops.scan(lambda last, price: [*last, price][-3:], []),
        ops.filter(lambda last: len(last) == 3),
        ops.map(lambda last: f"{rs.now():%H:%M:%S.%f} mean of three {fmean(last):.2f}"),
    )


def main() -> None:
    """Compute both in one replay."""
    prices = quotes("north", NORTH).pipe(ops.merge(quotes("south", SOUTH)))
    rs.run(by_second(prices).to(print), rolling(prices).to(print))


if __name__ == "__main__":
    main()
