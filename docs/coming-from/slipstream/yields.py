"""A handler that gives any number of values for one."""

from collections.abc import AsyncIterator, Iterator

import rxstream as rs
from rxstream import operators as ops


async def numbers() -> AsyncIterator[int]:
    """Count to five."""
    for number in range(1, 6):
        yield number


def divisors(number: int) -> Iterator[str]:
    """Name what divides a number, but for 1 and itself; primes have none."""
    for divisor in range(2, number):
        if number % divisor == 0:
            yield f"{divisor} divides {number}"
    if number % 2 == 1:
        yield f"{number} is odd"


def main() -> None:
    """Handle what comes, live, and print whatever comes of it."""
    rs.run(rs.from_aiter(numbers).pipe(ops.process(divisors)).to(print))


if __name__ == "__main__":
    main()
