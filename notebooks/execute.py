"""Run the notebooks, and keep in each what its cells show: `make notebooks`."""

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat

# Makes its list of fonts when it is imported first, and says so: not in a cell.
from matplotlib import font_manager  # noqa: F401
from nbclient import NotebookClient
from nbformat import NotebookNode

HERE = Path(__file__).parent
NOTEBOOKS = sorted(path.name for path in HERE.glob("*.ipynb"))
#: Needs a broker, whose address stands in the environment as KAFKA, and these topics.
ON_KAFKA = "04-kafka.ipynb"
TOPICS = ("notebook-rides", "notebook-busy", "notebook-letters")

#: How a chart is kept.
CHART = "image/png"

_SECONDS = 300
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
#: Errors only: it warns of its ports, which are on loopback and want a key.
_QUIET = ["--log-level=ERROR"]
#: How long a run took is each run's own.
_WALL = re.compile(r"(?<=after )\d+\.\d(?= s)")


def kept(name: str) -> NotebookNode:
    """A notebook as it is."""
    return nbformat.read(HERE / name, as_version=4)


def executed(name: str, **environment: str) -> NotebookNode:
    """Run a notebook in an empty folder; returns it with what it shows now.

    Args:
        name: The notebook, which stays as it is.
        environment: What its kernel is told.

    Raises:
        CellExecutionError: If a cell fails.
    """
    notebook = kept(name)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=_SECONDS,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": folder}},
            extra_arguments=_QUIET,
        )
        client.execute(env=os.environ | environment)
    return comparable(notebook)


def comparable(notebook: NotebookNode) -> NotebookNode:
    """Leave out what is different in each run."""
    notebook.metadata = {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = list(_joined(cell.outputs))
    # As it is when it is read from its file.
    return nbformat.reads(nbformat.writes(notebook), as_version=4)


def _joined(outputs: Iterable[NotebookNode]) -> Iterator[NotebookNode]:
    said = None
    for output in outputs:
        # A run that takes long displays how it goes on; kept are results, and charts.
        if output.output_type == "display_data" and CHART not in output.data:
            continue
        if (
            output.output_type == "stream"
            and said is not None
            and said.name == output.name
        ):
            said.text += output.text
            continue
        said = output if output.output_type == "stream" else None
        if output.output_type == "execute_result":
            output.data = {
                kind: _WALL.sub("0.0", shown) for kind, shown in output.data.items()
            }
        yield output


def main() -> None:
    """Run all of them, on a Kafka too if one can be had here."""
    sys.path.insert(0, str(HERE.parent))
    from tests.brokers.kafka import Kafka, create_topic
    from tests.brokers.unavailable import BrokerUnavailable

    for name in NOTEBOOKS:
        if name != ON_KAFKA:
            nbformat.write(executed(name), HERE / name)
    try:
        broker = Kafka()
    except BrokerUnavailable as missing:
        sys.stderr.write(f"{ON_KAFKA} stays as it is: {missing}\n")
        return
    with broker as kafka:
        for topic in TOPICS:
            create_topic(kafka.bootstrap, topic)
        nbformat.write(executed(ON_KAFKA, KAFKA=kafka.bootstrap), HERE / ON_KAFKA)


if __name__ == "__main__":
    main()
