"""A codec of one's own: an object that encodes and decodes; here it writes rows of numbers as text."""

import os

import rxstream as rs

KAFKA = os.environ.get("KAFKA", "localhost:9092")
TOPIC = "slipstream-numbers"


class Numbers:
    """Rows of whole numbers, with commas."""

    def encode(self, value: list[int]) -> bytes:
        """Write a row."""
        return ",".join(map(str, value)).encode()

    def decode(self, data: bytes) -> list[int]:
        """Read a row; what is none becomes a DecodeError, and the handler's."""
        return [int(number) for number in data.decode().split(",")]


def main() -> None:
    """Send a row, and something else; read both."""
    rs.run(rs.from_iterable([b"4,5", b"four"]).to(rs.to_kafka(TOPIC, bootstrap_servers=KAFKA)))
    rs.run(rs.from_iterable([[1, 2, 3]]).to(rs.to_kafka(TOPIC, bootstrap_servers=KAFKA, codec=Numbers())))

    rows = rs.from_kafka(TOPIC, bootstrap_servers=KAFKA, codec=Numbers(), stop="end")
    rs.run(rows.to(print, on_error=lambda event, error: print(type(error).__name__, event.value)))


if __name__ == "__main__":
    main()
