"""Events that are made here: with a key, headers and a timestamp of their own, for a topic or anything else."""

from datetime import UTC, datetime

import rxstream as rs

NINE = datetime(2026, 5, 1, 9, tzinfo=UTC)


def notification(user: str, text: str) -> rs.Event:
    """Make an Event that says whom it is for, and how urgent it is."""
    return rs.Event(text, key=user, headers=(("priority", b"high"),), timestamp=NINE)


def show(text: str) -> None:
    """Stand in for `rs.to_kafka(…)`: it reads key, headers and timestamp from the same place."""
    event = rs.current_event()
    print(f"{event.timestamp:%H:%M} to {event.key}, priority {event.header('priority').decode()}: {text}")


def main() -> None:
    """Send two of them."""
    sent = rs.from_iterable([notification("ada", "your order is there"), notification("bob", "please pay")])
    rs.run(sent.to(show))


if __name__ == "__main__":
    main()
