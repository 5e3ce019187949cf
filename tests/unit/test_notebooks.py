"""The notebooks run from their tops, and show what they did when they were kept."""

import re
from copy import deepcopy
from itertools import chain

import pytest
from nbformat import NotebookNode

from notebooks.execute import CHART, NOTEBOOKS, ON_KAFKA, comparable, executed, kept

RENEW = "Run: make notebooks"
ALONE = [name for name in NOTEBOOKS if name != ON_KAFKA]


def shown(notebook: NotebookNode) -> list[NotebookNode]:
    """What each cell of code shows; of a chart only that it is one: its dots are those of one version of Matplotlib."""
    outputs = [deepcopy(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"]
    for output in chain.from_iterable(outputs):
        if CHART in output.get("data", {}):
            output.data[CHART] = "a chart"
    return outputs


@pytest.mark.parametrize("name", ALONE)
def test_a_notebook_shows_what_it_did_when_it_was_kept(name: str) -> None:
    assert shown(executed(name)) == shown(kept(name)), RENEW


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_kept_without_what_differs_between_runs(name: str) -> None:
    assert comparable(kept(name)) == kept(name), RENEW


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_was_kept_after_a_run_from_its_top(name: str) -> None:
    counts = [cell.execution_count for cell in kept(name).cells if cell.cell_type == "code"]

    assert counts == list(range(1, len(counts) + 1)), RENEW


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_shows_no_place_of_the_machine_it_ran_on(name: str) -> None:
    said = str(shown(kept(name)))

    assert not re.search(r"/(home|root|tmp|work|Users)/|127\.0\.0\.1|0x[0-9a-f]{6,}", said)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_small(name: str) -> None:
    assert len(str(kept(name))) < 60_000


def test_the_year_of_flights_has_a_chart() -> None:
    outputs = chain.from_iterable(shown(kept("03-a-year-of-flights.ipynb")))

    assert [output.data[CHART] for output in outputs if CHART in output.get("data", {})] == ["a chart"]
