"""One of five readings cannot be worked on: a function hears of it, and a letter is kept."""

import rxstream as rs
from rxstream import operators as ops


def half(number: int) -> float:
    """Fail for one of them."""
    if number == 2:
        raise ValueError("nobody can halve 2")
    return number / 2


def tell(event: rs.Event, error: BaseException) -> None:
    """Say what failed where."""
    print(f"failed: {event.value} in {rs.error_context(error).operator}: {error}")


def main() -> None:
    """Handle the error by a function, then by a sink of dead letters."""
    halves = rs.from_iterable(range(5)).pipe(ops.map(half))
    rs.run(halves.to(print, on_error=tell))

    letters = rs.to_list()
    report = rs.run(halves.to(rs.to_list(), on_error=rs.handlers.dead_letter(letters), name="halves"))
    print(report["halves"].emitted, "done, kept for later:", letters.items)


if __name__ == "__main__":
    main()
