"""The value is worked on, the passport says where it goes: urgent orders first."""

import rxstream as rs
from rxstream import operators as ops

ORDERS = [
    rs.Event("tea", key="1", headers=(("priority", b"low"),)),
    rs.Event("insulin", key="2", headers=(("priority", b"high"),)),
    rs.Event("bread", key="3"),
]


def is_urgent(_order: str) -> bool:
    """Look at the header of the record that is being worked on."""
    return rs.current_event().header("priority") == b"high"


def labelled(order: str) -> str:
    """Name the order's number and content."""
    return f"order {rs.current_event().key}: {order}"


def main() -> None:
    """Split one reading of the orders into two pipelines, and run both."""
    urgent, normal = rs.from_iterable(ORDERS).pipe(ops.map(labelled)).split(is_urgent)
    fast, slow = rs.to_list(), rs.to_list()
    rs.run(urgent.to(fast, name="urgent"), normal.to(slow, name="normal"))
    print("urgent:", fast.items)
    print("normal:", slow.items)


if __name__ == "__main__":
    main()
