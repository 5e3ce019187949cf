"""Copy a topic with bytewax; positions are kept in its recovery store, once a second."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bytewax import operators as op
from bytewax.connectors.kafka import KafkaSinkMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import run_main

from tests.benchmarks._copy import Copy

_EPOCH = timedelta(seconds=1)


def copy(job: Copy) -> None:
    """Copy until all records are through."""

    def changed(message: Any) -> KafkaSinkMessage[Any, Any]:
        return KafkaSinkMessage(message.key, job.change(message.value), headers=message.headers)

    flow = Dataflow("copy")
    read = kop.input("in", flow, brokers=[job.bootstrap], topics=[job.source], tail=False)
    made = op.map("change", read.oks, changed)
    kop.output("out", made, brokers=[job.bootstrap], topic=job.output)
    with TemporaryDirectory() as store:
        # Bytewax has not said what either takes.
        init_db_dir(Path(store), 1)  # type: ignore[no-untyped-call] # see above
        run_main(flow, epoch_interval=_EPOCH, recovery_config=RecoveryConfig(store))  # type: ignore[no-untyped-call] # too
