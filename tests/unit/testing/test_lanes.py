"""Diagrams drawn below each other: a column a frame, long waits folded, nothing lost."""

from hypothesis import given
from hypothesis import strategies as st

from rxstream.testing._diagram import Mark
from rxstream.testing._lanes import draw
from tests.unit.testing.diagrams import SECOND, TEXTS, marks_of


def drawn(*texts: str) -> list[str]:
    return [lane.text for lane in draw([marks_of(text) for text in texts], SECOND)]


def test_a_diagram_is_drawn_as_it_is_read() -> None:
    assert drawn("--a-(bc)--|") == ["--a-(bc)--|"]


def test_what_happens_in_one_frame_stands_below_each_other() -> None:
    assert drawn(" -a--b|", "--a---b") == ["-a--b|", "--a---b"]


def test_a_stream_goes_on_to_the_right_border_if_it_has_not_ended() -> None:
    assert drawn("-a", "----|") == ["-a---", "----|"]


def test_nothing_is_drawn_behind_an_end() -> None:
    assert drawn("-|", "-a---b") == ["-|", "-a---b"]


def test_nothing_at_all_is_one_dash() -> None:
    assert drawn("") == ["-"]


def test_a_group_of_one_needs_no_brackets() -> None:
    assert drawn("-(a)-b") == ["-a---b"]


def test_ten_idle_frames_are_drawn() -> None:
    assert drawn(f"a{'-' * 10}b") == [f"a{'-' * 10}b"]


def test_more_idle_frames_are_written_as_progress_of_time() -> None:
    assert drawn(f"a{'-' * 11}b") == ["a 11s b"]


def test_progress_is_told_in_the_largest_unit_that_is_whole() -> None:
    assert drawn("a 10m b 90s c") == ["a 10m b 90s c"]


def test_progress_of_short_frames_is_told_in_milliseconds() -> None:
    (lane,) = draw([[Mark(0, "a"), Mark(30_000, "b")]], 1_000)

    assert lane.text == "a 0.029ms b"


def test_frames_are_folded_where_all_lanes_are_idle() -> None:
    assert drawn("a 30s b", "a 20s b") == ["a 20s ----------b", "a 20s b----------"]


def test_a_lane_that_has_ended_is_blank_where_others_wait() -> None:
    assert drawn("a|", "a 30s b") == ["a|", "a- 29s b"]


def test_what_needs_the_room_of_the_next_pushes_it_aside_and_says_so() -> None:
    (lane,) = draw([[Mark(0, "a"), Mark(0, "b"), Mark(SECOND, "c"), Mark(9 * SECOND, "d")]], SECOND)

    assert (lane.text, lane.off) == ("(ab)c----d", [False, False, True, False])


def test_what_lies_between_two_frames_stands_in_the_first_and_says_so() -> None:
    (lane,) = draw([[Mark(0, "a"), Mark(5 * SECOND // 2, "b")]], SECOND)

    assert (lane.text, lane.off) == ("a-b", [False, True])


def test_it_is_known_where_every_character_stands() -> None:
    (lane,) = draw([marks_of("-(ab)- 50s c|")], SECOND)

    assert [lane.text[column] for column in lane.columns] == ["a", "b", "c", "|"]


@given(TEXTS)
def test_what_is_drawn_reads_as_what_was_drawn(text: str) -> None:
    assert marks_of(drawn(text)[0]) == marks_of(text)


@given(st.lists(TEXTS, min_size=2, max_size=4))
def test_every_lane_reads_as_what_was_drawn(texts: list[str]) -> None:
    assert [marks_of(lane) for lane in drawn(*texts)] == [marks_of(text) for text in texts]


@given(st.lists(TEXTS, min_size=2, max_size=4))
def test_of_lanes_one_instant_has_one_column(texts: list[str]) -> None:
    lanes = draw([marks_of(text) for text in texts], SECOND)
    begins: dict[int, set[int]] = {}
    for lane, text in zip(lanes, texts, strict=True):
        for mark, column in zip(marks_of(text), lane.columns, strict=True):
            grouped = lane.text.rfind("(", 0, column) > lane.text.rfind(")", 0, column)
            begins.setdefault(mark.at, set()).add(lane.text.rfind("(", 0, column) if grouped else column)

    assert all(len(columns) == 1 for columns in begins.values())
