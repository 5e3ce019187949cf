"""Where two streams first say different things, and what counts as the same."""

import pytest

from rxstream.testing._difference import difference, is_same, sentence
from rxstream.testing._said import Notification, Said
from tests.unit.testing.diagrams import SECOND, actual, expected, heard


def told(one: Said, other: Said) -> str:
    found = difference(one, other)
    assert found is not None
    return sentence(found, SECOND)


@pytest.mark.parametrize("text", ["", "-a-(bc)-|", "--#"])
def test_streams_that_say_the_same_do_not_differ(text: str) -> None:
    assert difference(expected(text), actual(text)) is None


@pytest.mark.parametrize(
    ("one", "other", "sentence_told"),
    [
        ("-a--b|", "-a---b|", "at frame 4 expected 'b', got nothing"),
        ("-a---b|", "-a--b|", "at frame 4 expected nothing, got 'b'"),
        ("-a-|", "-b-|", "at frame 1 expected 'a', got 'b'"),
        ("-a-|", "-a-", "at frame 3 expected the end, got nothing"),
        ("-a-", "-a-|", "at frame 3 expected nothing, got the end"),
        ("-a|", "-a#", "at frame 2 expected the end, got the error Exception('error')"),
        ("(ab)", "(ba)", "at frame 0 expected 'a', got 'b'"),
        ("a", "(aa)", "at frame 0 expected nothing, got 'a'"),
    ],
)
def test_a_difference_is_told_in_words(one: str, other: str, sentence_told: str) -> None:
    assert told(expected(one), actual(other)) == sentence_told


def test_an_instant_between_frames_is_told_in_seconds() -> None:
    late = heard(Notification(1_500_000_001, "value", "a"))

    assert told(expected("--a"), late) == "at 1.500000001 s expected nothing, got 'a'"


def test_what_prints_alike_and_is_not_equal_is_said_to_differ() -> None:
    class Thing:
        def __repr__(self) -> str:
            return "Thing()"

    wanted, got = expected("a", {"a": Thing()}), actual("a", {"a": Thing()})

    assert told(wanted, got) == "at frame 0 expected Thing(), got Thing(), which does not equal it"


def test_inner_streams_are_told_apart_within() -> None:
    wanted, got = expected("-x", {"x": expected("a-b|")}), actual("-x", {"x": actual("a--b|")})

    assert told(wanted, got) == (
        "at frame 1 got another stream than expected: in it at frame 2 expected 'b', got nothing"
    )


def test_a_stream_where_a_value_was_expected_is_called_a_stream() -> None:
    assert told(expected("a"), actual("a", {"a": actual("b|")})) == "at frame 0 expected 'a', got a stream"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (True, True, True),
        ([1, 2], [1, 2], True),
        ("a", "b", False),
        (None, 0, False),
        (ValueError("x"), ValueError("x"), True),
        (ValueError("x"), ValueError("y"), False),
        (ValueError("x"), UnicodeError("x"), False),
        (KeyError("x"), "'x'", False),
    ],
)
def test_values_are_equal_but_for_booleans_and_errors_by_type_and_message(
    one: object, other: object, same: bool
) -> None:
    assert is_same(one, other) is same


def test_what_does_not_even_equal_itself_is_still_the_same() -> None:
    nan = float("nan")

    assert is_same(nan, nan)


def test_what_will_not_say_whether_it_is_equal_is_not() -> None:
    class Array:
        def __eq__(self, other: object) -> bool:
            raise ValueError("the truth value is ambiguous")

        __hash__ = None  # type: ignore[assignment]  # as arrays have it

    assert not is_same(Array(), Array())


def test_inner_streams_are_the_same_if_they_say_the_same() -> None:
    assert is_same(expected("-a|"), actual("-a|"))
