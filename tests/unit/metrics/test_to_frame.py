"""Items as data frames of pandas and of Polars."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

import pytest

import rxstream as rs
from rxstream import operators as ops

both = pytest.mark.parametrize("kind", ["pandas", "polars"])
NOON = datetime(2013, 5, 4, 12, tzinfo=UTC)
IN_TOKYO = NOON.astimezone(timezone(timedelta(hours=9)))


@dataclass
class Ride:
    city: str
    km: int


class Place(NamedTuple):
    x: int
    y: int


def table(items: Any, kind: str) -> dict[str, list[Any]]:
    """A frame's columns as lists, nulls as None."""
    frame = rs.to_frame(items, kind=kind)
    if kind == "polars":
        return dict(frame.to_dict(as_series=False))
    return {name: [_plain(cell) for cell in frame[name].astype(object)] for name in frame.columns}


def _plain(cell: Any) -> Any:
    if str(cell) in {"<NA>", "NaT", "nan", "None"}:
        return None
    return cell.to_pydatetime() if hasattr(cell, "to_pydatetime") else cell


# Items


@both
@pytest.mark.parametrize(
    "items",
    [
        lambda: [{"city": "Oslo", "km": 12}, {"city": "Rome", "km": 7}],
        lambda: [Ride("Oslo", 12), Ride("Rome", 7)],
        lambda: (Ride(city, km) for city, km in [("Oslo", 12), ("Rome", 7)]),
        lambda: rs.from_iterable([Ride("Oslo", 12), Ride("Rome", 7)]),
    ],
    ids=["dicts", "dataclasses", "a generator", "a stream"],
)
def test_what_has_fields_has_a_column_for_each(items: Callable[[], Any], kind: str) -> None:
    assert table(items(), kind) == {"city": ["Oslo", "Rome"], "km": [12, 7]}


@both
def test_named_tuples_have_fields_and_others_have_not(kind: str) -> None:
    assert table([Place(1, 2)], kind) == {"x": [1], "y": [2]}
    assert list(table([(1, 2)], kind)) == ["value"]


@both
def test_plain_values_are_a_column_of_values(kind: str) -> None:
    assert table(rs.from_iterable([1.5, 2.5]), kind) == {"value": [1.5, 2.5]}


@both
def test_what_an_item_has_not_is_null(kind: str) -> None:
    assert table([{"a": 1}, {"b": "x"}], kind) == {"a": [1, None], "b": [None, "x"]}


@both
def test_missing_is_null(kind: str) -> None:
    assert table([rs.MISSING, "x", None], kind) == {"value": [None, "x", None]}


@both
@pytest.mark.parametrize("items", [[], rs.from_iterable([])], ids=["a list", "a stream"])
def test_of_nothing_comes_an_empty_frame(items: Any, kind: str) -> None:
    assert rs.to_frame(items, kind=kind).shape == (0, 0)


@both
def test_reports_are_rows_as_well(kind: str) -> None:
    report = rs.run(rs.from_iterable([1, 2]).to(rs.to_list(), name="numbers"))
    made = table(report.pipelines, kind)

    assert (made["name"], made["received"], made["committed"]) == (["numbers"], [2], [0])


# Panes, pairs, Events


@both
def test_a_pane_has_its_window_around_the_columns_of_its_value(kind: str) -> None:
    rides = rs.from_history([(0, 3), (5, 4)], unit="s", key=lambda _: "a")
    totals = rides.pipe(ops.window(rs.tumbling(10), into={"n": rs.agg.count(), "km": rs.agg.sum()}))
    start = datetime(1970, 1, 1, tzinfo=UTC)

    assert list(table(totals, kind).items()) == [
        ("key", ["a"]),
        ("start", [start]),
        ("end", [start + timedelta(seconds=10)]),
        ("n", [2]),
        ("km", [7]),
        ("revision", [0]),
        ("final", [True]),
    ]


@both
def test_a_field_called_as_one_of_the_panes_own_has_another_name(kind: str) -> None:
    made = table([rs.Pane("a", NOON, NOON, {"key": 1, "end": 2}, 0, True)], kind)

    assert (made["key"], made["value_key"], made["end"], made["value_end"]) == (["a"], [1], [NOON], [2])


@both
def test_a_pair_has_the_fields_of_both_sides(kind: str) -> None:
    items = [rs.Joined("a", {"km": 1}, 5), rs.Joined("b", rs.MISSING, 6), rs.Joined("c", Ride("Rome", 2), rs.MISSING)]

    assert list(table(items, kind).items()) == [
        ("key", ["a", "b", "c"]),
        ("left_km", [1, None, 2]),
        ("left_city", [None, None, "Rome"]),
        ("right", [5, 6, None]),
    ]


@both
def test_a_side_that_is_missing_everywhere_has_a_column(kind: str) -> None:
    assert table([rs.Joined("a", 1, rs.MISSING)], kind) == {"key": ["a"], "left": [1], "right": [None]}


@both
def test_a_pair_of_pairs_has_the_fields_of_all(kind: str) -> None:
    made = table([rs.Joined("a", rs.Joined("a", 1, 2), 3)], kind)

    assert made == {"key": ["a"], "left_key": ["a"], "left_left": [1], "left_right": [2], "right": [3]}


@both
def test_an_event_has_its_key_and_timestamp_behind_its_value(kind: str) -> None:
    events = [rs.Event({"km": 1, "key": "own"}, key="a", timestamp=NOON), rs.Event({"km": 2})]

    assert list(table(events, kind).items()) == [
        ("km", [1, 2]),
        ("value_key", ["own", None]),
        ("key", ["a", None]),
        ("timestamp", [NOON, None]),
    ]


@both
def test_an_event_of_a_pane_has_its_key_once(kind: str) -> None:
    made = table([rs.Event(rs.Pane("a", NOON, NOON, 1, 0, True), key="a", timestamp=NOON)], kind)

    assert list(made) == ["key", "start", "end", "value", "revision", "final", "timestamp"]


# Types


@both
def test_instants_are_in_utc_whatever_their_zone_was(kind: str) -> None:
    frame = rs.to_frame([{"at": IN_TOKYO}, {"at": None}, {"at": NOON + timedelta(microseconds=1)}], kind=kind)

    assert "UTC" in str(frame["at"].dtype)
    assert table(frame_rows(frame, kind), kind)["at"] == [NOON, None, NOON + timedelta(microseconds=1)]


def frame_rows(frame: Any, kind: str) -> list[Mapping[str, Any]]:
    """The rows of a frame, to be made one again."""
    rows: list[Mapping[str, Any]] = frame.to_dicts() if kind == "polars" else frame.to_dict("records")
    return [{name: _plain(cell) for name, cell in row.items()} for row in rows]


@both
def test_whole_numbers_beside_a_null_stay_whole(kind: str) -> None:
    large = 2**53 + 1

    assert table([large, None], kind) == {"value": [large, None]}


@both
@pytest.mark.parametrize(
    "cells",
    [
        [1, "a"],
        [2**70, None, 1],
        [True, 2],
        [{"a": 1}, {"b": 2}],
        [[1], ["a"], []],
        [NOON, NOON.replace(tzinfo=None)],
        [b"x", "x"],
    ],
    ids=["text", "large", "truth", "dicts", "lists", "zones", "bytes"],
)
def test_what_has_no_common_type_stays_as_it_is(cells: list[Any], kind: str) -> None:
    frame = rs.to_frame([{"cell": cell} for cell in cells], kind=kind)

    assert frame["cell"].to_list() == cells


# Arguments


@pytest.mark.parametrize("items", ["text", {"a": 1}, 5])
def test_what_is_no_list_of_items_is_refused(items: Any) -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.to_frame(items)

    assert str(caught.value) == (
        f"to_frame: items must be a stream or a list of items; got {items!r}. For a single one write [item]."
    )


def test_a_misspelt_kind_is_refused() -> None:
    with pytest.raises(rs.ConfigurationError) as caught:
        rs.to_frame([], kind="panda")

    assert str(caught.value) == (
        "to_frame: kind must be one of 'pandas', 'polars'; got 'panda'. Did you mean 'pandas'?"
    )


# Without extras


def without(*missing: str, kind: str | None = None) -> str:
    """What is said where some libraries are not installed."""
    # A name that is None among the modules is one that cannot be imported.
    script = (
        f"import sys; sys.modules.update(dict.fromkeys({missing!r})); import rxstream as rs\n"
        f"tell = rs.from_iterable([1]).pipe(rs.operators.observe(lambda _: print('ran')))\n"
        f"try: print(type(rs.to_frame(tell, kind={kind!r})).__module__)\n"
        "except rs.MissingExtraError as error: print(error)"
    )
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.mark.parametrize(
    ("missing", "kind", "needed", "extra"),
    [
        (("pandas", "polars"), None, "pandas or polars, neither of which is", "frames"),
        (("pandas",), "pandas", "pandas, which is not", "frames"),
        (("polars",), "polars", "polars, which is not", "polars"),
    ],
)
def test_where_the_library_is_missing_the_sentence_says_how_to_get_it(
    missing: tuple[str, ...], kind: str | None, needed: str, extra: str
) -> None:
    told = f"to_frame: needs {needed} installed. Run: pip install 'rxstream[{extra}]'\n"

    assert without(*missing, kind=kind) == told


def test_without_pandas_it_is_a_frame_of_polars() -> None:
    assert without("pandas").startswith("ran\npolars.")


def test_importing_rxstream_imports_neither() -> None:
    script = "import sys, rxstream; rxstream.to_frame; print({'pandas', 'polars', 'IPython'} & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ran.stdout == "set()\n"
