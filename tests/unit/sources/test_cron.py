"""Ticks at the times of a calendar, whatever its clocks do."""

import subprocess
import sys
import zoneinfo
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rxstream as rs
from rxstream import operators as ops
from tests.unit.conftest import Refusal

MINUTE = timedelta(minutes=1)
BERLIN = "Europe/Berlin"
LORD_HOWE = "Australia/Lord_Howe"


def nanoseconds(instant: datetime) -> int:
    return round(instant.timestamp()) * 1_000_000_000


def instants(expression: str, begin: datetime, tz: str | tzinfo = "UTC") -> Iterator[datetime]:
    """The ticks of a run that starts at ``begin``, in UTC: of local times that come twice, none equals an instant."""
    feed = rs.cron(expression, tz=tz).feed
    assert feed is not None
    assert feed.ticks is not None
    return (datetime.fromtimestamp(due / 1e9, UTC) for due in feed.ticks(nanoseconds(begin)))


def told(expression: str, begin: str, tz: str | tzinfo = "UTC", count: int = 3) -> list[str]:
    """The first ticks after a local time, each with its zone's offset."""
    zone = ZoneInfo(tz) if isinstance(tz, str) else tz
    found = instants(expression, datetime.fromisoformat(begin).replace(tzinfo=zone), tz)
    return [f"{instant.astimezone(zone):%d %H:%M%z}" for instant in islice(found, count)]


# What the fields say


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("* * * * *", ["01 12:01", "01 12:02", "01 12:03"]),
        ("*/20 * * * *", ["01 12:20", "01 12:40", "01 13:00"]),
        ("0 8 * * *", ["02 08:00", "03 08:00", "04 08:00"]),
        ("15,45 8-9 * * *", ["02 08:15", "02 08:45", "02 09:15"]),
        ("0 0 * * MON-FRI", ["02 00:00", "05 00:00", "06 00:00"]),
        ("0 0 * * mon", ["05 00:00", "12 00:00", "19 00:00"]),
        ("0 0 * * 0", ["04 00:00", "11 00:00", "18 00:00"]),
        ("0 0 * * 7", ["04 00:00", "11 00:00", "18 00:00"]),
        ("0 0 L * *", ["31 00:00", "28 00:00", "31 00:00"]),
        ("0 0 * * FRI#2", ["09 00:00", "13 00:00", "13 00:00"]),
        ("0 0 1 MAR,APR *", ["01 00:00", "01 00:00", "01 00:00"]),
    ],
)
def test_fields_say_when(expression: str, expected: list[str]) -> None:
    assert told(expression, "2026-01-01T12:00") == [f"{instant}+0000" for instant in expected]


def test_a_day_is_either_of_month_or_of_week_where_both_are_given() -> None:
    assert told("0 0 13 * FRI", "2026-02-12") == ["13 00:00+0000", "20 00:00+0000", "27 00:00+0000"]


def test_a_day_is_both_where_one_begins_with_a_star() -> None:
    assert told("0 0 */13 * FRI", "2026-02-12") == ["27 00:00+0000", "27 00:00+0000", "01 00:00+0000"]


def test_a_leap_day_is_waited_for() -> None:
    found = instants("0 0 29 2 *", datetime(2026, 1, 1, tzinfo=UTC))

    assert [instant.year for instant in islice(found, 3)] == [2028, 2032, 2036]


def test_a_run_that_starts_on_a_tick_begins_with_the_next() -> None:
    assert told("0 8 * * *", "2026-01-01T08:00", count=1) == ["02 08:00+0000"]


def test_a_run_that_starts_a_moment_before_a_tick_has_it() -> None:
    feed = rs.cron("0 8 * * *").feed
    assert feed is not None
    assert feed.ticks is not None
    due = nanoseconds(datetime(2026, 1, 1, 8, tzinfo=UTC))

    assert next(feed.ticks(due - 1)) == due


def test_it_never_ends() -> None:
    feed = rs.cron("0 8 * * *").feed
    assert feed is not None

    assert (feed.endless, feed.live) == (True, False)


def test_it_ends_with_the_calendar() -> None:
    found = instants("0 0 31 12 *", datetime(9990, 1, 1, tzinfo=UTC))

    assert [instant.year for instant in found] == list(range(9990, 9999))


# Zones


def test_the_time_is_utc_unless_a_zone_is_named() -> None:
    assert told("0 8 * * *", "2026-07-01", count=1) == ["01 08:00+0000"]


def test_a_zones_time_counts() -> None:
    assert told("0 8 * * *", "2026-07-01", BERLIN, count=1) == ["01 08:00+0200"]


def test_a_zone_may_be_an_object() -> None:
    assert told("0 8 * * *", "2026-07-01", timezone(timedelta(hours=-3)), count=1) == ["01 08:00-0300"]


def test_what_is_skipped_comes_right_after_the_gap() -> None:
    assert told("30 2 * * *", "2026-03-28T12:00", BERLIN) == ["29 03:00+0200", "30 02:30+0200", "31 02:30+0200"]


def test_what_is_skipped_together_comes_once() -> None:
    assert told("*/20 2,3 * * *", "2026-03-29", BERLIN) == ["29 03:00+0200", "29 03:20+0200", "29 03:40+0200"]


def test_what_is_skipped_by_half_an_hour_comes_right_after_the_gap() -> None:
    assert told("15 2 * * *", "2026-10-04", LORD_HOWE, count=2) == ["04 02:30+1100", "05 02:15+1100"]


def test_a_minute_that_is_any_does_not_make_the_hour_so() -> None:
    assert told("* 2 * * *", "2026-03-29", BERLIN, count=2) == ["29 03:00+0200", "30 02:00+0200"]


def test_on_a_day_that_is_skipped_it_comes_when_the_next_begins() -> None:
    found = told("0 12 * * *", "2011-12-29", "Pacific/Apia")

    assert found == ["29 12:00-1000", "31 00:00+1400", "31 12:00+1400"]


def test_what_comes_twice_counts_the_first_time() -> None:
    assert told("30 2 * * *", "2026-10-24T12:00", BERLIN, count=2) == ["25 02:30+0200", "26 02:30+0100"]


def test_a_run_that_starts_between_the_two_times_has_neither() -> None:
    second_time = datetime(2026, 10, 25, 2, 15, tzinfo=ZoneInfo(BERLIN), fold=1)

    assert next(instants("30 2 * * *", second_time, BERLIN)) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("hour", ["*", "*/1", "0-23/1"])
def test_with_a_star_or_a_step_what_comes_twice_counts_twice(hour: str) -> None:
    assert told(f"30 {hour} * * *", "2026-10-25T01:30", BERLIN) == ["25 02:30+0200", "25 02:30+0100", "25 03:30+0100"]


@pytest.mark.parametrize("hour", ["*", "*/1", "0-23/1"])
def test_with_a_star_or_a_step_what_is_skipped_does_not_come(hour: str) -> None:
    assert told(f"30 {hour} * * *", "2026-03-29T00:30", BERLIN) == ["29 01:30+0100", "29 03:30+0200", "29 04:30+0200"]


def test_times_that_come_twice_are_in_order() -> None:
    found = told("*/30 * * * *", "2026-10-25T02:00", BERLIN, count=4)

    assert found == ["25 02:30+0200", "25 02:00+0100", "25 02:30+0100", "25 03:00+0100"]


def test_a_run_that_starts_in_what_comes_twice_has_the_second_time() -> None:
    assert told("15 * * * *", "2026-10-25T02:45", BERLIN, count=2) == ["25 02:15+0100", "25 03:15+0100"]


def test_what_comes_twice_by_half_an_hour_counts_twice() -> None:
    assert told("45 * * * *", "2026-04-05T01:00", LORD_HOWE, count=3) == [
        "05 01:45+1100",
        "05 01:45+1030",
        "05 02:45+1030",
    ]


def test_what_comes_twice_before_midnight_counts_twice() -> None:
    assert told("30 * * * *", "2026-04-04T22:45", "America/Santiago") == [
        "04 23:30-0300",
        "04 23:30-0400",
        "05 00:30-0400",
    ]


def test_in_a_run_it_ticks_at_its_instants_and_counts() -> None:
    history = rs.from_history([(datetime(2026, 3, day, tzinfo=UTC), day) for day in (28, 31)])
    ticks = rs.to_list()
    rs.run(history.to(rs.to_list()), rs.cron("30 2 * * *", tz=BERLIN).pipe(ops.events()).to(ticks))

    assert ticks.items == [
        rs.Event(0, timestamp=datetime(2026, 3, 28, 1, 30, tzinfo=UTC)),
        rs.Event(1, timestamp=datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        rs.Event(2, timestamp=datetime(2026, 3, 30, 0, 30, tzinfo=UTC)),
    ]


# Against a calendar gone through minute by minute


@dataclass(frozen=True)
class Fields:
    """What an expression means, and how it is written."""

    minutes: frozenset[int]
    hours: frozenset[int]
    hour: str
    days: frozenset[int] | None
    weekdays: frozenset[int] | None

    @property
    def expression(self) -> str:
        days, weekdays = (listed(given) if given else "*" for given in (self.days, self.weekdays))
        return f"{listed(self.minutes)} {self.hour} {days} * {weekdays}"

    def mean(self, local: datetime) -> bool:
        if local.minute not in self.minutes or local.hour not in self.hours:
            return False
        said = [self.days and local.day in self.days, self.weekdays and local.isoweekday() % 7 in self.weekdays]
        return any(said) if self.days and self.weekdays else all(day is None or day for day in said)


def listed(numbers: frozenset[int]) -> str:
    return ",".join(map(str, sorted(numbers)))


def some(largest: int, *, least: int = 0, most: int = 4) -> st.SearchStrategy[frozenset[int]]:
    return st.frozensets(st.integers(least, largest), min_size=1, max_size=most)


def stepped(first: int, last: int, step: int) -> tuple[str, frozenset[int]]:
    written = f"*/{step}" if (first, last) == (0, 23) else f"{first}-{last}/{step}"
    return written, frozenset(range(first, last + 1, step))


HOURS = st.one_of(
    st.just(("*", frozenset(range(24)))),
    st.builds(stepped, st.integers(0, 3), st.integers(4, 23), st.integers(1, 4)),
    st.builds(stepped, st.just(0), st.just(23), st.integers(1, 4)),
    some(4).map(lambda hours: (listed(hours), hours)),
)
FIELDS = st.builds(
    lambda minutes, hour, days, weekdays: Fields(minutes, hour[1], hour[0], days, weekdays),
    some(59),
    HOURS,
    st.none() | some(31, least=1, most=20),
    st.none() | some(6),
)
#: Zones, and a day on which their clocks change.
CHANGES = [
    (BERLIN, datetime(2026, 3, 29)),
    (BERLIN, datetime(2026, 10, 25)),
    ("America/New_York", datetime(2026, 3, 8)),
    ("America/New_York", datetime(2026, 11, 1)),
    (LORD_HOWE, datetime(2026, 4, 5)),
    (LORD_HOWE, datetime(2026, 10, 4)),
    ("America/Santiago", datetime(2026, 4, 5)),
    ("America/Santiago", datetime(2026, 9, 6)),
    ("Pacific/Apia", datetime(2011, 12, 30)),
    ("UTC", datetime(2026, 1, 1)),
]


def minutes(begin: datetime, end: datetime) -> list[datetime]:
    return [begin + number * MINUTE for number in range((end - begin) // MINUTE)]


@cache
def local_times(begin: datetime, end: datetime, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """Every local time between two instants, in the order of these, each with its instant."""
    return [(minute.astimezone(zone).replace(tzinfo=None), minute) for minute in minutes(begin, end)]


def by_hand(fields: Fields, begin: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants between two, found by looking at every minute."""
    real = local_times(begin, end, zone)
    if set(fields.hour) & set("*/"):
        return [minute for local, minute in real if fields.mean(local)]
    first = dict(reversed(real))
    come = sorted(first)
    meant = [local for local in minutes(come[0], come[-1]) if fields.mean(local)]
    return sorted({first[come[bisect_left(come, local)]] for local in meant})


@given(fields=FIELDS, change=st.sampled_from(CHANGES))
def test_ticks_are_those_found_by_looking_at_every_minute(fields: Fields, change: tuple[str, datetime]) -> None:
    zone, day = ZoneInfo(change[0]), change[1].replace(tzinfo=UTC)
    begin = day - timedelta(days=1)
    looked = by_hand(fields, begin - timedelta(days=1), day + timedelta(days=2), zone)
    expected = [due for due in looked if due > begin]

    found = instants(fields.expression, begin, change[0])

    assert list(islice(found, len(expected))) == expected


@given(change=st.sampled_from(CHANGES), minute=st.integers(0, 3 * 24 * 60))
def test_wherever_a_run_starts_it_has_the_ticks_behind(change: tuple[str, datetime], minute: int) -> None:
    day = change[1].replace(tzinfo=UTC) - timedelta(days=2)
    whole = instants("*/15 * * * *", day, change[0])
    begin = day + minute * MINUTE

    found = instants("*/15 * * * *", begin, change[0])

    assert next(found) == next(instant for instant in whole if instant > begin)


# Wrong arguments

_FIVE = "cron: expression must have five fields, minute hour day-of-month month day-of-week; got"
_ALSO = "also in lists, ranges (a-b) and steps (*/n); got"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("0 0 * *", f"{_FIVE} '0 0 * *'. Give all of them, for instance '30 8 * * MON-FRI'."),
        (5, f"{_FIVE} 5. Give all of them, for instance '30 8 * * MON-FRI'."),
        ("0 0 0 * * *", f"{_FIVE} '0 0 0 * * *'. Leave seconds and years out; for seconds there is rs.interval."),
        ("@daily", f"{_FIVE} '@daily'. Write '0 0 * * *'."),
        ("@reboot", f"{_FIVE} '@reboot'. Give all of them, for instance '30 8 * * MON-FRI'."),
        ("60 0 * * *", f"cron: minute must be * or 0-59, {_ALSO} '60' in '60 0 * * *'. Correct it."),
        ("0 8h * * *", f"cron: hour must be * or 0-23, {_ALSO} '8h' in '0 8h * * *'. Correct it."),
        ("0 0 32 * *", f"cron: day-of-month must be * or 1-31, L or LW, {_ALSO} '32' in '0 0 32 * *'. Correct it."),
        ("0 0 1 XII *", f"cron: month must be * or 1-12 or JAN-DEC, {_ALSO} 'XII' in '0 0 1 XII *'. Correct it."),
        (
            "0 0 * * MON-FRY",
            f"cron: day-of-week must be * or 0-7 or SUN-SAT, {_ALSO} 'MON-FRY' in '0 0 * * MON-FRY'. Correct it.",
        ),
        (
            "0 0 31 2 *",
            "cron: expression must name a day that comes; got '0 0 31 2 *', which has none in 50 years. "
            "Correct day or month.",
        ),
        (
            "0 0 */31 * MON#5",
            "cron: expression must name a day that comes; got '0 0 */31 * MON#5', which has none in 50 years. "
            "Correct day or month.",
        ),
    ],
)
def test_a_wrong_expression_is_refused_by_the_call(expression: Any, message: str, refusal: Refusal) -> None:
    assert refusal(lambda: rs.cron(expression)) == message


def test_a_number_too_long_to_be_one_is_refused_by_the_call(refusal: Refusal) -> None:
    number = "1" * 5_000

    assert refusal(lambda: rs.cron(f"{number} * * * *")) == (
        f"cron: minute must be * or 0-59, {_ALSO} '{number}' in '{number} * * * *'. Correct it."
    )


@pytest.mark.parametrize(
    ("tz", "message"),
    [
        ("Berlin", "cron: tz must be the name of a time zone; got 'Berlin'. Did you mean 'Europe/Berlin'?"),
        ("utc", "cron: tz must be the name of a time zone; got 'utc'. Did you mean 'UTC'?"),
        ("", "cron: tz must be the name of a time zone; got ''. Give one like 'Europe/Berlin'."),
        ("../etc", "cron: tz must be the name of a time zone; got '../etc'. Give one like 'Europe/Berlin'."),
        (2, "cron: tz must be a zone's name or a tzinfo; got 2. Give a name, for instance 'Europe/Berlin'."),
    ],
)
def test_a_zone_that_is_none_is_refused_by_the_call(tz: Any, message: str, refusal: Refusal) -> None:
    assert refusal(lambda: rs.cron("0 8 * * *", tz=tz)) == message


def test_where_no_zone_is_known_the_refusal_says_how_to_get_them(
    refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zoneinfo, "available_timezones", set)

    assert refusal(lambda: rs.cron("0 8 * * *", tz="Nowhere")) == (
        "cron: tz must be the name of a time zone; got 'Nowhere'. This machine knows none; run: pip install tzdata"
    )


# A name that is None among the modules is one that cannot be imported.
_WITHOUT = """
import sys
sys.modules["cronsim"] = None
import rxstream as rs
try:
    rs.cron("0 8 * * *")
except rs.MissingExtraError as error:
    print(isinstance(error, ImportError), error.name, error)
"""


def test_without_cronsim_the_sentence_says_how_to_get_it() -> None:
    done = subprocess.run([sys.executable, "-c", _WITHOUT], capture_output=True, text=True, timeout=30, check=True)

    assert done.stdout == (
        "True cronsim cron: needs cronsim, which is not installed. Run: pip install 'rxstream[cron]'\n"
    )
