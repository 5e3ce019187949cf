"""The state of a run in a notebook's cell: a table that is replaced in place."""

from __future__ import annotations

import uuid
from html import escape
from typing import Any

from rxstream.runtime._numbers import spaced
from rxstream.runtime._progress_state import State
from rxstream.runtime._progress_text import said_of_run, sentence_of


class Cell:
    """An output of a notebook's cell.

    Args:
        shell: The kernel's.
    """

    def __init__(self, shell: Any) -> None:
        self._publish = shell.display_pub.publish
        self._id = f"rxstream-{uuid.uuid4().hex}"
        self._is_there = False

    def show(self, state: State) -> None:
        """Show the state in the place of the one before."""
        text = "\n".join(sentence_of(state, entry) for entry in state.report.pipelines)
        shown = {"text/html": html_of(state), "text/plain": text}
        self._publish(shown, {}, transient={"display_id": self._id}, update=self._is_there)
        self._is_there = True

    def close(self) -> None:
        """Nothing is left to be done."""


def html_of(state: State) -> str:
    """The state as a table, and a line below it."""
    report = state.report
    rates = {"per second": [spaced(rate) for rate in state.rates]}
    return report.as_html(more=rates, foot=escape(report.summary) if state.is_over else _running(state))


def _running(state: State) -> str:
    """What is said of a run that goes on, as HTML."""
    told = [] if state.share is None else [f'<progress max="1" value="{state.share:.3f}"></progress>']
    return " ".join([*told, escape(", ".join(part.text for part in said_of_run(state)))])
