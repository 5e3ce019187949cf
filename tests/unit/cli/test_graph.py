"""``rxstream graph``: pictures on the terminal and in files, and its errors of one line."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rxstream.cli import main

_MODULE = """
import rxstream as rs
from rxstream import operators as ops

one = rs.from_iterable([1, 2]).pipe(ops.map(str)).to(rs.to_list())

def several():
    raise_if_run = rs.from_kafka("orders", bootstrap_servers="nowhere:1")
    return [one, raise_if_run.to(print)]

number = 5
"""
_NAMES = iter(range(1_000))
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module in the present folder, with a name that no other test has imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    name = f"drawn_{next(_NAMES)}"
    Path(f"{name}.py").write_text(_MODULE)
    return name


@pytest.fixture
def rxstream(capsys: pytest.CaptureFixture[str]) -> Run:
    """Call the command; gives its exit code and what it wrote to its output and its error output."""
    return lambda *arguments: (main(arguments), *capsys.readouterr())


def test_a_pipeline_is_drawn_on_the_terminal(rxstream: Run, module: str) -> None:
    drawn = "○ from_iterable  1, 2\n● map            str\n■ to_list\n"

    assert rxstream("graph", f"{module}:one") == (0, drawn, "")


def test_several_pipelines_are_one_picture_and_nothing_is_run(rxstream: Run, module: str) -> None:
    code, out, _ = rxstream("graph", f"{module}:several")

    assert (code, out.count("○"), "orders" in out) == (0, 2, True)


@pytest.mark.parametrize(
    ("file", "begins"),
    [("out.svg", '<svg xmlns="http://www.w3.org/2000/svg"'), ("out.mmd", "flowchart TD\n"), ("out.txt", "○ from_")],
)
def test_a_files_name_says_what_is_written(rxstream: Run, module: str, file: str, begins: str) -> None:
    assert rxstream("graph", f"{module}:one", "-o", file) == (0, "", "")
    assert Path(file).read_text(encoding="utf-8").startswith(begins)


def test_a_file_that_cannot_be_written_is_named(rxstream: Run, module: str) -> None:
    line = (
        "rxstream: graph: the file must be one that can be written; got 'nowhere/out.svg': No such file or directory. "
        "Choose another one.\n"
    )

    assert rxstream("graph", f"{module}:one", "-o", "nowhere/out.svg") == (2, "", line)


def test_another_name_is_refused_before_anything_is_imported(rxstream: Run) -> None:
    line = "rxstream: graph: the file's name must end in .svg, .mmd or .txt; got 'out.sgv'. Did you mean '.svg'?\n"

    assert rxstream("graph", "not_there:one", "-o", "out.sgv") == (2, "", line)


def test_what_is_no_pipeline_is_refused(rxstream: Run, module: str) -> None:
    line = (
        f"rxstream: graph: {module}:number must be a Pipeline, a list of them, or a function returning either; got 5. "
        "End its stream in a sink: stream.to(…).\n"
    )

    assert rxstream("graph", f"{module}:number") == (2, "", line)


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["graph", "--help"])

    assert "Example: rxstream graph billing.pipelines:orders -o" in " ".join(capsys.readouterr().out.split())
