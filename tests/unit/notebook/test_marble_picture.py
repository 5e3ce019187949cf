"""The SVG of lanes: marbles in their places, and what shows when one points at them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from rxstream.notebook._words import clean
from tests.unit.notebook.svg import boxes, elements, hints, overlapping, parsed, sheet_of, texts

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def drawn(stream: rs.Stream[Any], **options: Any) -> ET.Element:
    return parsed(rs.marble(stream, **options)._repr_mimebundle_()["image/svg+xml"])


def at(seconds: float, value: Any) -> tuple[datetime, Any]:
    return NOON + timedelta(seconds=seconds), value


@given(st.lists(st.tuples(st.integers(0, 30), st.text(max_size=6)), max_size=40))
def test_no_two_marbles_touch_and_all_are_on_the_sheet(told: list[tuple[int, str]]) -> None:
    history = rs.from_history([at(*one) for one in sorted(told)])
    root = drawn(history.pipe(ops.buffer(2), ops.map(str)))
    marbles = boxes(root, "marble")

    assert overlapping(marbles) == []
    assert all(sheet_of(root).holds(box) for box in marbles)


def test_what_happened_at_once_stands_below_each_other() -> None:
    marbles = boxes(drawn(rs.from_iterable([1, 2]).pipe(ops.map(lambda n: n))), "marble")

    assert [box.x for box in marbles[:2]] == [box.x for box in marbles[2:]]


def test_a_marble_tells_its_value_and_its_time() -> None:
    shown = hints(drawn(rs.from_history([at(1, "b"), at(0, {"a": 1})], disorder=5)))

    assert shown[1:] == [
        "b · at 2026-01-01T12:00:01Z",
        "{'a': 1} · at 2026-01-01T12:00:01Z · timestamp 2026-01-01T12:00:00Z",
        "completed · at 2026-01-01T12:00:01Z",
    ]


def test_a_late_marble_and_a_watermark_say_what_they_are() -> None:
    history = rs.from_history([at(0, "a"), at(20, "b"), at(1, "c")], disorder=1)
    shown = hints(drawn(history.pipe(ops.window(rs.tumbling(10)))))

    assert "c · at 2026-01-01T12:00:20Z · timestamp 2026-01-01T12:00:01Z · late" in shown
    assert "watermark 2026-01-01T12:00:19Z" in shown


def test_an_item_that_failed_says_why() -> None:
    root = drawn(rs.from_iterable([0]).pipe(ops.map(lambda n: 1 / n)), on_error=rs.handlers.skip())

    assert "failed: ZeroDivisionError: division by zero · at 0 s" in hints(root)


def test_an_error_that_ended_the_stream_says_what_it_was() -> None:
    root = drawn(rs.from_iterable([0]).pipe(ops.map(lambda n: 1 / n), ops.map(str)))

    assert hints(root).count("ended with ZeroDivisionError: division by zero · at 0 s") == 2


@given(st.text(min_size=1))
def test_a_value_is_text_and_never_markup(value: str) -> None:
    root = drawn(rs.from_iterable([value]))

    assert hints(root)[1] == clean(f"{clean(value)} · at 0 s")
    assert elements(root) <= {"svg", "title", "desc", "style", "rect", "g", "text", "path"}


def test_of_many_items_a_thousand_dots_are_drawn_and_the_lane_says_so() -> None:
    root = drawn(rs.from_iterable(range(10_000)))

    assert len(boxes(root, "marble")) == 1_000
    assert "1000 of 10000 shown" in texts(root)


def test_it_says_what_it_shows_to_those_who_cannot_see_it() -> None:
    root = drawn(rs.from_iterable([1]).pipe(ops.skip(1)))

    assert [root.attrib["role"], *[child.text for child in root][:2]] == [
        "img",
        "Marble diagram",
        "from_iterable: 1 item; skip: 0 items",
    ]


def test_a_notebook_gets_it_in_every_form() -> None:
    made = rs.marble(rs.from_iterable([1]))
    bundle = made._repr_mimebundle_()

    assert set(bundle) == {"image/svg+xml", "text/html", "text/plain"}
    assert bundle["text/plain"] == str(made)


def test_a_stream_that_tells_nothing_is_drawn_too() -> None:
    root = drawn(rs.timer(NOON), until=NOON - timedelta(days=1))

    assert texts(root)[1:] == ["timer"]
