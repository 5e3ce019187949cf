"""A pipeline for each user: an alert at every third failed login."""

import rxstream as rs
from rxstream import operators as ops

LOGINS = ["ada", "bob", "ada", "bob", "ada", "bob", "ada", "cleo", "ada", "ada"]


def alerts(user: rs.Group) -> rs.Stream:
    """Count one user's logins by threes."""
    return user.pipe(ops.buffer(3), ops.filter(lambda three: len(three) == 3), ops.map(lambda _: f"alert: {user.key}"))


def main() -> None:
    """Group by the user; who is silent for an hour is forgotten."""
    logins = rs.from_iterable(LOGINS)
    rs.run(logins.pipe(ops.group_by(lambda user: user, ttl=3600), ops.flat_map(alerts)).to(print))


if __name__ == "__main__":
    main()
