"""What travels beside an event: the sender writes the session into a header, the receiver works in that session."""

from collections.abc import Callable
from contextvars import ContextVar

import rxstream as rs
from rxstream import operators as ops

session: ContextVar[str] = ContextVar("session", default="nobody")


def with_session(events: rs.Stream) -> rs.Stream:
    """Sending: add the session that the sender is in."""
    header = ("session", session.get().encode())
    return events.pipe(
        ops.events(),
        ops.map(lambda event: event.replace(headers=(*event.headers, header))),
        ops.values(),
    )


def in_session(listener: Callable[[str], None]) -> Callable[[str], None]:
    """Receiving: call the listener in the session that the header names."""

    def listen(text: str) -> None:
        token = session.set(rs.current_event().header("session", b"nobody").decode())
        try:
            listener(text)
        finally:
            session.reset(token)

    return listen


def show(text: str) -> None:
    """Listen, and know nothing of headers."""
    print(f"{text}, says {session.get()}")


def main() -> None:
    """Send in a session; between the two there may as well be a queue."""
    session.set("ada-42")
    sent = rs.from_iterable(["hello", "good bye"]).pipe(with_session)
    session.set("nobody")
    rs.run(sent.to(in_session(show)))


if __name__ == "__main__":
    main()
