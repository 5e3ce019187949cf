"""SIGINT and SIGTERM: the first one stops a run gracefully, the second one ends it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_COUNTING = """
import reactivex
import rxstream as rs
from rxstream import operators as ops

tell = ops.observe(lambda item: print("ready", flush=True) if item == 20 else None)
report = rs.run(SOURCE.pipe(tell).to(rs.to_file("out.txt"), name="p"))
print(report.reason, report["p"].emitted, report.unsettled, flush=True)
print(report, flush=True)
"""
_VIRTUAL = _COUNTING.replace("SOURCE", "rs.from_iterable(range(10**12))")
_LIVE = _COUNTING.replace("SOURCE", "rs.from_observable(reactivex.timer(0.0, 0.001))")

# A thousand items, which take twenty seconds.
_SLOW = """
import time
import rxstream as rs
from rxstream import operators as ops

def slow(item):
    print("ready", flush=True)
    time.sleep(0.02)

def past(kind, first):
    return rs.from_history(kind((2 * n + first, n) for n in range(500)), unit="s")

report = rs.run(SOURCE.pipe(ops.observe(slow)).to(rs.to_list()))
print(report.pipelines[0].emitted, flush=True)
"""
_SLOW_SOURCES = {
    "a list": "rs.from_iterable(list(range(1000)))",
    "a generator": "rs.from_iterable(n for n in range(1000))",
    "ticks": "rs.interval(1).pipe(ops.take(1000))",
    "two histories": "past(list, 0).pipe(ops.merge(past(list, 1)))",
    "two lazy histories": "past(iter, 0).pipe(ops.merge(past(iter, 1)))",
}

# It wraps the run's own signal handlers, so that the test hears when the first signal has been noticed.
_HANGING = """
import asyncio, signal
import rxstream as rs

async def hang(item):
    for number in (signal.SIGINT, signal.SIGTERM):
        own = signal.getsignal(number)
        signal.signal(number, lambda *given, own=own: (own(*given), print("noticed", flush=True)))
    print("ready", flush=True)
    async with rs.real_time():
        await asyncio.Event().wait()

rs.run(rs.from_iterable([1]).to(hang))
"""


class Script:
    """A script that runs beside the test."""

    def __init__(self, text: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", text], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def send(self, number: signal.Signals, heard: str) -> None:
        """Send a signal once the script has printed a line."""
        assert self.process.stdout is not None
        assert any(line == f"{heard}\n" for line in self.process.stdout)
        self.process.send_signal(number)

    def end(self) -> tuple[int, list[str]]:
        """Wait for its end; returns the exit code, and the lines it has printed meanwhile."""
        out, _ = self.process.communicate(timeout=10)
        return self.process.returncode, [line for line in out.splitlines() if line not in {"ready", "noticed"}]


@pytest.fixture
def script(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Script]:
    """The script that the test names in its parameters."""
    started = Script(request.param, tmp_path)
    yield started
    started.process.kill()
    started.process.communicate()


both = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
counting = pytest.mark.parametrize("script", [_VIRTUAL, _LIVE], ids=["virtual", "live"], indirect=True)
slow = pytest.mark.parametrize(
    "script", [_SLOW.replace("SOURCE", source) for source in _SLOW_SOURCES.values()], ids=_SLOW_SOURCES, indirect=True
)
hanging = pytest.mark.parametrize("script", [_HANGING], ids=["hanging"], indirect=True)


@both
@counting
def test_a_signal_ends_the_run_which_returns_its_report(script: Script, number: signal.Signals) -> None:
    script.send(number, heard="ready")
    code, lines = script.end()

    assert (code, lines[0].split()[0], lines[0].split()[2]) == (0, "stopped", "0")
    assert lines[-1].startswith("stopped after ")


@both
@counting
def test_after_a_signal_the_sink_has_everything_that_was_read(
    script: Script, number: signal.Signals, tmp_path: Path
) -> None:
    script.send(number, heard="ready")
    _, lines = script.end()
    written = (tmp_path / "out.txt").read_text().split()

    assert written == [str(item) for item in range(int(lines[0].split()[1]))]


@slow
def test_a_signal_is_heard_soon_where_each_item_takes_long(script: Script) -> None:
    script.send(signal.SIGTERM, heard="ready")
    code, lines = script.end()

    assert code == 0
    assert int(lines[0]) < 250


@both
@hanging
def test_a_second_sigterm_ends_the_process_at_once_with_its_own_code(script: Script, number: signal.Signals) -> None:
    script.send(number, heard="ready")
    script.send(signal.SIGTERM, heard="noticed")

    assert script.end() == (143, [])


@both
@hanging
def test_a_second_sigint_is_a_keyboard_interrupt(script: Script, number: signal.Signals) -> None:
    script.send(number, heard="ready")
    script.send(signal.SIGINT, heard="noticed")

    assert script.end() == (-signal.SIGINT, [])
