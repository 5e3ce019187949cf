"""What is drawn of pipelines: small pictures as text, compared whole."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import reactivex

import rxstream as rs
from rxstream import operators as ops
from rxstream.notebook import bundle_of


def parsed(value: Any) -> Any:
    return value


def is_large(value: Any) -> bool:
    return bool(value)


def text(*drawn: rs.Pipeline | rs.Stream[Any]) -> list[str]:
    return bundle_of(*drawn)["text/plain"].splitlines()


def allowed() -> float:
    return 5


def logged(_event: rs.Event[Any], _error: BaseException) -> None:
    """Say nothing."""


numbers = rs.from_iterable(range(9))


def test_a_chain_is_drawn_downwards() -> None:
    assert text(numbers.pipe(ops.map(parsed), ops.filter(is_large)).to(rs.to_list())) == [
        "○ from_iterable  9 items",
        "● map            parsed",
        "● filter         is_large",
        "■ to_list",
    ]


def test_a_stream_is_drawn_without_an_end() -> None:
    assert text(numbers.pipe(ops.pairwise())) == ["○ from_iterable  9 items", "● pairwise"]


def test_several_sinks_are_several_branches() -> None:
    assert text(numbers.to(print, rs.to_file("out.csv"))) == [
        "○   from_iterable  9 items",
        "├─╮",
        "■ │ print",
        "  ■ to_file        out.csv",
    ]


def test_an_error_handler_is_drawn_with_its_sink() -> None:
    pipeline = numbers.to(print, on_error=rs.handlers.dead_letter(rs.to_file("dead.jsonl")))

    assert text(pipeline)[2:] == [
        "■ │ print",
        "  ▲ dead_letter",
        "  ■ to_file        dead.jsonl",
    ]


def test_a_split_shows_both_ways() -> None:
    large, small = numbers.split(is_large)

    assert text(large.to(print), small.to(rs.to_list())) == [
        "○   from_iterable  9 items",
        "●   split          is_large",
        "├─╮",
        "· │ yes",
        "■ │ print",
        "  · no",
        "  ■ to_list",
    ]


def test_the_branches_of_a_tee_are_one_node() -> None:
    one, other = numbers.tee()

    assert text(one.pipe(ops.zip(other))) == [
        "○ from_iterable  9 items",
        "● tee",
        "● zip",
    ]


def test_what_branches_off_in_a_tee_is_drawn_beside_the_rest() -> None:
    stream = numbers.pipe(ops.tee(lambda side: side.pipe(ops.buffer(3)).to(print)), ops.skip(1))

    assert text(stream) == [
        "○   from_iterable  9 items",
        "●   tee",
        "├─╮",
        "● │ skip           1",
        "  ● buffer         3",
        "  ■ print",
    ]


def test_a_join_has_both_inputs_above_it_and_late_items_beside_it() -> None:
    joined = numbers.pipe(ops.join(rs.interval(5), within=60, how="left", late=rs.to_list()))

    assert text(joined.to(print)) == [
        "○   from_iterable  9 items",
        "│ ○ interval       every 5 s",
        "├─╯",
        "●   join           within=1 min, how=left",
        "├─╮",
        "· │ late",
        "■ │ to_list",
        "  ■ print",
    ]


def test_what_several_pipelines_share_is_drawn_once() -> None:
    sink = rs.to_list()

    assert text(numbers.to(sink), numbers.pipe(ops.map(parsed)).to(sink)) == [
        "○   from_iterable  9 items",
        "├─╮",
        "│ ● map            parsed",
        "├─╯",
        "■   to_list",
    ]


def test_a_rail_that_only_crosses_is_drawn_through() -> None:
    left, middle, right = (rs.interval(second) for second in (1, 2, 3))
    crossing = [left.pipe(ops.merge(right)).to(print), middle.to(rs.to_list())]

    assert "".join(text(*crossing)).count("┼") == 0


def test_of_a_run_the_counts_are_shown() -> None:
    pipeline = (
        rs.from_iterable([1, 0])
        .pipe(ops.map(lambda x: 1 / x))
        .to(rs.to_list(), on_error=rs.handlers.skip(), name="numbers")
    )

    rs.run(pipeline)

    assert text(pipeline) == [
        "○   from_iterable  1, 0         2 in",
        "●   map            lambda x: …",
        "├─╮",
        "■ │ to_list                     1 out",
        "  ▲ skip                        1 failed",
    ]


def test_of_a_run_that_lasted_the_rates_are_shown_too() -> None:
    pipeline = numbers.to(rs.to_list(), on_error=rs.handlers.skip())
    pipeline.note_end({"received": 30_000, "emitted": 29_000, "failed": 0}, 2.0)

    assert text(pipeline) == [
        "○   from_iterable  9 items  30 000 in, 15k/s",
        "├─╮",
        "■ │ to_list                 29 000 out, 14.5k/s",
        "  ▲ skip                    0 failed",
    ]


def test_what_several_sources_handed_over_is_told_together_and_a_trickle_has_no_rate() -> None:
    pipeline = numbers.pipe(ops.merge(rs.from_iterable([1]))).to(rs.to_list())
    pipeline.note_end({"received": 10, "emitted": 1}, 2.0)

    assert text(pipeline) == [
        "○   from_iterable  9 items  10 in from all, 5/s",
        "│ ○ from_iterable  1        10 in from all, 5/s",
        "├─╯",
        "●   merge",
        "■   to_list                 1 out",
    ]


def test_a_foreign_observable_and_a_foreign_operator_have_names() -> None:
    stream = rs.from_observable(reactivex.of(1)).pipe(reactivex.operators.map(parsed))

    assert text(stream) == ["○ Observable", "● map"]


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (ops.map(parsed), "map  parsed"),
        (ops.map(lambda a: a), "map  lambda a: …"),
        (ops.scan(max, 0), "scan  max"),
        (ops.take(3), "take  3"),
        (ops.debounce(0.3), "debounce  300 ms"),
        (ops.delay(90), "delay  90 s"),
        (ops.rate_limit(5, per=2), "rate_limit  5, per 2 s"),
        (ops.rate_limit(allowed), "rate_limit  allowed, per 1 s"),
        (ops.buffer(100, timeout=5), "buffer  100, timeout=5 s"),
        (ops.distinct(parsed, within=60), "distinct  key=parsed, ttl=1 min"),
        (ops.map_async(parsed, concurrency=8, order="key"), "map_async  parsed, concurrency=8, order=key"),
        (ops.map_async(parsed, timeout=3), "map_async  parsed"),
        (ops.event_time("at"), "event_time  at"),
        (ops.window(rs.tumbling(3600), grace=5), "window  tumbling 1 h, list, grace=5 s"),
        (ops.window(rs.counted(3), into=rs.agg.sum(), emit="update"), "window  counted 3, 3, sum, emit=update"),
        (ops.window(rs.session(0.5), emit=60), "window  session 500 ms, list, emit=1 min"),
        (ops.join_asof(numbers, max_age=5), "join_asof  max_age=5 s"),
        (ops.enrich({1: 2}), "enrich  1 entry"),
        (ops.catch_each(rs.handlers.skip()), "catch_each  skip"),
        (ops.untracked(reactivex.operators.delay(1)), "untracked(delay)"),
    ],
)
def test_an_operator_is_drawn_with_its_arguments(made: Callable[[Any], Any], shown: str) -> None:
    line = text(numbers.pipe(made))[-1]

    assert line.removeprefix("● ").split() == shown.split()


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (rs.from_file(Path("data") / "flights.csv", time="t"), "from_file  flights.csv"),
        (rs.from_kafka("a", "b", bootstrap_servers="localhost:1"), "from_kafka  a, b"),
        (rs.from_amqp("amqp://user:secret@host/", "orders"), "from_amqp  orders"),
        (rs.cron("0 * * * *"), "cron  0 * * * *"),
        (rs.from_iterable([1]), "from_iterable  1"),
        (rs.from_history([]), "from_history"),
        (rs.from_iterable([{}]), "from_iterable  1 item"),
    ],
)
def test_a_source_is_drawn_with_what_it_reads(source: rs.Stream[Any], shown: str) -> None:
    assert text(source) == [f"○ {shown}"]


@pytest.mark.parametrize(
    ("handler", "shown"),
    [
        (rs.handlers.skip(), "skip"),
        (rs.handlers.retry(attempts=5), "retry  attempts=5, then stop"),
        (
            rs.handlers.route({ValueError: rs.handlers.skip(), OSError: rs.handlers.retry()}),
            "route  ValueError: skip, OSError: retry",
        ),
        (logged, "logged"),
    ],
)
def test_a_handler_is_drawn_with_what_it_was_given(handler: Any, shown: str) -> None:
    line = text(numbers.to(print, on_error=handler))[-1]

    assert line.split("▲ ")[1].split() == shown.split()


def test_an_argument_that_cannot_even_say_what_it_is_does_no_harm() -> None:
    class Silent:
        def __str__(self) -> str:
            raise RuntimeError

        __repr__ = __str__

        def __call__(self, value: Any) -> Any:
            return value

    assert text(numbers.pipe(ops.map(Silent())))[-1].split()[:2] == ["●", "map"]


def test_of_a_long_argument_only_the_beginning_is_said() -> None:
    assert text(rs.from_iterable(["x" * 10_000])) == [f"○ from_iterable  {'x' * 59}…"]


def test_a_name_cannot_write_over_a_terminal() -> None:
    pipeline = numbers.to(rs.to_file("a\x1b[2Jb\u202ec.csv"))

    assert text(pipeline)[-1] == "■ to_file        a\ufffd[2Jb\ufffdc.csv"


@pytest.mark.parametrize("thing", [numbers, numbers.to(print)])
def test_a_notebook_gets_a_picture_in_every_form(thing: Any) -> None:
    bundle = thing._repr_mimebundle_()

    assert set(bundle) == {"image/svg+xml", "text/html", "text/vnd.mermaid", "text/plain"}


def test_a_pipeline_is_drawn_the_same_each_time() -> None:
    pipeline = numbers.pipe(ops.map(parsed)).to(print, on_error=rs.handlers.skip())

    assert bundle_of(pipeline) == bundle_of(pipeline)
