"""How often a run tells of itself where nothing can be written anew."""

import io
from datetime import UTC, datetime

import rxstream as rs
from rxstream.runtime import PipelineReport
from rxstream.runtime._progress_state import State
from rxstream.runtime._progress_terminal import Log

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def state_after(seconds: float, *, reason: str = "running", names: str = "p") -> State:
    pipelines = tuple(PipelineReport(name, 0, 0, 0, 0, 0, 0, 0, 0) for name in names)
    return State(rs.Report(pipelines, EPOCH, EPOCH, seconds, reason), (0.0,) * len(names))


def times_told(*seconds: float) -> list[str]:
    """The times of the lines that are written when a run is looked at after so many seconds."""
    file = io.StringIO()
    log = Log(file)
    for at in seconds:
        log.show(state_after(at))
    return [line.split()[0] for line in file.getvalue().splitlines()]


def test_in_the_first_minute_there_is_a_line_every_ten_seconds() -> None:
    assert times_told(*range(45)) == ["0:10", "0:20", "0:30", "0:40"]


def test_later_there_is_a_line_every_minute() -> None:
    assert times_told(*range(50, 250)) == ["0:50", "1:00", "2:00", "3:00", "4:00"]


def test_there_is_a_line_for_each_pipeline() -> None:
    file = io.StringIO()
    Log(file).show(state_after(10, names="pq"))

    assert file.getvalue() == "0:10  p: 0 in, 0 out, 0/s\n0:10  q: 0 in, 0 out, 0/s\n"


def test_the_end_is_always_told() -> None:
    file = io.StringIO()
    Log(file).show(state_after(0.5, reason="completed"))

    assert file.getvalue() == "0:00  p: 0 in, 0 out, 0/s, completed after 0.5 s\n"
