"""Profit and loss of trades against the latest price: a minute's replay, then what comes in now."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import rxstream as rs
from rxstream import operators as ops

PAUSE = 0.1
PRICES = [(0.5, 99.0), (1.5, 99.5), (4.0, 101.0), (5.0, 100.0)]
TRADES = [(0.2, (10, 98.0)), (1.0, (50, 99.0)), (4.0, (-30, 101.0)), (4.5, (-60, 100.5))]


@dataclass(frozen=True)
class Book:
    """What is held, what it has cost, and what one share is worth."""

    shares: int = 0
    cost: float = 0.0
    price: float | None = None

    def hear(self, news: float | tuple[int, float]) -> "Book":
        """Take in a price, or a trade of so many shares at so much each; sold ones count below zero."""
        if isinstance(news, float):
            return replace(self, price=news)
        shares, each = news
        return replace(self, shares=self.shares + shares, cost=self.cost + shares * each)

    def __str__(self) -> str:
        """Say what there is to gain by selling it all now."""
        gain = "no price yet" if self.price is None else f"{self.shares * self.price - self.cost:+.2f}"
        return f"{self.shares} shares, {gain}"


async def ticker() -> AsyncIterator[float | tuple[int, float]]:
    """Bring prices and trades as they come."""
    for news in [102.0, (20, 102.0), 101.5]:
        yield news
        await asyncio.sleep(PAUSE)


def main() -> None:
    """Merge recorded prices and trades by their instants, then follow the ticker."""
    opening = datetime.now(UTC) - timedelta(minutes=1)
    prices, trades = ([(opening + timedelta(seconds=s), item) for s, item in past] for past in (PRICES, TRADES))
    books = rs.from_history(prices, then=ticker).pipe(
        ops.merge(rs.from_history(trades)),
        ops.scan(Book.hear, Book()),
        ops.map(lambda book: f"+{(rs.now() - opening).total_seconds():06.3f} s  {book}"),
    )
    rs.run(books.to(print), on_live=partial(print, "-- live --"))


if __name__ == "__main__":
    main()
