"""Errors of listeners go to handlers by their class; another listener of the same event is not disturbed."""

import rxstream as rs


def sign(name: str) -> None:
    """Fail for some, in different ways."""
    if not name:
        raise ValueError("nobody is there")
    if name == "Bob":
        raise PermissionError(f"{name} must not sign")
    print("signed:", name)


def count(_name: str) -> None:
    """Hear of all of them."""
    print("heard")


def log(event: rs.Event, error: BaseException) -> None:
    """Say what failed where."""
    print(f"{event.value}: {type(error).__name__} in {rs.error_context(error).operator}: {error}")


def main() -> None:
    """Two listeners of one stream, and a handler for each class of errors."""
    handlers = rs.handlers.route({ValueError: rs.handlers.skip(), PermissionError: log})
    report = rs.run(rs.from_iterable(["Ada", "", "Bob"]).to(sign, count, on_error=handlers, name="names"))
    print(report["names"].failed, "failed")


if __name__ == "__main__":
    main()
