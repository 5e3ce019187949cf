"""The command line: its help, its exit codes, and its errors of one line."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import rxstream as rs
from rxstream.cli import main

#: One name for each form that ``rxstream run`` takes, and for each way to be wrong.
_MODULE = """
import rxstream as rs
from rxstream import operators as ops

def printed(*items, name=None):
    return rs.from_iterable(list(items)).to(rs.to_console(), name=name)

one = printed("a", name="one")
several = [printed("a", name="one"), printed("b", name="two")]
pair = tuple(several)

def makes_one():
    return one

def makes_several():
    return several

stream = rs.from_iterable([1])
number = 5
empty = []
fails = rs.from_iterable([0]).pipe(ops.map(lambda number: 1 / number)).to(rs.to_console())
no_file = rs.from_file("nowhere.csv").to(rs.to_console())

def refuses():
    return rs.from_file("rides.doc")

def long_story():
    raise OSError("first line\\nsecond line")
"""

_NAMES = iter(range(1_000))


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module in the present folder, with a name that no other test has imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    name = f"pipelines_{next(_NAMES)}"
    Path(f"{name}.py").write_text(_MODULE)
    return name


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def rxstream(capsys: pytest.CaptureFixture[str]) -> Run:
    """Call the command; gives its exit code and what it wrote to its output and its error output."""

    def call(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(arguments)
        except SystemExit as ended:
            code = int(ended.code or 0)
        return (code, *capsys.readouterr())

    return call


# run


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("one", ["a"]),
        ("several", ["a", "b"]),
        ("pair", ["a", "b"]),
        ("makes_one", ["a"]),
        ("makes_several", ["a", "b"]),
    ],
)
def test_run_takes_a_pipeline_several_or_a_function(rxstream: Run, module: str, name: str, lines: list[str]) -> None:
    code, out, err = rxstream("run", f"{module}:{name}")

    assert (code, out.splitlines()[: len(lines)], err) == (0, lines, "")


def test_run_prints_the_report(rxstream: Run, module: str) -> None:
    _, out, _ = rxstream("run", f"{module}:one")

    assert out.splitlines()[1:3] == ["pipeline  received  emitted", "one              1        1"]


def test_run_finds_a_module_within_a_package(rxstream: Run, module: str) -> None:
    package = Path(f"package_{module}")
    package.mkdir()
    Path(f"{module}.py").rename(package / "inner.py")

    assert rxstream("run", f"{package}.inner:one")[0] == 0


# Exit codes and errors of one line


def test_a_pipeline_that_fails_is_one_line_and_exit_code_1(rxstream: Run, module: str) -> None:
    assert rxstream("run", f"{module}:fails") == (1, "", "rxstream: ZeroDivisionError: division by zero\n")


def test_a_file_that_is_missing_is_one_line_and_exit_code_1(rxstream: Run, module: str) -> None:
    line = (
        "rxstream: from_file: the file must be there and readable; 'nowhere.csv': No such file or directory. "
        "Check the path.\n"
    )

    assert rxstream("run", f"{module}:no_file") == (1, "", line)


def test_an_error_of_several_lines_becomes_one(rxstream: Run, module: str) -> None:
    assert rxstream("run", f"{module}:long_story") == (1, "", "rxstream: OSError: first line second line\n")


def test_wrong_arguments_in_a_module_are_exit_code_2(rxstream: Run, module: str) -> None:
    code, _, err = rxstream("run", f"{module}:refuses")

    assert (code, err.count("\n"), err.startswith("rxstream: from_file: the name must say the format;")) == (2, 1, True)


@pytest.mark.parametrize("target", ["billing", "billing:", ":orders", ":", ""])
def test_a_target_that_is_none_is_exit_code_2(rxstream: Run, target: str) -> None:
    line = f"rxstream: run: the target must be module:object; got {target!r}. For instance billing:orders.\n"

    assert rxstream("run", target) == (2, "", line)


@pytest.mark.usefixtures("module")
def test_a_module_that_is_not_there_is_exit_code_2(rxstream: Run) -> None:
    line = "rxstream: run: there must be a module 'not_there'; none was found. Check the name.\n"

    assert rxstream("run", "not_there:orders") == (2, "", line)


def test_a_missing_submodule_is_exit_code_2(rxstream: Run, module: str) -> None:
    code, _, err = rxstream("run", f"{module}.inner:orders")

    assert (code, err) == (
        2,
        f"rxstream: run: there must be a module '{module}.inner'; none was found. Check the name.\n",
    )


def test_an_object_that_is_not_there_is_exit_code_2_naming_the_nearest(rxstream: Run, module: str) -> None:
    line = f"rxstream: run: {module} must have 'sevral', and has not. Did you mean 'several'?\n"

    assert rxstream("run", f"{module}:sevral") == (2, "", line)


@pytest.mark.parametrize(("name", "shown"), [("number", "5"), ("stream", "Stream(from_iterable)")])
def test_an_object_that_is_no_pipeline_is_exit_code_2(rxstream: Run, module: str, name: str, shown: str) -> None:
    line = (
        f"rxstream: run: {module}:{name} must be a Pipeline, a list of them, or a function returning either; "
        f"got {shown}. End its stream in a sink: stream.to(…).\n"
    )

    assert rxstream("run", f"{module}:{name}") == (2, "", line)


def test_an_empty_list_is_exit_code_2(rxstream: Run, module: str) -> None:
    code, _, err = rxstream("run", f"{module}:empty")

    assert (code, err) == (
        2,
        "rxstream: run: needs at least one pipeline; got none. End a stream in a sink: stream.to(…).\n",
    )


@pytest.mark.usefixtures("module")
def test_a_module_that_lacks_another_one_tells_which(rxstream: Run) -> None:
    # Its own name begins with that of what it lacks.
    Path("orders_today.py").write_text("import orders\n")
    code, _, err = rxstream("run", "orders_today:pipeline")

    assert (code, err) == (1, "rxstream: ModuleNotFoundError: No module named 'orders'\n")


def test_a_module_with_a_mistake_is_one_line_and_exit_code_1(rxstream: Run, module: str) -> None:
    Path(f"{module}.py").write_text("one = (\n")
    code, _, err = rxstream("run", f"{module}:one")

    assert (code, err.count("\n"), err.startswith("rxstream: SyntaxError: ")) == (1, 1, True)


@pytest.mark.parametrize("arguments", [[], ["rum"], ["run"], ["run", "a:b", "c:d"], ["demo", "--broker", "zeromq"]])
def test_wrong_use_is_exit_code_2_without_a_traceback(rxstream: Run, arguments: list[str]) -> None:
    code, out, err = rxstream(*arguments)

    assert (code, out, err.startswith("usage: rxstream"), "Traceback" in err) == (2, "", True, False)


_HANGING = """
import asyncio, os, signal
import rxstream as rs

async def hang(item):
    os.kill(os.getpid(), signal.SIGINT)
    async with rs.real_time():
        await asyncio.Event().wait()

stuck = rs.from_iterable([1, 2]).to(hang)
"""


def test_a_shutdown_budget_that_ran_out_is_exit_code_1_saying_how_many_records_are_unsettled(
    module: str, monkeypatch: pytest.MonkeyPatch, rxstream: Run
) -> None:
    Path(f"{module}.py").write_text(_HANGING)
    from rxstream.cli import _run

    monkeypatch.setattr(_run, "run", lambda *pipelines, **_: rs.run(*pipelines, shutdown=0.05))
    code, _, err = rxstream("run", f"{module}:stuck")

    assert (code, err) == (1, "rxstream: the shutdown budget ran out; 2 records are unsettled\n")


# --debug


@pytest.mark.parametrize("before", [True, False])
def test_debug_shows_the_traceback_before_and_behind_the_command(module: str, before: bool) -> None:
    words = ["--debug", "run", f"{module}:fails"] if before else ["run", "--debug", f"{module}:fails"]
    command = [sys.executable, "-m", "rxstream", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert (done.returncode, done.stderr.startswith("Traceback")) == (1, True)
    assert "ZeroDivisionError: division by zero\n" in done.stderr


def test_debug_at_the_very_end_counts_too(rxstream: Run, module: str) -> None:
    with pytest.raises(ZeroDivisionError):
        rxstream("run", f"{module}:fails", "--debug")


def test_debug_leaves_a_run_that_succeeds_as_it_is(rxstream: Run, module: str) -> None:
    assert rxstream("--debug", "run", f"{module}:one")[0] == 0


def test_without_debug_nothing_but_one_line_is_written(module: str) -> None:
    command = [sys.executable, "-m", "rxstream", "run", f"{module}:fails"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (1, "", "rxstream: ZeroDivisionError: division by zero\n")


# --help


@pytest.mark.parametrize(
    "example",
    [
        "rxstream demo --broker kafka",
        "rxstream run billing.pipelines:orders",
        "rxstream graph billing.pipelines:orders -o orders.svg",
        "rxstream doctor",
        "exit codes:\n  0 ",
        "--debug",
        "--version",
    ],
)
def test_help_names_every_command_with_an_example(rxstream: Run, example: str) -> None:
    code, out, _ = rxstream("--help")

    assert (code, example in out) == (0, True)


def test_help_fits_into_a_terminal_of_80_columns(rxstream: Run) -> None:
    assert max(map(len, rxstream("--help")[1].splitlines())) <= 80


@pytest.mark.parametrize(
    ("command", "example"),
    [
        ("demo", "Example: rxstream demo --out results"),
        ("run", "Example: rxstream run billing.pipelines:orders"),
        ("graph", "Example: rxstream graph billing.pipelines:orders -o orders.svg"),
        ("doctor", "Example: rxstream doctor localhost:9092 amqp://guest:guest@localhost:5672/"),
    ],
)
def test_each_commands_help_has_an_example(rxstream: Run, command: str, example: str) -> None:
    code, out, _ = rxstream(command, "--help")

    assert (code, example in " ".join(out.split())) == (0, True)


def test_the_version_is_told(rxstream: Run) -> None:
    assert rxstream("--version") == (0, f"rxstream {rs.__version__}\n", "")
