"""Time sixteen calls at once that each wait for one turn of the loop, beside sixteen workers written by hand."""

import asyncio
from collections.abc import Iterator

from tests.benchmarks._harness import Speed, Work
from tests.benchmarks._ways import Do, Hear, Way, beside

_NUMBERS = 200_000
_AT_ONCE = 16
_KEYS = 1_000
_WORKERS = "16 workers on one iterator"


def works() -> Iterator[Work]:
    """Yield map_async with a concurrency of sixteen."""
    target = [Speed(0.5, of=_WORKERS)]
    yield beside(
        "map_async(concurrency=16)",
        Way(_WORKERS, by_workers, _NUMBERS),
        Way('rxstream, order="input"', by_rxstream("input"), _NUMBERS, target),
        Way('rxstream, order="done"', by_rxstream("done"), _NUMBERS, target, sorted),
        Way('rxstream, key_by and order="key"', by_rxstream_by_key, _NUMBERS, read=sorted),
        Way("semaphore, and a task a number", by_tasks, _NUMBERS // 4, read=sorted),
        Way("reactivex, merge(max_concurrent=16)", by_reactivex, _NUMBERS // 80, read=sorted),
        Way("aiostream, in order", by_aiostream(ordered=True), _NUMBERS // 80),
        Way("aiostream, as done", by_aiostream(ordered=False), _NUMBERS // 80, read=sorted),
    )


async def _later(number: int, *_others: int) -> int:
    await asyncio.sleep(0)
    return number + 1


def by_workers(count: int, hear: Hear) -> None:
    """Let each take the next number when it is done with one."""
    numbers = iter(range(count))

    async def work() -> None:
        for number in numbers:
            hear(await _later(number))

    async def work_together() -> None:
        await asyncio.gather(*(work() for _ in range(_AT_ONCE)))

    asyncio.run(work_together())


def by_rxstream(order: str) -> Do:
    """Map, with results in an order."""

    def do(count: int, hear: Hear) -> None:
        import rxstream as rs
        from rxstream import operators as ops

        mapped = ops.map_async(_later, concurrency=_AT_ONCE, order=order)
        rs.run(rs.from_iterable(range(count)).pipe(mapped).to(hear))

    return do


def by_rxstream_by_key(count: int, hear: Hear) -> None:
    """Map each key's numbers one after the other."""
    import rxstream as rs
    from rxstream import operators as ops

    def key_of(number: int) -> int:
        return number % _KEYS

    mapped = ops.map_async(_later, concurrency=_AT_ONCE, order="key")
    rs.run(rs.from_iterable(range(count)).pipe(ops.key_by(key_of), mapped).to(hear))


def by_tasks(count: int, hear: Hear) -> None:
    """Start a task for each number, when there are fewer than sixteen."""

    async def work_together() -> None:
        places = asyncio.Semaphore(_AT_ONCE)

        async def work(number: int) -> None:
            hear(await _later(number))
            places.release()

        async with asyncio.TaskGroup() as tasks:
            for number in range(count):
                await places.acquire()
                tasks.create_task(work(number))

    asyncio.run(work_together())


def by_reactivex(count: int, hear: Hear) -> None:
    """Merge a future for each number, begun when it is subscribed."""
    import reactivex
    from reactivex import operators as ops

    def begun(number: int) -> reactivex.Observable[int]:
        return reactivex.defer(lambda _: reactivex.from_future(asyncio.ensure_future(_later(number))))

    async def listen() -> None:
        done = asyncio.get_running_loop().create_future()
        merged = reactivex.from_iterable(range(count)).pipe(ops.map(begun), ops.merge(max_concurrent=_AT_ONCE))
        merged.subscribe(hear, done.set_exception, lambda: done.set_result(None))
        await done

    asyncio.run(listen())


def by_aiostream(*, ordered: bool) -> Do:
    """Map, with results in order or as they are done."""

    def do(count: int, hear: Hear) -> None:
        from aiostream import stream

        from tests.benchmarks._aiostream_run import run_stream

        run_stream(stream.map(stream.iterate(range(count)), _later, ordered=ordered, task_limit=_AT_ONCE), hear)

    return do
