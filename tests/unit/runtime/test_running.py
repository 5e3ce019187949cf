"""A run beside other work: waited for, stopped, paused, asked."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest

import rxstream as rs
from rxstream import operators as ops
from tests.unit.runtime.conftest import Threads

#: Far more than is ever read: what runs over it ends by being stopped.
ENDLESS = range(10**8)


def nothing(_item: Any) -> None:
    """A sink that keeps nothing."""


def of(make: Callable[[], Awaitable[Any]]) -> Any:
    """Run a test's coroutine, but not for ever."""

    async def limited() -> Any:
        async with asyncio.timeout(10):
            return await make()

    return asyncio.run(limited())


async def until(condition: Callable[[], Any]) -> None:
    """Let the loop turn until something has come true."""
    while not condition():
        await asyncio.sleep(0)


def still_alive(threads: Iterable[threading.Thread]) -> list[str]:
    """Wait for threads to end; returns the names of those that do not."""
    threads = list(threads)
    for thread in threads:
        thread.join(5)
    return [thread.name for thread in threads if thread.is_alive()]


def test_wait_gives_the_report_of_a_run_that_ends_by_itself() -> None:
    async def main() -> rs.Report:
        async with rs.running(rs.from_iterable([1, 2]).to(nothing, name="p")) as run:
            return await run.wait()

    report = of(main)

    assert (report.reason, report["p"].emitted) == ("completed", 2)


def test_wait_may_be_called_again() -> None:
    async def main() -> bool:
        async with rs.running(rs.from_iterable([1, 2]).to(nothing)) as run:
            return await run.wait() == await run.wait()

    assert of(main)


def test_wait_raises_what_no_handler_took() -> None:
    async def main() -> None:
        stream = rs.from_iterable([0]).pipe(ops.map(lambda number: 1 / number))
        async with rs.running(stream.to(nothing)) as run:
            await run.wait()

    with pytest.raises(ZeroDivisionError) as caught:
        of(main)

    assert caught.value.report.reason == "error"  # type: ignore[attr-defined]  # every error of a run has it


def test_stop_ends_the_run_and_gives_its_report() -> None:
    async def main() -> rs.Report:
        async with rs.running(rs.from_iterable(ENDLESS).to(nothing)) as run:
            return await run.stop()

    assert of(main).reason == "stopped"


def test_what_was_read_before_the_stop_reaches_the_sinks() -> None:
    stored: list[int] = []

    async def store(item: int) -> None:
        await asyncio.sleep(0)
        stored.append(item)

    async def main() -> rs.Report:
        async with rs.running(rs.from_iterable(ENDLESS).to(store, name="p")) as run:
            await until(lambda: stored)
            return await run.stop()

    report = of(main)

    assert (report["p"].received, report["p"].emitted, report.unsettled) == (len(stored), len(stored), 0)


def test_leaving_the_block_stops_the_run() -> None:
    async def main() -> rs.Report:
        async with rs.running(rs.from_iterable(ENDLESS).to(nothing)) as run:
            pass
        return run.report

    assert of(main).reason == "stopped"


def test_leaving_the_block_leaves_no_thread(new_threads: Threads) -> None:
    async def main() -> list[str]:
        async with rs.running(rs.from_iterable(ENDLESS).to(nothing)):
            pass
        return still_alive(new_threads())

    assert of(main) == []


def test_an_error_of_the_block_stops_the_run_and_passes(new_threads: Threads) -> None:
    async def main() -> None:
        async with rs.running(rs.from_iterable(ENDLESS).to(nothing)):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        of(main)

    assert still_alive(new_threads()) == []


def test_the_report_can_be_asked_for_while_it_runs() -> None:
    async def main() -> str:
        async with rs.running(rs.from_iterable(ENDLESS).to(nothing, name="p")) as run:
            await until(lambda: run.report["p"].emitted)
            return run.report.reason

    assert of(main) == "running"


def test_the_callers_loop_is_not_blocked_by_a_sink_that_blocks() -> None:
    gate = threading.Event()
    passed: list[bool] = []

    async def main() -> None:
        async with rs.running(rs.from_iterable([1]).to(lambda _: passed.append(gate.wait(5)))) as run:
            gate.set()
            await run.wait()

    of(main)

    assert passed == [True]


class Pausing:
    """Pauses its own run at an item, looks some turns of the loop later how far it got, and resumes it."""

    def __init__(self, at: int) -> None:
        self.read: list[int] = []
        self.read_when_paused = 0
        self.run: Any = None
        self.begun = threading.Event()
        self._at = at

    def look(self, item: int) -> None:
        """Take an item, not before the run is known."""
        self.begun.wait(5)
        self.read.append(item)
        if item == self._at:
            self.run.pause()

    async def resume(self) -> None:
        """Give a reader that is not paused time to read everything, and resume."""
        await until(lambda: len(self.read) > self._at)
        for _ in range(100):
            await asyncio.sleep(0)
        self.read_when_paused = len(self.read)
        self.run.resume()


def test_pause_stops_the_reading_and_resume_goes_on_in_order() -> None:
    pausing = Pausing(at=1_500)

    async def main() -> None:
        async with rs.running(rs.from_iterable(range(300_000)).to(pausing.look), pausing.resume) as pausing.run:
            pausing.begun.set()
            await pausing.run.wait()

    of(main)

    assert (pausing.read_when_paused < 250_000, pausing.read) == (True, list(range(300_000)))


def test_a_paused_run_can_be_stopped() -> None:
    async def main() -> rs.Report:
        async with rs.running(rs.from_iterable(ENDLESS).to(nothing)) as run:
            run.pause()
            return await run.stop()

    assert of(main).reason == "stopped"


def test_pausing_and_stopping_after_the_end_does_nothing() -> None:
    async def main() -> rs.Report:
        async with rs.running(rs.from_iterable([1]).to(nothing)) as run:
            await run.wait()
            run.pause()
            run.resume()
            return await run.stop()

    assert of(main).reason == "completed"


def test_wrong_use_is_refused_by_the_block() -> None:
    async def main() -> None:
        async with rs.running():
            pass

    with pytest.raises(rs.ConfigurationError, match=r"^run: needs at least one pipeline; got none\."):
        of(main)


# run_async


def test_run_async_gives_the_report() -> None:
    report = of(lambda: rs.run_async(rs.from_iterable([1, 2]).to(nothing, name="p")))

    assert (report.reason, report["p"].emitted) == ("completed", 2)


def test_run_async_raises_what_no_handler_took() -> None:
    stream = rs.from_iterable([0]).pipe(ops.map(lambda number: 1 / number))

    with pytest.raises(ZeroDivisionError):
        of(lambda: rs.run_async(stream.to(nothing)))


def left_by_cancelling(new_threads: Threads, when: Callable[[list[int]], Any]) -> list[threading.Thread]:
    """Cancel a long run once its sink has got so far; returns the threads that go on all the same."""
    over = threading.Event()
    last: list[int] = []

    def store(item: int) -> None:
        last[:] = [item]
        if over.is_set():
            raise OSError("nobody has stopped this run")

    async def main() -> list[threading.Thread]:
        task = asyncio.ensure_future(rs.run_async(rs.from_iterable(ENDLESS).to(store)))
        await until(lambda: when(last))
        task.cancel()
        await asyncio.wait({task})
        left = new_threads()
        over.set()
        return left

    return of(main)


def test_cancelling_run_async_stops_the_run(new_threads: Threads) -> None:
    assert left_by_cancelling(new_threads, when=lambda last: last and last[0] > 100_000) == []


def test_cancelling_run_async_while_it_begins_stops_the_run(new_threads: Threads) -> None:
    assert left_by_cancelling(new_threads, when=lambda _: new_threads()) == []


def test_several_runs_go_on_side_by_side() -> None:
    async def main() -> list[rs.Report]:
        return await asyncio.gather(*(rs.run_async(rs.from_iterable([1] * n).to(nothing, name="p")) for n in (1, 2, 3)))

    assert [report["p"].emitted for report in of(main)] == [1, 2, 3]


# The shutdown budget


async def hang(_item: Any) -> None:
    async with rs.real_time():
        await asyncio.Event().wait()


class Hanging:
    """A sink that never confirms."""

    async def open(self) -> None:
        pass

    async def write(self, batch: Any) -> None:
        await hang(batch)

    async def close(self) -> None:
        pass


def stopped_with(sink: Any) -> rs.Report:
    async def main() -> rs.Report:
        pipeline = rs.from_iterable(ENDLESS).to(sink, name="p")
        async with rs.running(pipeline, shutdown=0.05) as run:
            await until(lambda: run.report["p"].received)
            return await run.stop()

    return of(main)


@pytest.mark.parametrize("sink", [hang, Hanging()], ids=["function", "sink"])
def test_a_sink_that_hangs_is_given_the_shutdown_budget_and_no_more(sink: Any) -> None:
    report = stopped_with(sink)

    assert (report.reason, report["p"].emitted, report.unsettled) == ("stopped", 0, report["p"].received)


def test_a_shutdown_budget_that_ran_out_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "rxstream"):
        report = stopped_with(hang)

    assert caplog.messages[0].startswith(
        f"the shutdown budget of 0.05 s is over with {report.unsettled} records unsettled"
    )


def test_a_handler_that_hangs_is_given_the_shutdown_budget_and_no_more() -> None:
    async def handle(event: rs.Event[Any], _error: BaseException) -> None:
        await hang(event)

    async def main() -> rs.Report:
        pipeline = (
            rs.from_iterable(ENDLESS).pipe(ops.filter(lambda item: item / 0)).to(nothing, on_error=handle, name="p")
        )
        async with rs.running(pipeline, shutdown=0.05) as run:
            await until(lambda: run.report["p"].received)
            return await run.stop()

    assert of(main).unsettled > 0
