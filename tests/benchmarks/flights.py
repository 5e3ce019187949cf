"""Measure the demo's pipeline beside a script that gives the same answer with a dict."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path

from tests.benchmarks._flights_file import flights_file
from tests.benchmarks._fresh import run_fresh
from tests.benchmarks._harness import AtMost, Contender, Figure, Speed, Unit, Work
from tests.reference.flights_by_hand import hourly_delays, write_lines

_PIPELINES = "rxstream.cli._flights"
_FILES = "rxstream.cli._flights_files"
_SCRIPT = "plain script"
_RXSTREAM = "rxstream"

Do = Callable[[Path, Path], float]


def works() -> Iterator[Work]:
    """Yield reading a year's flights and writing their delays."""
    source = flights_file()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)

        def by_rxstream_in_a_process() -> Sequence[float]:
            # Imported here as well, where it can be reported if it is missing.
            import_module(_PIPELINES)
            return _in_a_process(by_rxstream, source=source, out=out)

        yield Work(
            name="hourly delays of 336 776 flights",
            contenders=[
                Contender(_SCRIPT, lambda: _in_a_process(by_script, source=source, out=out)),
                Contender(_RXSTREAM, by_rxstream_in_a_process),
            ],
            figures=[
                Figure("time", Unit("s", 1), targets={_RXSTREAM: [Speed(0.5, of=_SCRIPT)]}),
                Figure("peak memory", Unit("MB", 1e6), targets={_RXSTREAM: [AtMost(150)]}),
            ],
        )


def by_script(source: Path, out: Path) -> float:
    """Do it with a dict; return the seconds."""
    begin = time.perf_counter()
    write_lines(hourly_delays(source), out / "script.jsonl")
    return time.perf_counter() - begin


def by_rxstream(source: Path, out: Path) -> float:
    """Do it with the pipeline of ``rxstream demo``; return the seconds."""
    rs, pipelines, files = (import_module(name) for name in ("rxstream", _PIPELINES, _FILES))
    letters = rs.handlers.dead_letter(rs.to_file(out / "dead_letters.jsonl"))
    begin = time.perf_counter()
    rs.run(pipelines.hourly_delays(files.flights_of(source)).to(rs.to_file(out / "delays.jsonl"), on_error=letters))
    return time.perf_counter() - begin


def _in_a_process(do: Do, *, source: Path, out: Path) -> Sequence[float]:
    # The benchmark's own memory is not the contender's.
    paths = "map(pathlib.Path, sys.argv[1:])"
    code = f"import pathlib, sys; from {__name__} import {do.__name__} as do; print(do(*{paths}))"
    return run_fresh(code, str(source), str(out))
