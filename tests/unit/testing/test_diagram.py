"""Marble text: which character stands at which instant, and which texts are refused."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from rxstream.testing._diagram import Span, read_length, read_output, read_source, read_subscription
from tests.unit.conftest import Refusal
from tests.unit.testing.diagrams import SECOND, TEXTS, by_hand, marks_of


def standing(text: str) -> list[tuple[float, str]]:
    """Return the characters of a diagram with the seconds at which they stand."""
    return [(mark.at / SECOND, mark.symbol) for mark in marks_of(text)]


def test_every_character_takes_a_frame() -> None:
    assert standing("-a--b|") == [(1, "a"), (4, "b"), (5, "|")]


def test_a_diagram_may_be_empty() -> None:
    assert standing("") == []


def test_nothing_ever_happens_in_a_diagram_of_dashes() -> None:
    assert standing("-----") == []


def test_blanks_take_no_time() -> None:
    assert standing("  - a\t-\n b |") == [(1, "a"), (3, "b"), (4, "|")]


def test_a_group_is_one_instant() -> None:
    assert standing("-(ab|)") == [(1, "a"), (1, "b"), (1, "|")]


def test_a_group_takes_a_frame_for_each_character_brackets_included() -> None:
    assert standing("(ab)c-(d|)") == [(0, "a"), (0, "b"), (4, "c"), (6, "d"), (6, "|")]


def test_blanks_in_a_group_take_no_time() -> None:
    assert standing("( a b )c") == [(0, "a"), (0, "b"), (4, "c")]


@pytest.mark.parametrize(("text", "at"), [("3s a", 3), ("500ms a", 0.5), ("2m a", 120), ("1.5s a", 1.5)])
def test_time_passes_in_seconds_milliseconds_and_minutes(text: str, at: float) -> None:
    assert standing(text) == [(at, "a")]


def test_progress_of_time_counts_from_after_the_frame_before() -> None:
    assert standing("a 9s b") == [(0, "a"), (10, "b")]


def test_progress_of_time_counts_from_after_all_frames_of_a_group() -> None:
    assert standing("(ab) 1s c") == [(0, "a"), (0, "b"), (5, "c")]


def test_progress_of_time_may_stand_at_the_end_and_be_repeated() -> None:
    assert standing("a 1s 1s b 7s") == [(0, "a"), (3, "b")]


@pytest.mark.parametrize(
    ("text", "found"),
    [("-3s-", "3s"), ("3s-", "3s"), ("-3s", "3s"), ("3 s", "3s"), ("1 2 3", "123"), ("3s|", "3s|"), ("3h ", "3h")],
)
def test_digits_that_are_no_progress_of_time_are_values(text: str, found: str) -> None:
    assert "".join(mark.symbol for mark in marks_of(text)) == found


def test_instants_are_exact_however_odd_the_frame() -> None:
    (_, second) = read_output("test", f"a{'-' * 998}b", 333_333_333)

    assert second.at == 999 * 333_333_333


def test_dashes_behind_the_end_are_let_through() -> None:
    assert standing("a|---") == [(0, "a"), (1, "|")]


@given(TEXTS)
def test_a_diagram_is_read_as_one_would_by_hand(text: str) -> None:
    assert marks_of(text) == by_hand(text)


def test_a_source_counts_from_its_subscription_mark() -> None:
    marks = read_source("test", "ab-^-c|", SECOND)

    assert [(mark.at / SECOND, mark.symbol) for mark in marks] == [(-3, "a"), (-2, "b"), (2, "c"), (3, "|")]


@pytest.mark.parametrize(
    ("text", "span"),
    [("--^-!", (2, 4)), ("^", (0, None)), ("--!", (None, 2)), ("", (None, None)), ("-(^!)", (1, 1))],
)
def test_a_subscription_has_a_beginning_and_an_end_and_may_lack_both(text: str, span: tuple[int, int]) -> None:
    assert read_subscription("test", text, 1) == Span(*span)


@pytest.mark.parametrize(("text", "length"), [("---|", 3), ("  ----|  ", 4), ("|", 0), ("3s |", 3), ("- 3s -|", 5)])
def test_a_length_is_the_time_until_the_end(text: str, length: int) -> None:
    assert read_length("test", text, SECOND) == length * SECOND


# What is refused


def source(text: Any) -> object:
    return read_source("hot", text, SECOND)


def output(text: Any) -> object:
    return read_output("expect", text, SECOND)


def subscription(text: Any) -> object:
    return read_subscription("expect", text, SECOND)


def length(text: Any) -> object:
    return read_length("time", text, SECOND)


@pytest.mark.parametrize(
    ("read", "text", "told"),
    [
        (output, 3, 'expect: a diagram must be text; got 3. Write for instance "--a--b|".'),
        (output, None, 'expect: a diagram must be text; got None. Write for instance "--a--b|".'),
        (
            output,
            "-(ab",
            "expect: a \"(\" must be closed; got '(' in '-(ab'. Write \")\" behind the last character of its group.",
        ),
        (
            output,
            "-ab)",
            'expect: a ")" must close a "("; got \')\' in \'-ab)\'. Write "(" before the first character of its group.',
        ),
        (
            output,
            "(a(b))",
            "expect: a group must not stand in another; got '(' in '(a(b))'. Write \")\" before it.",
        ),
        (output, "-()-", "expect: a group must hold something; got ')' in '-()-'. Leave out the brackets."),
        (
            output,
            "(a-b)",
            "expect: no time must pass in a group; got '-' in '(a-b)'. Write it before or behind the brackets.",
        ),
        (
            output,
            "(a 3s b)",
            "expect: no time must pass in a group; got '3s' in '(a 3s b)'. Write it before or behind the brackets.",
        ),
        (
            output,
            "0.0000000001s a",
            "expect: time must pass in whole nanoseconds; got '0.0000000001s' in '0.0000000001s a'. Round it.",
        ),
        (output, "a|b", "expect: nothing must follow \"|\"; got 'b' in 'a|b'. Leave out one of the two."),
        (output, "a#|", "expect: nothing must follow \"#\"; got '|' in 'a#|'. Leave out one of the two."),
        (output, "(|a)", "expect: nothing must follow \"|\"; got 'a' in '(|a)'. Leave out one of the two."),
        (
            output,
            "--a!",
            "expect: there must be no unsubscription; got '!' in '--a!'. Say it in a diagram of subscriptions.",
        ),
        (
            output,
            "-^a",
            "expect: zero must be the subscription; got '^' in '-^a'. Leave out \"^\" and what stands before it.",
        ),
        (
            source,
            "a!",
            "hot: there must be no unsubscription; got '!' in 'a!'. Say it in a diagram of subscriptions.",
        ),
        (source, "^a^", "hot: there must be one \"^\" at most; got '^' in '^a^'. Keep one of them."),
        (
            subscription,
            "^-a",
            "expect: there must be nothing but \"^\" and \"!\"; got 'a' in '^-a'. Leave it out.",
        ),
        (subscription, "^-^", "expect: there must be one \"^\" at most; got '^' in '^-^'. Keep one of them."),
        (subscription, "^!!", "expect: there must be one \"!\" at most; got '!' in '^!!'. Keep one of them."),
        (subscription, "!-^", "expect: nothing must follow \"!\"; got '^' in '!-^'. Write \"^\" before it."),
        (
            length,
            "---",
            'time: there must be one "|", and nothing else but time; got \'---\'. Write for instance "---|".',
        ),
        (
            length,
            "-a-|",
            'time: there must be one "|", and nothing else but time; got \'-a-|\'. Write for instance "---|".',
        ),
    ],
)
def test_a_malformed_diagram_is_refused(
    refusal: Refusal, read: Callable[[Any], object], text: object, told: str
) -> None:
    assert refusal(lambda: read(text)) == told
