"""An agent: an async function that gets a topic's orders, several at once, those of a customer one after the other."""

import asyncio
import os

import rxstream as rs
from rxstream import operators as ops

KAFKA = os.environ.get("KAFKA", "localhost:9092")
TOPIC = "faust-orders"
ORDERS = [("ada", 100), ("bob", 25), ("ada", 7), ("cleo", 60)]


async def book(order: dict) -> str:
    """Take some time over an order; the shorter the smaller it is."""
    await asyncio.sleep(order["amount"] / 1000)
    return f"{rs.current_event().key}: {order['amount']} booked, from offset {rs.current_event().origin.offset}"


def main() -> None:
    """Send the orders, then handle them up to the end of the topic."""
    sent = rs.from_iterable([rs.Event({"amount": amount}, key=customer) for customer, amount in ORDERS])
    rs.run(sent.to(rs.to_kafka(TOPIC, bootstrap_servers=KAFKA, codec="json")))

    orders = rs.from_kafka(
        TOPIC, bootstrap_servers=KAFKA, group_id="faust-booking", codec="json", key_codec="str", stop="end"
    )
    rs.run(orders.pipe(ops.map_async(book, concurrency=3, order="key")).to(print))


if __name__ == "__main__":
    main()
