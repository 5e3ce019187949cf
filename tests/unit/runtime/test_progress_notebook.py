"""A run that is watched in a notebook."""

import os
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_BEGIN = """
import asyncio, time
import rxstream as rs
from rxstream import operators as ops

def slow(item):
    time.sleep(0.1)
    return item

pipeline = rs.from_iterable(range(8)).pipe(ops.map(slow)).to(rs.to_list(), name="<numbers>")
"""
_TABLE = (
    "<table><thead><tr><th>pipeline</th><th>received</th><th>emitted</th><th>per second</th></tr></thead>"
    "<tbody><tr><td>&lt;numbers&gt;</td><td>8</td><td>8</td><td>N</td></tr></tbody></table><p>completed after T s</p>"
)


class Notebook:
    """A notebook with a real kernel."""

    def __init__(self) -> None:
        import nbclient
        from nbformat import v4

        # Without type information: what makes notebooks.
        new: Any = v4
        seen: list[tuple[str, str]] = []

        class Client(nbclient.NotebookClient):
            def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
                if "text/html" in msg["content"].get("data", ()):
                    seen.append((msg["msg_type"], msg["content"]["data"]["text/html"]))
                return super().process_message(msg, cell, cell_index)

        self._new_cell = new.new_code_cell
        self.notebook = new.new_notebook()
        self.client = Client(self.notebook, kernel_name="python3", timeout=60)
        #: The kinds and the HTML of the messages that a cell has sent.
        self.seen = seen

    def run(self, code: str) -> list[Any]:
        """Run a cell, and return its outputs as they are at the end."""
        self.seen.clear()
        cell = self._new_cell(code)
        self.notebook.cells.append(cell)
        self.client.execute_cell(cell, len(self.notebook.cells) - 1)
        return list(cell.outputs)


@pytest.fixture(scope="module")
def notebook() -> Iterator[Notebook]:
    """One for all tests, as a kernel takes long to start."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the client of the kernel has to say of itself
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        made = Notebook()
        with made.client.setup_kernel():
            made.run(_BEGIN)
            yield made


pytestmark = pytest.mark.filterwarnings("ignore")  # what the client of the kernel has to say of itself


def without_figures(html: str) -> str:
    """HTML without what differs from run to run."""
    return re.sub(r"<td>\d+</td></tr></tbody>", "<td>N</td></tr></tbody>", re.sub(r"\d+\.\d s", "T s", html))


@pytest.mark.parametrize("code", ["report = rs.run(pipeline)", "report = await rs.run_async(pipeline)"])
def test_at_the_end_the_cell_has_one_table_with_the_last_state(notebook: Notebook, code: str) -> None:
    (output,) = notebook.run(code)

    assert without_figures(output["data"]["text/html"]) == _TABLE


def test_meanwhile_the_table_is_replaced(notebook: Notebook) -> None:
    notebook.run("report = rs.run(pipeline, progress=True)")

    assert [kind for kind, _ in notebook.seen][:2] == ["display_data", "update_display_data"]


def test_it_says_how_much_is_done(notebook: Notebook) -> None:
    notebook.run("report = rs.run(pipeline, progress=True)")

    assert any('<progress max="1" value="1.000"></progress> 100 %' in html for _, html in notebook.seen)


def test_an_error_leaves_the_last_state_above_it(notebook: Notebook) -> None:
    code = "failing = pipeline.stream.pipe(ops.map(lambda item: 1 // (7 - item))).to(rs.to_list())\n"
    table, error = notebook.run(code + "try:\n    rs.run(failing)\nexcept ZeroDivisionError:\n    print('failed')")

    assert "<p>error after " in table["data"]["text/html"]
    assert error["text"] == "failed\n"


def test_a_run_that_is_over_at_once_is_not_shown(notebook: Notebook) -> None:
    assert notebook.run("items = rs.collect(rs.from_iterable([1]))") == []


def test_who_does_not_want_to_see_it_does_not(notebook: Notebook) -> None:
    assert notebook.run("report = rs.run(pipeline, progress=False)") == []
