"""The Report: what a run did, in numbers, and the outcome: how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from rxstream.errors import ConfigurationError
from rxstream.runtime._numbers import spaced


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
        watermark: How far its event time has come: the smallest watermark of what it reads; None: nobody there goes by
            event time, or nothing has come.
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
    watermark: datetime | None = None

    @property
    def counts(self) -> dict[str, int]:
        """All numbers."""
        return {name: count for name, count in asdict(self).items() if name not in ("name", "watermark")}


#: So many pipelines are named in a Report's line; its table has them all.
_NAMED: Final = 3


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """What a run did; prints as a table, and in a prompt it is a line.

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

    def __repr__(self) -> str:
        head, *rows = self._rows()
        told = [f"{row[0]}: {_in_words(head[1:], row[1:])}" for row in rows[:_NAMED]]
        hidden = [f"{len(rows) - _NAMED} more"] if len(rows) > _NAMED else []
        return f"Report({'; '.join([self.summary, *told, *hidden])})"

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
        return "\n".join([*lines, self.summary])

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as what JSON knows: pipelines as a list of dicts, instants as ISO 8601 text in UTC.

        Example:
            >>> report = rs.run(rs.from_iterable([1, 2]).to(rs.to_list(), name="numbers"))
            >>> report.to_dict()["started"], report.to_dict()["pipelines"][0]["emitted"]
            ('1970-01-01T00:00:00+00:00', 2)
        """
        told = asdict(self)
        instants = {name: _text(getattr(self, name)) for name in ("started", "ended")}
        return {**told, "pipelines": [_as_text(one) for one in told["pipelines"]], **instants}

    def as_html(self, *, more: Mapping[str, Sequence[str]], foot: str) -> str:
        """Return the table as HTML.

        Args:
            more: Further columns by their heads, each with a cell a pipeline.
            foot: The line below it, as HTML.
        """
        import html  # only in a notebook

        head, *body = self._rows()
        table = [[*head, *more], *([*row, *cells] for row, *cells in zip(body, *more.values(), strict=True))]
        first, *others = [[html.escape(cell) for cell in row] for row in table]
        cells = "".join(f"<th>{cell}</th>" for cell in first)
        rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in others)
        return f"<table><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table><p>{foot}</p>"

    def _repr_html_(self) -> str:
        return self.as_html(more={}, foot=self.summary)

    def _rows(self) -> list[list[str]]:
        # A column of noughts says nothing: only what happened is shown, and always what came in and went out.
        always = {"name", "received", "emitted"}
        names = [
            field.name
            for field in fields(PipelineReport)
            if field.name in always or any(entry.counts.get(field.name) for entry in self.pipelines)
        ]
        head = ["pipeline" if name == "name" else name.replace("_", " ") for name in names]
        body = [[_shown(getattr(entry, name)) for name in names] for entry in self.pipelines]
        return [head, *body]

    @property
    def summary(self) -> str:
        """How it ended, and after how long, in a line."""
        parts = [f"{self.reason} after {self.wall:.1f} s"]
        if self.unsettled:
            parts.append(f"{spaced(self.unsettled)} records unsettled")
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


def _in_words(words: Sequence[str], counts: Sequence[str]) -> str:
    return ", ".join(f"{count} {word}" for word, count in zip(words, counts, strict=True))


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()


def _as_text(told: dict[str, Any]) -> dict[str, Any]:
    """A pipeline's entry for JSON; a watermark that there is not is left out."""
    watermark = told.pop("watermark")
    return {**told, "watermark": _text(watermark)} if watermark else told


def _shown(cell: object) -> str:
    return spaced(cell) if isinstance(cell, int) else str(cell)
