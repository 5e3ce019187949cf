"""Results go one way and failures another, each with its record's key and headers; what is fatal ends the run."""

import rxstream as rs
from rxstream import operators as ops

TRANSACTIONS = [
    rs.Event({"amount": 20}, key="ada", headers=(("shop", b"1"),)),
    rs.Event({"amount": -5}, key="bob", headers=(("shop", b"2"),)),
    rs.Event({"amount": 30}, key="cleo", headers=(("shop", b"1"),)),
    rs.Event({}, key="dan"),
    rs.Event({"amount": 40}, key="eve"),
]


def charge(transaction: dict) -> str:
    """Refuse what cannot be charged."""
    if transaction["amount"] < 0:
        raise ValueError("a charge must not be negative")
    return f"charged {transaction['amount']}"


def show(value: object) -> None:
    """Print a value with its key and what its headers say of the shop and of the error."""
    event = rs.current_event()
    told = [f"{name}={content.decode()}" for name, content in event.headers if name in ("shop", "rx-error-message")]
    print(f"{event.key}: {value}", *told)


def main() -> None:
    """Forward what succeeds, keep letters of what is refused, and stop at what should not be."""
    charged = rs.from_iterable(TRANSACTIONS).pipe(ops.map(charge))
    refused = rs.handlers.route({ValueError: rs.handlers.dead_letter(show)})
    try:
        rs.run(charged.to(show, on_error=refused, name="charges"))
    except KeyError as error:
        print("stopped by a missing", error, "after", error.report["charges"].received, "transactions")


if __name__ == "__main__":
    main()
