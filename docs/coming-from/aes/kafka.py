"""The quick start's processor, on a topic: up to its end as it is now, then again with nothing left to do."""

import json
import os

import rxstream as rs
from rxstream import operators as ops

KAFKA = os.environ.get("KAFKA", "localhost:9092")
TOPIC = "aes-readings"


def mark(text: str) -> dict | None:
    """Parse a reading, and say that it was done; what is no JSON is let go."""
    try:
        return {**json.loads(text), "status": "seen"}
    except json.JSONDecodeError:
        return None


def main() -> None:
    """Fill the topic, then read it twice as one group: the second time there is nothing new."""
    texts = rs.from_iterable(['{"kwh": 3}', '{"kw', '{"kwh": 5}'])
    rs.run(texts.to(rs.to_kafka(TOPIC, bootstrap_servers=KAFKA, codec="str")))
    readings = rs.from_kafka(TOPIC, bootstrap_servers=KAFKA, group_id="aes-meter", codec="str", stop="end")
    pipeline = readings.pipe(ops.process(mark)).to(print, name="meter")
    for _ in range(2):
        report = rs.run(pipeline)
        print(report["meter"].received, "received,", report["meter"].committed, "committed")


if __name__ == "__main__":
    main()
