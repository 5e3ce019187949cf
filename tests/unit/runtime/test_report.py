"""What a run says it did."""

import dataclasses
import json
from datetime import UTC, datetime

import pytest

import rxstream as rs
from rxstream import operators as ops
from rxstream.runtime import PipelineReport

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def counted(name: str, **counts: int) -> PipelineReport:
    fields = {field.name: 0 for field in dataclasses.fields(PipelineReport)}
    return PipelineReport(**{**fields, **counts, "name": name})  # type: ignore[arg-type]  # the name is the only text


def report(*pipelines: PipelineReport, unsettled: int = 0) -> rs.Report:
    return rs.Report(pipelines, EPOCH, EPOCH, 1.25, "completed", unsettled)


# Numbers


def test_it_counts_what_came_in_and_what_sinks_confirmed() -> None:
    entry = rs.run(rs.from_iterable([1, 2, 3]).to(rs.to_list(), name="p"))["p"]

    assert (entry.received, entry.emitted) == (3, 3)


def test_it_counts_what_operators_let_go() -> None:
    stream = rs.from_iterable([1, 2, 3]).pipe(ops.filter(lambda number: number > 2))
    entry = rs.run(stream.to(rs.to_list(), name="p"))["p"]

    assert (entry.dropped, entry.emitted) == (2, 1)


def test_it_counts_what_failed() -> None:
    stream = rs.from_iterable([1, 0, 0]).pipe(ops.map(lambda number: 1 / number))
    entry = rs.run(stream.to(rs.to_list(), on_error=rs.handlers.skip(), name="p"))["p"]

    assert (entry.received, entry.failed, entry.emitted) == (3, 2, 1)


def test_it_counts_what_came_late() -> None:
    history = rs.from_history([(1, "a"), (20, "b"), (2, "c")], unit="s", disorder=5)
    entry = rs.run(history.pipe(ops.window(rs.tumbling(10))).to(rs.to_list(), name="p"))["p"]

    assert (entry.late, entry.emitted) == (1, 2)


def test_it_counts_what_one_record_became() -> None:
    stream = rs.from_iterable([1, 2]).pipe(ops.flat_map(lambda number: [number] * 3))
    entry = rs.run(stream.to(rs.to_list(), name="p"))["p"]

    assert (entry.received, entry.emitted) == (2, 6)


def test_a_source_that_acknowledges_nothing_commits_nothing() -> None:
    assert rs.run(rs.from_iterable([1]).to(rs.to_list(), name="p"))["p"].committed == 0


def test_each_pipeline_has_numbers_of_its_own() -> None:
    stream = rs.from_iterable([1, 2, 3])
    made = rs.run(
        stream.to(rs.to_list(), name="all"),
        stream.pipe(ops.filter(lambda number: number > 2)).to(rs.to_list(), name="some"),
    )

    assert [(entry.name, entry.received, entry.emitted, entry.dropped) for entry in made.pipelines] == [
        ("all", 3, 3, 0),
        ("some", 3, 1, 2),
    ]


def test_a_merge_receives_what_all_its_sources_handed_over() -> None:
    stream = rs.from_iterable([1, 2]).pipe(ops.merge(rs.from_iterable([3])))

    assert rs.run(stream.to(rs.to_list(), name="p"))["p"].received == 3


def test_it_measures_the_wall_in_seconds() -> None:
    assert 0 < rs.run(rs.from_iterable([1]).to(rs.to_list())).wall < 5


def test_its_clock_is_the_runs() -> None:
    made = rs.run(rs.from_history([(5, "a"), (7, "b")], unit="s").to(rs.to_list()))

    assert (made.started.timestamp(), made.ended.timestamp()) == (5, 7)


def test_a_run_of_finite_sources_ends_as_completed() -> None:
    assert rs.run(rs.from_iterable([1]).to(rs.to_list())).reason == "completed"


# Names


def test_a_pipeline_without_a_name_is_called_by_its_place() -> None:
    made = rs.run(*(rs.from_iterable([1]).to(rs.to_list(), name=name) for name in (None, "mine", None)))

    assert [entry.name for entry in made.pipelines] == ["pipeline-1", "mine", "pipeline-3"]


def test_a_pipeline_without_a_name_is_not_given_anothers() -> None:
    made = rs.run(*(rs.from_iterable([1]).to(rs.to_list(), name=name) for name in (None, "pipeline-1")))

    assert len({entry.name for entry in made.pipelines}) == 2


def test_a_name_that_is_no_pipelines_is_refused() -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        report(counted("a"), counted("b"))["c"]

    assert str(caught.value) == "Report: pipelines are 'a', 'b'; got 'c'. Give one of these names."


# Shown


def test_it_prints_as_a_table_of_what_came_in_and_out() -> None:
    made = report(counted("orders", received=12_345, emitted=9), counted("p"))

    assert str(made).splitlines() == [
        "pipeline  received  emitted",
        "orders      12 345        9",
        "p                0        0",
        "completed after 1.2 s",
    ]


def test_it_prints_a_column_where_something_happened() -> None:
    made = report(counted("p", received=2, emitted=1, dead_lettered=1))

    assert str(made).splitlines()[:2] == [
        "pipeline  received  emitted  dead lettered",
        "p                2        1              1",
    ]


def test_it_says_how_many_records_are_unsettled() -> None:
    assert str(report(counted("p"), unsettled=1_200)).splitlines()[-1] == (
        "completed after 1.2 s, 1 200 records unsettled"
    )


def test_in_a_prompt_it_is_a_line() -> None:
    made = report(counted("orders", received=12_345, emitted=9, failed=2), counted("p"), unsettled=3)

    assert repr(made) == (
        "Report(completed after 1.2 s, 3 records unsettled; orders: 12 345 received, 9 emitted, 2 failed; "
        "p: 0 received, 0 emitted, 0 failed)"
    )


def test_in_a_prompt_three_pipelines_are_named_and_the_rest_counted() -> None:
    made = report(*(counted(name) for name in "abcde"))

    assert repr(made).endswith("c: 0 received, 0 emitted; 2 more)")


def test_a_notebook_shows_it_as_a_table() -> None:
    assert report(counted("p", received=2, emitted=1))._repr_html_() == (
        "<table><thead><tr><th>pipeline</th><th>received</th><th>emitted</th></tr></thead>"
        "<tbody><tr><td>p</td><td>2</td><td>1</td></tr></tbody></table><p>completed after 1.2 s</p>"
    )


def test_a_notebook_shows_a_name_as_text() -> None:
    assert "<td>&lt;b&gt;</td>" in report(counted("<b>"))._repr_html_()


# As data


def test_as_data_it_has_all_counts_and_instants_as_text() -> None:
    assert report(counted("p", received=2, late=1), unsettled=3).to_dict() == {
        "pipelines": [
            {
                "name": "p",
                "received": 2,
                "emitted": 0,
                "dropped": 0,
                "late": 1,
                "failed": 0,
                "retried": 0,
                "dead_lettered": 0,
                "committed": 0,
            }
        ],
        "started": "1970-01-01T00:00:00+00:00",
        "ended": "1970-01-01T00:00:00+00:00",
        "wall": 1.25,
        "reason": "completed",
        "unsettled": 3,
    }


def test_as_data_it_comes_through_json_unchanged() -> None:
    told = report(counted("p"), counted("q")).to_dict()

    assert json.loads(json.dumps(told)) == told


# Frozen


def test_it_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        report().reason = "other"  # type: ignore[misc]  # that is the point


def test_its_entries_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        counted("p").emitted = 5  # type: ignore[misc]  # that is the point
