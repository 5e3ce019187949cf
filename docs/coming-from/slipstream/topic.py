"""Two records into a topic, and all of it out again."""

import os

import rxstream as rs

KAFKA = os.environ.get("KAFKA", "localhost:9092")
TOPIC = "slipstream-pets"


def show(name: str) -> None:
    """Print a record's key and value."""
    print(rs.current_event().key, name)


def main() -> None:
    """Send, then read up to the end."""
    pets = rs.from_iterable([rs.Event("Minka", key="cat"), rs.Event("Rex", key="dog")])
    rs.run(pets.to(rs.to_kafka(TOPIC, bootstrap_servers=KAFKA, codec="str")))
    rs.run(rs.from_kafka(TOPIC, bootstrap_servers=KAFKA, codec="str", key_codec="str", stop="end").to(show))


if __name__ == "__main__":
    main()
