"""The Report: what a run did, in numbers, and the outcome: how it ended."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import NamedTuple

from rxstream.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class PipelineReport:
    """What one pipeline did.

    Args:
        name: The pipeline's.
        received: Records its sources handed over.
        emitted: Items its sinks confirmed.
        dropped: Items its operators let go.
        late: Items that came after their window had closed.
        failed: Items that reached the error handler for good.
        retried: Calls that were repeated.
        dead_lettered: Letters that were confirmed.
        committed: Source records that the source will not hand over again.
    """

    name: str
    received: int
    emitted: int
    dropped: int
    late: int
    failed: int
    retried: int
    dead_lettered: int
    committed: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did; prints as a table.

    Args:
        pipelines: One entry a pipeline; ``report["name"]`` finds one.
        started: The run's clock at its first instant.
        ended: The run's clock at its last.
        wall: Seconds it took.
        reason: Why it ended: ``"completed"``, ``"until"``, ``"stopped"`` or ``"error"``; ``"running"`` before.
        unsettled: Records that were still in flight when the shutdown budget was over.
    """

    pipelines: tuple[PipelineReport, ...]
    started: datetime
    ended: datetime
    wall: float
    reason: str
    unsettled: int = 0

    def __getitem__(self, name: str) -> PipelineReport:
        for entry in self.pipelines:
            if entry.name == name:
                return entry
        known = ", ".join(repr(entry.name) for entry in self.pipelines)
        raise ConfigurationError(f"Report: pipelines are {known}; got {name!r}. Give one of these names.")

    def __str__(self) -> str:
        rows = self._rows()
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = [
            "  ".join(
                cell.ljust(width) if not place else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        ]
        return "\n".join([*lines, self._summary()])

    def _repr_html_(self) -> str:
        import html  # only in a notebook

        head, *body = self._rows()
        cells = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
        rows = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in body)
        return (
            f"<table><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table><p>{html.escape(self._summary())}</p>"
        )

    def _rows(self) -> list[list[str]]:
        # A column of noughts says nothing: only what happened is shown, and always what came in and went out.
        always = {"name", "received", "emitted"}
        names = [
            field.name
            for field in fields(PipelineReport)
            if field.name in always or any(getattr(entry, field.name) for entry in self.pipelines)
        ]
        head = ["pipeline" if name == "name" else name.replace("_", " ") for name in names]
        body = [[_shown(getattr(entry, name)) for name in names] for entry in self.pipelines]
        return [head, *body]

    def _summary(self) -> str:
        parts = [f"{self.reason} after {self.wall:.1f} s"]
        if self.unsettled:
            parts.append(f"{self.unsettled:,} records unsettled".replace(",", " "))
        return ", ".join(parts)


class Outcome(NamedTuple):
    """How a run ended."""

    report: Report
    error: BaseException | None

    def result(self) -> Report:
        """Return the report, or raise what ended the run."""
        if self.error is not None:
            raise self.error
        return self.report


def _shown(cell: object) -> str:
    return f"{cell:,}".replace(",", " ") if isinstance(cell, int) else str(cell)
