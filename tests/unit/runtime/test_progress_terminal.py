"""A run that is watched in a terminal, or whose error output goes elsewhere."""

import re
import signal
import subprocess
import sys

import pytest

from tests.unit.runtime.terminals import environ, in_terminal

# Six items that take a tenth of a second each.
_BEGIN = """
import sys, time
import rxstream as rs
from rxstream import operators as ops

def slow(item):
    time.sleep(0.1)
    return item

numbers = rs.from_iterable(range(6)).pipe(ops.map(slow))
"""
_ONE = _BEGIN + "rs.run(numbers.to(rs.to_list(), name='numbers'), OPTIONS)\n"
_WATCHED = _ONE.replace("OPTIONS", "progress=True")
_BY_ITSELF = _ONE.replace(", OPTIONS", "")
_QUICK = _BY_ITSELF.replace("time.sleep(0.1)", "pass")
_BRANCHES = """
odd = numbers.pipe(ops.filter(lambda number: number % 2))
rs.run(numbers.to(rs.to_list(), name='all'), odd.to(rs.to_list(), name='odd'), progress=True)
"""
_PRINTING = _WATCHED.replace("return item", "print('item', item, file=sys.FILE)\n    return item")
_FAILING = _WATCHED.replace("return item", "return item // (5 - item)")
_LONG = """
stream = rs.from_iterable(iter(range(10**9)))
rs.run(stream.pipe(ops.map(slow)).to(rs.to_list(), name="numbers"), progress=True)
print("over")
"""
# It wraps the run's own signal handler, so that the test hears when the first signal has been noticed.
_HANGING = """
import asyncio, signal
async def hang(item):
    own = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, lambda *given: (own(*given), print("noticed", flush=True)))
    async with rs.real_time():
        await asyncio.Event().wait()
rs.run(rs.from_iterable([1]).to(hang, name="numbers"), progress=True)
"""


def without_figures(row: str) -> str:
    """A row without what differs from run to run."""
    return re.sub(r"\d+/s", "N/s", re.sub(r"\d+\.\d s", "T s", row))


def to_a_pipe(script: str) -> str:
    """What a script says on its error output where that is no terminal."""
    command = [sys.executable, "-c", script]
    return subprocess.run(command, env=environ(), capture_output=True, text=True, timeout=30, check=True).stderr


# In a terminal


@pytest.mark.parametrize("script", [_WATCHED, _BY_ITSELF], ids=["asked for", "by itself"])
def test_at_the_end_the_last_state_stands_there_once(script: str) -> None:
    rows = in_terminal(f"print('before')\n{script}\nprint('after')").rows

    assert [without_figures(row) for row in rows] == [
        "before",
        "numbers  6 in  6 out  N/s  completed after T s",
        "after",
    ]


def test_meanwhile_it_says_how_much_is_done() -> None:
    raw = in_terminal(_WATCHED.replace("range(6)", "range(3)").replace("0.1", "0.3")).raw

    assert "━" in raw
    assert " %" in raw


def test_several_pipelines_stand_below_each_other() -> None:
    rows = in_terminal(_BEGIN + _BRANCHES).rows

    assert [without_figures(row) for row in rows] == [
        "all  6 in  6 out  N/s",
        "odd  6 in  3 out  N/s",
        "completed after T s",
    ]


def test_no_line_is_ever_longer_than_the_terminal_is_wide() -> None:
    named = _WATCHED.replace("'numbers'", "'a-name-that-is-much-longer-than-it-needs-to-be' * 3")

    assert not in_terminal(named, columns=40).screen.has_wrapped


@pytest.mark.parametrize("file", ["stdout", "stderr"])
def test_what_is_printed_meanwhile_stands_above(file: str) -> None:
    rows = in_terminal(_PRINTING.replace("FILE", file)).rows

    assert [without_figures(row) for row in rows] == [
        *(f"item {item}" for item in range(6)),
        "numbers  6 in  6 out  N/s  completed after T s",
    ]


def test_half_a_line_that_was_printed_is_not_torn_apart() -> None:
    rows = in_terminal(_PRINTING.replace("FILE", "stdout, end=' '")).rows

    assert rows[0] == "item 0 item 1 item 2 item 3 item 4 item 5 "
    assert rows[1].startswith("numbers  6 in")


def test_afterwards_the_streams_are_what_they_were() -> None:
    rows = in_terminal(f"{_WATCHED}\nprint(vars(sys.stdout).keys() | vars(sys.stderr).keys())").rows

    assert "write" not in rows[-1]


def test_a_run_within_a_run_shows_nothing_of_its_own() -> None:
    inner = "inner = lambda item: rs.collect(numbers, progress=True)\n"
    outer = "rs.run(rs.from_iterable([1]).pipe(ops.map(inner)).to(rs.to_list(), name='outer'), progress=True)"
    rows = in_terminal(_BEGIN + inner + outer).rows

    assert [without_figures(row) for row in rows] == ["outer  1 in  1 out  N/s  completed after T s"]


def test_without_colours_there_are_none() -> None:
    raw = in_terminal(_WATCHED, variables={"NO_COLOR": "1"}).raw

    assert not re.search(r"\x1b\[\d*m", raw)


def test_a_terminal_that_shows_ascii_only_gets_no_other_signs() -> None:
    raw = in_terminal(_WATCHED, variables={"PYTHONIOENCODING": "ascii"}).raw

    assert raw.isascii()


def test_a_dumb_terminal_gets_plain_lines() -> None:
    seen = in_terminal(_WATCHED, variables={"TERM": "dumb"})

    assert "\x1b" not in seen.raw
    assert [without_figures(row) for row in seen.rows] == ["0:01  numbers: 6 in, 6 out, N/s, completed after T s"]


def test_a_run_that_is_over_at_once_is_not_shown() -> None:
    assert in_terminal(_QUICK).raw == ""


def test_who_does_not_want_to_see_it_does_not() -> None:
    assert in_terminal(_ONE.replace("OPTIONS", "progress=False")).raw == ""


# Ends


def test_an_error_is_told_below_the_last_state() -> None:
    rows = in_terminal(_FAILING).rows

    assert without_figures(rows[0]) == "numbers  6 in  5 out  1 failed  N/s  failed after T s"
    assert rows[1].startswith("Traceback")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_the_last_state_and_nothing_else(number: signal.Signals) -> None:
    seen = in_terminal(_BEGIN.replace("0.1", "0.01") + _LONG, signals={"/s": number})

    assert seen.code == 0
    assert len(seen.rows) == 2
    assert " stopped after " in seen.rows[0]
    assert seen.rows[1] == "over"


def test_a_keyboard_interrupt_is_told_below_the_last_state() -> None:
    rows = in_terminal(_BEGIN + _HANGING, signals={"/s": signal.SIGINT, "noticed": signal.SIGINT}).rows

    assert " failed after " in next(row for row in rows if row.startswith("numbers"))
    assert rows[-1] == "KeyboardInterrupt"


# Elsewhere


def test_where_nobody_watches_nothing_is_written() -> None:
    assert to_a_pipe(_BY_ITSELF) == ""


def test_who_asks_for_it_gets_plain_lines_in_a_file() -> None:
    assert without_figures(to_a_pipe(_WATCHED)) == "0:01  numbers: 6 in, 6 out, N/s, completed after T s\n"


def test_a_reader_who_has_gone_does_not_end_the_run() -> None:
    script = _BEGIN + "import os\nos.close(2)\n" + _WATCHED.removeprefix(_BEGIN) + "print('over')"
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ(), stdout=subprocess.PIPE, timeout=30, check=False
    )

    assert done.stdout == b"over\n"
