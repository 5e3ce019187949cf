"""The marble kit: what streams are made of diagrams, how they run together, and what is expected of them."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from inspect import cleandoc
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import operators as rx
from reactivex.subject import Subject

import rxstream as rs
from rxstream import operators as ops
from rxstream.testing import Marbles, marbles
from rxstream.testing._lanes import draw
from tests.unit.conftest import Refusal
from tests.unit.testing.diagrams import SECOND, TEXTS, marks_of


def failure(expect: Callable[[Marbles], object]) -> BaseException:
    """Return what an expectation that is not met raises."""
    m = Marbles()
    expect(m)
    with pytest.raises(AssertionError) as caught:
        m.run()
    return caught.value


def told(expect: Callable[[Marbles], object]) -> str:
    return str(failure(expect))


# Sources


def test_a_hot_stream_says_what_its_diagram_does() -> None:
    with marbles() as m:
        m.expect(m.hot("-a--(bc)-|"), "-a--(bc)-|")


def test_a_hot_stream_goes_on_while_nobody_listens() -> None:
    with marbles() as m:
        source = m.hot("a-b-c-d|")

        m.expect(source, "----c-d|", subscription="---^")


def test_what_a_hot_stream_says_at_the_instant_of_subscription_is_heard() -> None:
    with marbles() as m:
        m.expect(m.hot("a-b-c|"), "--b-c|", subscription="--^")


def test_a_hot_stream_begins_at_its_subscription_mark() -> None:
    with marbles() as m:
        m.expect(m.hot("a-b-^-c-|"), "--c-|")


def test_a_hot_stream_that_has_ended_ends_for_a_late_subscriber_at_once() -> None:
    with marbles() as m:
        m.expect(m.hot("a-|"), "----|", subscription="----^")


def test_a_hot_stream_that_ended_before_its_subscription_mark_ends_at_once() -> None:
    with marbles() as m:
        m.expect(m.hot("a-#---^---"), "#")


def test_a_cold_stream_begins_anew_for_every_subscriber() -> None:
    with marbles() as m:
        source = m.cold("a-b|")

        m.expect(source, "a-b|")
        m.expect(source, "---a-b|", subscription="---^")


def test_values_are_those_that_characters_stand_for() -> None:
    with marbles() as m:
        source = m.hot("a-b-c|", values={"a": 1, "b": None})

        m.expect(source, "x-y-c|", values={"x": 1, "y": None})


def test_an_error_is_a_plain_exception_unless_given() -> None:
    with marbles() as m:
        m.expect(m.hot("--#"), "--#", error=Exception("error"))


def test_an_error_may_be_any_exception() -> None:
    with marbles() as m:
        m.expect(m.cold("--#", error=ValueError("no")), "--#", error=ValueError("no"))


def test_a_source_that_never_ends_does_not_keep_the_test_from_ending() -> None:
    with marbles() as m:
        m.expect(m.hot("-a-"), "-a-------")


def test_values_have_the_instants_of_their_frames_as_timestamps_and_no_key() -> None:
    with marbles(frame=0.25) as m:
        at = m.start + timedelta(seconds=0.75)

        m.expect(m.hot("---a|").pipe(ops.events()), "---e|", values={"e": rs.Event("a", timestamp=at)})


def test_a_cold_value_has_the_instant_at_which_it_comes() -> None:
    with marbles() as m:
        at = m.start + timedelta(seconds=5)
        source = m.cold("--a|").pipe(ops.events())

        m.expect(source, "-----e|", values={"e": rs.Event("a", timestamp=at)}, subscription="---^")


def test_frame_zero_is_the_epoch() -> None:
    assert Marbles().start == datetime(1970, 1, 1, tzinfo=UTC)


# Running


@given(TEXTS)
def test_whatever_is_drawn_comes_as_drawn(text: str) -> None:
    with marbles() as m:
        m.expect(m.hot(text), text)
        m.expect(m.cold(text), f"- 7s {text}", subscription="- 7s ^")


@given(TEXTS, st.integers(0, 30), st.integers(1, 30))
def test_of_a_hot_stream_its_time_of_subscription_is_heard(text: str, begin: int, length: int) -> None:
    heard = heard_of(text, begin, begin + length)
    subscription = f"{'-' * begin}^{'-' * (length - 1)}!"

    with marbles() as m:
        m.expect(m.hot(text), heard, subscription=subscription)


def heard_of(text: str, begin: int, end: int) -> str:
    """Draw what is said from one frame to before another; who comes after the end hears of it at once."""
    later = [mark for mark in marks_of(text) if mark.symbol in "|#" or mark.at >= begin * SECOND]
    marks = [mark._replace(at=max(mark.at, begin * SECOND)) for mark in later]
    return draw([[mark for mark in marks if mark.at < end * SECOND]], SECOND)[0].text


def test_everything_expected_runs_on_one_timeline() -> None:
    said: list[str] = []
    with marbles() as m:
        for text in ("a-c-e|", "-b-d-|"):
            m.expect(m.hot(text).pipe(ops.observe(said.append)), text)

    assert said == ["a", "b", "c", "d", "e"]


def test_a_pipeline_runs_as_it_does_elsewhere() -> None:
    with marbles() as m:
        source = m.hot("  1-2-3-4-|")
        expected = "      --b---d-|"

        even = source.pipe(ops.map(int), ops.filter(lambda n: n % 2 == 0))
        m.expect(even, expected, values={"b": 2, "d": 4})


def test_reactivex_operators_have_the_same_time() -> None:
    with marbles() as m:
        source = m.hot("  a--b----------c|")
        quiet = m.time("  ----|")
        expected = "      -------b-------(c|)"

        m.expect(source.pipe(rx.debounce(quiet)), expected)


def test_coroutines_sleep_in_virtual_time() -> None:
    async def slow(value: str) -> str:
        await asyncio.sleep(2)
        return value.upper()

    with marbles() as m:
        m.expect(m.hot("-a------|").pipe(ops.process(slow)), "---A----|")


def test_an_error_in_one_stream_ends_that_stream_only() -> None:
    with marbles() as m:
        source = m.hot("1-0-2-|")

        m.expect(source.pipe(ops.map(lambda n: 6 // int(n))), "a-#", {"a": 6}, _error_of_division())
        m.expect(source, "1-0-2-|")


def _error_of_division() -> Exception:
    try:
        return Exception(1 // 0)
    except ZeroDivisionError as error:
        return error


def test_the_current_event_is_the_items_passport() -> None:
    seen: list[Any] = []
    with marbles() as m:
        m.expect(m.hot("--a|").pipe(ops.observe(lambda _: seen.append(rs.current_event()))), "--a|")

    assert [(event.value, event.timestamp) for event in seen] == [("a", datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC))]


def test_a_stream_is_unsubscribed_when_its_diagram_says() -> None:
    with marbles() as m:
        m.expect(m.hot("-a-b-c-d|"), "-a-b", subscription="^---!")


def test_any_observable_can_be_expected() -> None:
    with marbles() as m:
        m.expect(reactivex.of(1, 2), "(ab|)", values={"a": 1, "b": 2})


def test_what_was_run_is_not_run_again() -> None:
    said: list[str] = []
    with marbles() as m:
        m.expect(m.hot("a|").pipe(ops.observe(said.append)), "a|")
        m.run()

    assert said == ["a"]


def test_a_kit_that_has_run_can_run_again_from_frame_zero() -> None:
    with marbles() as m:
        source = m.cold("-a|")
        for _ in range(2):
            m.expect(source, "-a|")
            m.expect_subscriptions(source, "^-!")
            m.run()


def test_nothing_runs_where_the_block_has_failed() -> None:
    def block() -> None:
        with marbles() as m:
            m.expect(m.hot("a|"), "b|")
            raise KeyError

    with pytest.raises(KeyError):
        block()


def test_a_frame_may_be_given_as_a_timedelta() -> None:
    with marbles(timedelta(milliseconds=100)) as m:
        assert m.time("---|") == timedelta(seconds=0.3)


def test_a_stream_without_an_end_is_watched_for_as_long_as_is_drawn() -> None:
    with marbles() as m:
        m.expect(rs.interval(2), "--a-b--", {"a": 0, "b": 1}, subscription="^-----!")


def test_a_cold_stream_can_be_joined_on_to_another() -> None:
    with marbles() as m:
        m.expect(m.hot("-a-|").pipe(rx.concat(m.cold("-b-|"))), "-a--b-|")


def test_a_stream_can_be_left_for_another() -> None:
    with marbles() as m:
        first, second = m.cold("a-b-c-"), m.cold("d-e|")
        source = m.hot("-x--y---|", values={"x": first, "y": second})
        m.expect(source.pipe(rx.switch_latest()), "-a-bd-e-|")

        m.expect_subscriptions(first, "-^--!")
        m.expect_subscriptions(second, "----^--!")


# Failures


def test_a_failure_shows_both_sides_and_marks_the_first_difference() -> None:
    def expect(m: Marbles) -> None:
        m.expect(m.hot("-a-b-|").pipe(ops.map(str.upper)), "-A--B|")

    assert told(expect) == cleandoc(
        """
        Stream(hot) | map: at frame 3 expected nothing, got 'B'

          expected: -A--B|
          actual:   -A-B-|
                       ^
        """
    )


def test_all_failures_are_told() -> None:
    def expect(m: Marbles) -> None:
        m.expect(m.hot("a|"), "b|")
        m.expect(m.hot("c|"), "c|")
        m.expect(m.cold("d|"), "e|")

    assert told(expect) == cleandoc(
        """
        Stream(hot): at frame 0 expected 'b', got 'a'

          expected: b|
          actual:   a|
                    ^

        Stream(cold): at frame 0 expected 'e', got 'd'

          expected: e|
          actual:   d|
                    ^
        """
    )


def test_a_failure_comes_from_the_line_that_expected_it() -> None:
    m = Marbles()
    m.expect(m.hot("a|"), "b|")
    with pytest.raises(AssertionError) as caught:
        m.run()

    assert str(caught.traceback[-1].statement).strip() == 'm.expect(m.hot("a|"), "b|")'


def test_a_stream_that_would_go_on_for_ever_fails_all_the_same() -> None:
    told_first = told(lambda m: m.expect(rs.interval(2), "--a-b|", {"a": 0, "b": 1})).splitlines()[0]

    assert told_first == "Stream(interval): at frame 5 expected the end, got nothing"


def test_an_error_nobody_expected_is_the_cause_of_the_failure() -> None:
    raised = failure(lambda m: m.expect(m.hot("a|").pipe(ops.map(int)), "a|"))

    assert str(raised.__cause__) == "invalid literal for int() with base 10: 'a'"


def test_an_error_that_was_only_drawn_is_no_cause() -> None:
    raised = failure(lambda m: m.expect(m.hot("#"), "a|"))

    assert raised.__cause__ is None


def test_values_are_not_equal_where_one_is_a_boolean() -> None:
    told_first = told(lambda m: m.expect(m.hot("a|", {"a": True}), "a|", {"a": 1})).splitlines()[0]

    assert told_first == "Stream(hot): at frame 0 expected 1, got True"


# Inner streams


def test_an_inner_stream_is_expected_as_a_cold_one() -> None:
    with marbles() as m:
        outer = m.hot("--x---|", values={"x": m.cold("-a-b|")})

        m.expect(outer, "--x---|", values={"x": m.cold("-a-b|")})


def test_the_instants_of_inner_streams_count_from_their_own() -> None:
    subject: Subject[str] = Subject()
    with marbles() as m:
        grouped = m.hot("--a-b-a-|").pipe(rx.group_by(lambda value: value))

        m.expect(grouped, "--x-y---|", values={"x": m.cold("a---a-|"), "y": m.cold("b---|")})
    subject.dispose()


def test_inner_streams_that_differ_are_drawn() -> None:
    def expect(m: Marbles) -> None:
        outer = m.hot("--x-|", values={"x": m.cold("-a-b|")})
        m.expect(outer, "--x-|", values={"x": m.cold("-a--b|")})

    assert told(expect) == cleandoc(
        """
        Stream(hot): at frame 2 got another stream than expected: in it at frame 3 expected nothing, got 'b'

          expected: --x-|
          actual:   --A-|
                      ^
          the stream at frame 2:
            expected: -a--b|
            actual:   -a-b|
                         ^
        """
    )


def test_streams_within_inner_streams_are_compared_too() -> None:
    with marbles() as m:
        outer = m.hot("x|", values={"x": m.cold("-y|", values={"y": m.cold("--a|")})})

        m.expect(outer, "x|", values={"x": m.cold("-z|", values={"z": m.cold("--a|")})})


# Subscriptions


def test_a_source_is_left_when_it_ends() -> None:
    with marbles() as m:
        source = m.cold("-a-|")

        m.expect(source, "-a-|")
        m.expect_subscriptions(source, "^--!")


def test_a_source_is_left_when_enough_was_heard() -> None:
    with marbles() as m:
        source = m.hot("-a-b-c-|")

        m.expect(source.pipe(ops.take(2)), "-a-(b|)")
        m.expect_subscriptions(source, "    ^--!")


def test_a_source_that_goes_on_for_ever_is_not_left() -> None:
    with marbles() as m:
        source = m.hot("-a-")

        m.expect(source, "-a-")
        m.expect_subscriptions(source, "^--")


def test_a_source_that_goes_on_for_ever_is_left_when_nobody_listens_any_more() -> None:
    with marbles() as m:
        source = m.hot("-a-")

        m.expect(source, "-a-", subscription="-^----!")
        m.expect_subscriptions(source, "      -^----!")


def test_every_subscription_counts() -> None:
    with marbles() as m:
        source = m.cold("-a|")

        m.expect(source, "-a|")
        m.expect(source, "---a|", subscription="--^")
        m.expect_subscriptions(source, "^-!", "--^-!")


def test_a_source_nobody_listens_to_has_no_subscriptions() -> None:
    with marbles() as m:
        m.expect_subscriptions(m.hot("-a|"))


def test_subscriptions_that_are_not_as_expected_are_drawn() -> None:
    def expect(m: Marbles) -> None:
        source = m.cold("-a-|")
        m.expect(source, "-a-|")
        m.expect_subscriptions(source, "^----!")

    assert told(expect) == cleandoc(
        """
        Stream(cold): subscription 1 expected from frame 0 to frame 5, got from frame 0 to frame 3

          expected 1: ^----!
          actual 1:   ^--!
                         ^
        """
    )


# What is refused


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda m: m.hot("a!"),
            "marbles.hot: there must be no unsubscription; got '!' in 'a!'. Say it in a diagram of subscriptions.",
        ),
        (
            lambda m: m.cold("^a"),
            "marbles.cold: zero must be the subscription; got '^' in '^a'. Leave out \"^\" and what stands before it.",
        ),
        (
            lambda m: m.time("---"),
            'marbles.time: there must be one "|", and nothing else but time; got \'---\'. Write for instance "---|".',
        ),
        (
            lambda m: m.hot("a", values=[1]),
            'marbles.hot: values must be a mapping; got [1]. Give for instance {"a": 1}.',
        ),
        (
            lambda m: m.hot("a", values={"ab": 1}),
            "marbles.hot: values must have characters as keys, none of - ( ) | # ^ !; got 'ab'. Choose a letter.",
        ),
        (
            lambda m: m.cold("#", error="no"),
            "marbles.cold: error must be an exception; got 'no'. Give for instance ValueError(\"no\").",
        ),
        (
            lambda m: m.expect("a", "a"),
            "marbles.expect: stream must be a Stream or an Observable; got 'a'. Pipe one.",
        ),
        (
            lambda m: m.expect(m.hot("a"), "a", subscription="^a"),
            "marbles.expect: there must be nothing but \"^\" and \"!\"; got 'a' in '^a'. Leave it out.",
        ),
        (
            lambda m: m.expect(m.hot("x"), "x", values={"x": m.hot("a")}),
            "marbles.expect: an inner stream must be made by cold of the same kit; got Stream(hot). "
            "Draw what it should say: m.cold(…).",
        ),
        (
            lambda m: m.expect_subscriptions(m.hot("a").pipe(ops.take(1))),
            "marbles.expect_subscriptions: source must be made by hot or cold of the same kit; "
            "got Stream(hot) | take. Expect the subscriptions of the source that it was piped from.",
        ),
        (
            lambda m: m.expect_subscriptions([]),
            "marbles.expect_subscriptions: source must be made by hot or cold of the same kit; got []. "
            "Expect the subscriptions of the source that it was piped from.",
        ),
        (
            lambda m: m.expect_subscriptions(m.hot("a"), "--!"),
            "marbles.expect_subscriptions: there must be a \"^\"; got '--!'. "
            "Leave the diagram out where nobody subscribes.",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(refusal: Refusal, call: Callable[[Any], object], sentence: str) -> None:
    assert refusal(lambda: call(Marbles())) == sentence


def test_a_kit_prints_as_what_it_is() -> None:
    assert repr(Marbles(0.5)) == "Marbles(frame=0.5)"


def test_a_frame_must_take_time(refusal: Refusal) -> None:
    assert refusal(lambda: Marbles(0)) == (
        "marbles: frame must be greater than zero; got 0. Give seconds or a timedelta."
    )


def test_a_length_must_be_whole_microseconds(refusal: Refusal) -> None:
    assert refusal(lambda: Marbles(1 / 3).time("-|")) == (
        "marbles.time: a length must be whole microseconds; got '-|', which is 333333333 ns. Choose another frame."
    )


def test_values_that_are_not_in_the_diagram_may_be_anything() -> None:
    with marbles() as m:
        values = {"x": m.hot("a"), "y": 1}

        m.expect(m.hot("y|", values), "y|", values)


@pytest.mark.parametrize("sink", [rs.to_console(), print, rs.sink(print)], ids=["to_console", "a function", "sink"])
def test_an_error_that_comes_through_to_a_sink_ends_a_run(marbles: Marbles, sink: Any) -> None:
    with pytest.raises(ValueError, match="broken"):
        rs.run(marbles.hot("-#", error=ValueError("broken")).to(sink))
