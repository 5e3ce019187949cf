"""Events between processes: a dataclass goes through a RabbitMQ queue, and comes out as one."""

import json
import os
from dataclasses import asdict, dataclass

import rxstream as rs
from rxstream import operators as ops

RABBITMQ = os.environ.get("RABBITMQ", "amqp://guest:guest@localhost:5672/")
QUEUE = "aspyx-greetings"


@dataclass(frozen=True)
class Greeting:
    """Somebody is to be greeted."""

    whom: str


class Greetings:
    """How a greeting is written, and read."""

    def encode(self, greeting: Greeting) -> bytes:
        """Write it as JSON."""
        return json.dumps(asdict(greeting)).encode()

    def decode(self, data: bytes) -> Greeting:
        """Read it; what is none is the error handler's."""
        return Greeting(**json.loads(data))


def main() -> None:
    """Send two greetings, then listen to two."""
    sent = rs.from_iterable([Greeting("world"), Greeting("moon")])
    rs.run(sent.to(rs.to_amqp(RABBITMQ, routing_key=QUEUE, codec=Greetings())))
    rs.run(rs.from_amqp(RABBITMQ, QUEUE, codec=Greetings()).pipe(ops.take(2)).to(print))


if __name__ == "__main__":
    main()
