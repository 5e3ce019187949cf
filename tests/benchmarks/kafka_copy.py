"""Measure copying a Kafka topic, at least once, beside what is written with aiokafka by hand."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Iterator, Sequence

from tests.benchmarks._copy import Copy
from tests.benchmarks._harness import Contender, Figure, Speed, Unit, Work, timed_with_cpu
from tests.benchmarks._topics import check, create_input, create_output
from tests.brokers.kafka import Kafka

_RECORDS = 200_000
_USUAL = "aiokafka, usual"
_PIPELINED = "aiokafka, pipelined"
_RXSTREAM = "rxstream"
_MERGED = "rxstream, merged by time"
_PER_RECORD = Unit("µs a record", 1e-6 * _RECORDS)
_TARGETS = {_RXSTREAM: [Speed(2.0, of=_USUAL), Speed(0.5, of=_PIPELINED)]}


def works() -> Iterator[Work]:
    """Yield copying a topic on a broker of its own."""
    # A topic's first moments and a group's are noisy; what goes wrong for good is raised.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with Kafka() as broker:
        source = create_input(broker.bootstrap, records=_RECORDS)

        def contender(name: str, copy: Callable[[Copy], None]) -> Contender:
            return Contender(name, lambda: _measure(copy, bootstrap=broker.bootstrap, source=source))

        yield Work(
            name="Kafka → map → Kafka, 200 000 records of 100 B",
            contenders=[
                contender(_USUAL, by_usual),
                contender(_PIPELINED, by_pipelined),
                contender(_RXSTREAM, by_rxstream),
                contender(_MERGED, by_rxstream_merged),
            ],
            figures=[Figure("time", _PER_RECORD, targets=_TARGETS), Figure("the client's CPU time", _PER_RECORD)],
        )


def by_usual(job: Copy) -> None:
    """Copy as people write it with aiokafka."""
    from tests.benchmarks import _copy_usual

    asyncio.run(_copy_usual.copy(job))


def by_pipelined(job: Copy) -> None:
    """Copy with the fastest program we could write with aiokafka."""
    from tests.benchmarks import _copy_pipelined

    asyncio.run(_copy_pipelined.copy(job))


def by_rxstream(job: Copy) -> None:
    """Copy with a pipeline that reads as records come, like the programs it is measured beside."""
    import rxstream as rs
    from rxstream import operators as ops

    records = rs.from_kafka(job.source, bootstrap_servers=job.bootstrap, group_id=job.group)
    copied = records.pipe(ops.map(job.change), ops.take(job.records))
    rs.run(copied.to(rs.to_kafka(job.output, bootstrap_servers=job.bootstrap)))


def by_rxstream_merged(job: Copy) -> None:
    """Copy with a pipeline that reads up to the end in the order of time, which the others do not."""
    import rxstream as rs
    from rxstream import operators as ops

    records = rs.from_kafka(job.source, bootstrap_servers=job.bootstrap, group_id=job.group, stop="end")
    rs.run(records.pipe(ops.map(job.change)).to(rs.to_kafka(job.output, bootstrap_servers=job.bootstrap)))


def _change(value: bytes) -> bytes:
    return value.upper()


def _measure(copy: Callable[[Copy], None], *, bootstrap: str, source: str) -> Sequence[float]:
    """Time everything from making the clients to having closed them: some 20 ms more than the copying."""
    job = Copy(
        bootstrap=bootstrap,
        source=source,
        output=create_output(bootstrap),
        group=uuid.uuid4().hex,
        records=_RECORDS,
        change=_change,
    )
    taken = timed_with_cpu(lambda: copy(job))()
    check(job, lambda record: record.value.startswith(b"VALUE"))
    return taken
