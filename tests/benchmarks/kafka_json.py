"""Measure adding a field to a Kafka topic of JSON, at least once, beside loops by hand and other libraries."""

import asyncio
import json
import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.benchmarks._copy import Copy
from tests.benchmarks._harness import Contender, Figure, Speed, Unit, Work, timed_with_cpu
from tests.benchmarks._topics import check, create_input, create_output
from tests.brokers.kafka import Kafka

_RECORDS = 200_000
#: Of what takes tens of microseconds a record.
_FEWER_RECORDS = 30_000
_USUAL = "aiokafka, usual"
_PIPELINED = "aiokafka, pipelined"
_RXSTREAM = "rxstream"
_PER_RECORD = Unit("µs a record", 1e-6)
_TARGETS = {_RXSTREAM: [Speed(2.0, of=_USUAL), Speed(0.75, of=_PIPELINED)]}

_read = json.JSONDecoder().decode
_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Reading = dict[str, Any]
#: Makes the copy that it is told to make, at least once.
DoCopy = Callable[[Copy], None]


def works() -> Iterator[Work]:
    """Yield adding a field on a broker of its own."""
    # A topic's first moments and a group's are noisy; what goes wrong for good is raised.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with Kafka() as broker:
        sources = {
            records: create_input(broker.bootstrap, records=records, value_of=_reading)
            for records in (_RECORDS, _FEWER_RECORDS)
        }

        def contender(name: str, copy: DoCopy, records: int = _RECORDS, *, in_group: bool = True) -> Contender:
            def measure() -> Sequence[float]:
                job = Copy(
                    bootstrap=broker.bootstrap,
                    source=sources[records],
                    output=create_output(broker.bootstrap),
                    group=uuid.uuid4().hex if in_group else None,
                    records=records,
                    change=_change,
                )
                return _measure(copy, job)

            return Contender(name, measure)

        yield Work(
            name="Kafka → JSON → one field more → JSON → Kafka, records of 100 B",
            contenders=[
                contender(_USUAL, by_usual, _FEWER_RECORDS),
                contender(_PIPELINED, by_pipelined),
                contender("confluent-kafka, pipelined", by_confluent),
                contender(_RXSTREAM, by_rxstream),
                contender("bytewax", by_bytewax, in_group=False),
                contender("Quix Streams", by_quix, _FEWER_RECORDS),
                contender("FastStream, batches", by_faststream, _FEWER_RECORDS),
            ],
            figures=[Figure("time", _PER_RECORD, targets=_TARGETS), Figure("the client's CPU time", _PER_RECORD)],
            rounds=5,
        )


def by_usual(job: Copy) -> None:
    """Copy as people write it with aiokafka."""
    from tests.benchmarks import _copy_usual

    asyncio.run(_copy_usual.copy(job))


def by_pipelined(job: Copy) -> None:
    """Copy with the fastest program we could write with aiokafka."""
    from tests.benchmarks import _copy_pipelined

    asyncio.run(_copy_pipelined.copy(job))


def by_confluent(job: Copy) -> None:
    """Copy with the other client, which is written in C."""
    from tests.benchmarks import _copy_confluent

    _copy_confluent.copy(job)


def by_rxstream(job: Copy) -> None:
    """Copy with a pipeline that reads as records come, like the programs it is measured beside."""
    import rxstream as rs
    from rxstream import operators as ops

    readings = rs.from_kafka(job.source, bootstrap_servers=job.bootstrap, group_id=job.group, codec="json")
    changed = readings.pipe(ops.map(_add_field), ops.take(job.records))
    rs.run(changed.to(rs.to_kafka(job.output, bootstrap_servers=job.bootstrap, codec="json")))


def by_bytewax(job: Copy) -> None:
    """Copy with a dataflow."""
    from tests.benchmarks import _copy_bytewax

    _copy_bytewax.copy(job)


def by_quix(job: Copy) -> None:
    """Copy with a dataframe."""
    from tests.benchmarks import _copy_quix

    _copy_quix.copy(job, _add_field)


def by_faststream(job: Copy) -> None:
    """Copy with a handler of batches."""
    from tests.benchmarks import _copy_faststream

    asyncio.run(_copy_faststream.copy(job, _add_field))


def _reading(number: int) -> bytes:
    reading = {"number": number, "site": "north hall", "celsius": number % 400 / 10, "unit": "C", "state": "in order"}
    return _write(reading | {"by": "sensor"}).encode()


def _add_field(reading: Reading) -> Reading:
    reading["fahrenheit"] = reading["celsius"] * 1.8 + 32
    return reading


def _change(value: bytes) -> bytes:
    return _write(_add_field(_read(value.decode()))).encode()


def _measure(copy: DoCopy, job: Copy) -> Sequence[float]:
    """Time everything from making the clients to having closed them."""
    taken = timed_with_cpu(lambda: copy(job))()
    check(job, lambda record: bool(record.key) and "fahrenheit" in json.loads(record.value))
    return [seconds / job.records for seconds in taken]
