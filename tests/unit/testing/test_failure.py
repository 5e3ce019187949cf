"""What is told when a stream does not say what it should: words first, then both sides as lanes."""

from inspect import cleandoc

from rxstream.testing._failure import failure
from rxstream.testing._said import Notification, Said
from rxstream.testing._sheet import sheet
from tests.unit.testing.diagrams import SECOND, actual, expected, heard


def told(one: Said, other: Said) -> str | None:
    return failure("Stream(hot)", one, other, frame=SECOND)


def test_nothing_is_told_where_all_is_as_expected() -> None:
    assert told(expected("-a|"), actual("-a|")) is None


def test_both_sides_are_lanes_and_the_first_difference_is_marked() -> None:
    assert told(expected("--a--b--|"), actual("--a---b-|")) == cleandoc(
        """
        Stream(hot): at frame 5 expected 'b', got nothing

          expected: --a--b--|
          actual:   --a---b-|
                         ^
        """
    )


def test_the_mark_points_into_a_group() -> None:
    assert told(expected("-(abc)"), actual("-(abd)")) == cleandoc(
        """
        Stream(hot): at frame 1 expected 'c', got 'd'

          expected: -(abc)
          actual:   -(abd)
                        ^
        """
    )


def test_the_mark_stands_below_its_column_behind_a_folded_wait() -> None:
    assert told(expected("a 1m b|"), actual("a 1m -b|")) == cleandoc(
        """
        Stream(hot): at frame 61 expected 'b', got nothing

          expected: a 1m b|
          actual:   a 1m -b|
                         ^
        """
    )


def test_silence_is_a_lane_too() -> None:
    assert told(expected("--a|"), heard()) == cleandoc(
        """
        Stream(hot): at frame 2 expected 'a', got nothing

          expected: --a|
          actual:   ----
                      ^
        """
    )


def test_what_a_character_stands_for_is_told_below_with_its_instants() -> None:
    values = {"a": "apple", "b": 2}

    assert told(expected("-ab-a|", values), actual("-a-ba|", values)) == cleandoc(
        """
        Stream(hot): at frame 2 expected 2, got nothing

          expected: -ab-a|
          actual:   -a-ba|
                      ^
          a = 'apple' at frame 1, frame 4
          b = 2 at frame 2 (expected), frame 3 (actual)
        """
    )


def test_a_value_without_a_character_gets_one_that_is_free() -> None:
    assert told(expected("-A-|"), actual("-x-y(zB)|", {"x": "pear", "y": 1, "z": "pear"})) == cleandoc(
        """
        Stream(hot): at frame 1 expected 'A', got 'pear'

          expected: -A-|
          actual:   -C-D(CB)|
                     ^
          C = 'pear' at frame 1 (actual), frame 4 (actual)
          D = 1 at frame 3 (actual)
        """
    )


def test_a_character_that_stands_for_something_else_is_not_drawn_as_itself() -> None:
    assert told(expected("a|", {"a": 1}), actual("a|")) == cleandoc(
        """
        Stream(hot): at frame 0 expected 1, got 'a'

          expected: a|
          actual:   A|
                    ^
          a = 1 at frame 0 (expected)
          A = 'a' at frame 0 (actual)
        """
    )


def test_true_and_one_are_told_apart() -> None:
    assert told(expected("a|", {"a": 1}), actual("a|", {"a": True})) == cleandoc(
        """
        Stream(hot): at frame 0 expected 1, got True

          expected: a|
          actual:   A|
                    ^
          a = 1 at frame 0 (expected)
          A = True at frame 0 (actual)
        """
    )


def test_errors_are_told_by_what_they_are() -> None:
    assert told(expected("-#"), actual("-#", error=ValueError("no"))) == cleandoc(
        """
        Stream(hot): at frame 1 expected the error Exception('error'), got the error ValueError('no')

          expected: -#
          actual:   -#
                     ^
          # = Exception('error') at frame 1 (expected)
          # = ValueError('no') at frame 1 (actual)
        """
    )


def test_what_lies_between_frames_is_listed_with_its_exact_time() -> None:
    late = heard(Notification(2_500_000_000, "value", "a"), Notification(3_000_000_001, "end"))

    assert told(expected("--a|"), late) == cleandoc(
        """
        Stream(hot): at frame 2 expected 'a', got nothing

          expected: --a|
          actual:   --a|
                      ^
          a at 2.5 s (actual)
          | at 3.000000001 s (actual)
        """
    )


def test_what_was_pushed_aside_by_a_group_is_listed_with_its_frame() -> None:
    crowd = heard(Notification(0, "value", "a"), Notification(0, "value", "b"), Notification(SECOND, "value", "c"))

    assert told(expected("(ab)c"), crowd) == cleandoc(
        """
        Stream(hot): at frame 1 expected nothing, got 'c'

          expected: (ab)c
          actual:   (ab)c
                        ^
          c at frame 1 (actual)
        """
    )


def test_inner_streams_that_differ_are_drawn_against_each_other() -> None:
    wanted = {"x": expected("a-b|"), "y": expected("|")}
    got = {"x": actual("a--b|"), "y": actual("|")}

    assert told(expected("-x-y|", wanted), actual("-x-y|", got)) == cleandoc(
        """
        Stream(hot): at frame 1 got another stream than expected: in it at frame 2 expected 'b', got nothing

          expected: -x-y|
          actual:   -A-y|
                     ^
          the stream at frame 1:
            expected: a-b|
            actual:   a--b|
                        ^
          y = a stream at frame 3:
            |
        """
    )


def test_an_inner_stream_nobody_expected_is_drawn_below_with_its_own_legend() -> None:
    assert told(expected("-|"), actual("x|", {"x": actual("-(a|)", {"a": "apple"})})) == cleandoc(
        """
        Stream(hot): at frame 0 expected nothing, got a stream

          expected: -|
          actual:   A|
                    ^
          A = a stream at frame 0 (actual):
            -(A|)
            A = 'apple' at frame 1
        """
    )


def test_inner_streams_differ_however_deep() -> None:
    wanted = expected("x", {"x": expected("-y", {"y": expected("--a")})})
    got = actual("x", {"x": actual("-y", {"y": actual("--b")})})

    assert told(wanted, got) == cleandoc(
        """
        Stream(hot): at frame 0 got another stream than expected: in it \
at frame 1 got another stream than expected: in it at frame 2 expected 'a', got 'b'

          expected: x
          actual:   A
                    ^
          the stream at frame 0:
            expected: -y
            actual:   -A
                       ^
            the stream at frame 1:
              expected: --a
              actual:   --b
                          ^
        """
    )


def test_of_a_stream_that_says_much_more_only_the_beginning_is_drawn() -> None:
    assert told(expected("-a-|"), actual(f"-a-{'b' * 50}|")) == cleandoc(
        """
        Stream(hot): at frame 3 expected the end, got 'b'

          expected: -a-|
          actual:   -a-bbbbbbbbbbbbbbbbbbbb…
                       ^
        """
    )


def test_where_one_lane_is_cut_the_other_is_too() -> None:
    assert told(expected("a---|"), actual(f"({'a' * 30})b")) == cleandoc(
        """
        Stream(hot): at frame 0 expected nothing, got 'a'

          expected: a----------------------…
          actual:   (aaaaaaaaaaaaaaaaaaaaa)…
                      ^
        """
    )


def test_when_all_characters_are_taken_the_rest_is_a_question_mark() -> None:
    many = heard(*(Notification(at * SECOND, "value", at) for at in range(70)))

    drawn = "".join(sheet({"": many}, SECOND, most=64).lanes[""].text)

    assert drawn == "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789??…"
