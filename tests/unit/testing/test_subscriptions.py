"""What is told when a source is not subscribed to as it should be."""

from inspect import cleandoc

from rxstream.testing._diagram import read_subscription
from rxstream.testing._subscriptions import subscription_failure
from tests.unit.testing.diagrams import SECOND


def told(expected: list[str], actual: list[str]) -> str | None:
    spans = [[read_subscription("test", text, SECOND) for text in texts] for texts in (expected, actual)]
    return subscription_failure("Stream(cold)", *spans, frame=SECOND)


def test_nothing_is_told_where_all_is_as_expected() -> None:
    assert told(["^--!", "-^"], ["^--!", "-^"]) is None


def test_an_unsubscription_at_another_instant_is_marked() -> None:
    assert told(["^--!", "--^-!"], ["^--!", "--^--!"]) == cleandoc(
        """
        Stream(cold): subscription 2 expected from frame 2 to frame 4, got from frame 2 to frame 5

          expected 1: ^--!
          actual 1:   ^--!
          expected 2: --^-!
          actual 2:   --^--!
                          ^
        """
    )


def test_a_subscription_at_another_instant_is_marked() -> None:
    assert told(["-^--!"], ["^---!"]) == cleandoc(
        """
        Stream(cold): subscription 1 expected from frame 1 to frame 4, got from frame 0 to frame 4

          expected 1: -^--!
          actual 1:   ^---!
                      ^
        """
    )


def test_a_subscription_that_was_never_ended_goes_on_to_the_border() -> None:
    assert told(["^--!"], ["^"]) == cleandoc(
        """
        Stream(cold): subscription 1 expected from frame 0 to frame 3, got from frame 0 on

          expected 1: ^--!
          actual 1:   ^---
                         ^
        """
    )


def test_a_subscription_that_is_missing_has_an_empty_lane() -> None:
    assert told(["^!", "-^!"], ["^!"]) == cleandoc(
        """
        Stream(cold): subscription 2 expected from frame 1 to frame 2, got none

          expected 1: ^!
          actual 1:   ^!
          expected 2: -^!
          actual 2:
                       ^
        """
    )


def test_a_subscription_nobody_expected_is_shown_and_those_behind_it_too() -> None:
    assert told([], ["(^!)", "--^"]) == cleandoc(
        """
        Stream(cold): subscription 1 expected none, got from frame 0 to frame 0

          expected 1:
          actual 1:   (^!)
                       ^
          expected 2:
          actual 2:   --^-
        """
    )


def test_instants_between_frames_are_listed_with_their_exact_time() -> None:
    assert told(["^-!"], ["500ms ^-!"]) == cleandoc(
        """
        Stream(cold): subscription 1 expected from frame 0 to frame 2, got from 0.5 s to 2.5 s

          expected 1: ^-!
          actual 1:   ^-!
                      ^
          actual 1 from 0.5 s to 2.5 s
        """
    )
