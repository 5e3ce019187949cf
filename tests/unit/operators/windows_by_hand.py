"""Windows as one would make them by hand: slowly, and with nothing in common with the real ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

#: No watermark that a test comes by is behind it.
LONG = 2_000


class Record(NamedTuple):
    """One item; the instant is in milliseconds."""

    time: int
    key: object
    value: object


@dataclass(eq=False)
class Window:
    """A window that is open: its bounds, where they are given, and what has come, with the number of its arrival."""

    key: object
    bounds: tuple[int, int] | None
    members: list[tuple[int, Record]]
    revision: int = 0
    shown: list[tuple[int, Record]] = field(default_factory=list)

    @property
    def times(self) -> list[int]:
        return [record.time for _, record in self.members]


class Pane(NamedTuple):
    """What comes out."""

    key: object
    start: int
    end: int
    values: list[object]
    revision: int
    final: bool


class Kind(Protocol):
    """How one kind of windows is cut."""

    def take(self, windows: list[Window], number: int, record: Record, watermark: int) -> list[Window]:
        """Put a record into the windows it belongs to and return these; none: it is late."""

    def is_closed(self, window: Window, watermark: int) -> bool: ...


@dataclass
class Hopping:
    """Tumbling, where the hop is the size."""

    size: int
    hop: int
    offset: int = 0
    grace: int = 0

    def take(self, windows: list[Window], number: int, record: Record, watermark: int) -> list[Window]:
        found = []
        for start in range(self.offset - 200 * self.hop, record.time + 1, self.hop):
            bounds = start, start + self.size
            if start <= record.time < start + self.size and start + self.size + self.grace > watermark:
                found.append(window_of(windows, record.key, bounds))
                found[-1].members.append((number, record))
        return found

    def is_closed(self, window: Window, watermark: int) -> bool:
        assert window.bounds is not None
        return watermark >= window.bounds[1] + self.grace


@dataclass
class Session:
    gap: int
    grace: int = 0

    def take(self, windows: list[Window], number: int, record: Record, watermark: int) -> list[Window]:
        near = [
            window
            for window in windows
            if window.key == record.key and min(window.times) - self.gap <= record.time <= max(window.times) + self.gap
        ]
        if not near and record.time + self.gap + self.grace < watermark:
            return []
        made = Window(record.key, None, [(number, record)], sum(window.revision for window in near))
        for window in near:
            made.members += window.members
            made.shown += window.shown
            windows.remove(window)
        made.members.sort()
        windows.append(made)
        return [made]

    def is_closed(self, window: Window, watermark: int) -> bool:
        return watermark > max(window.times) + self.gap + self.grace


@dataclass
class Sliding:
    size: int
    grace: int = 0
    seen: list[tuple[int, Record]] = field(default_factory=list)

    def take(self, windows: list[Window], number: int, record: Record, watermark: int) -> list[Window]:
        if record.time + self.grace < watermark:
            return []
        self.seen.append((number, record))
        window_of(windows, record.key, (record.time - self.size, record.time))
        for window in windows:
            start, end = window.bounds or (0, 0)
            window.members = [item for item in self.seen if item[1].key == window.key and start <= item[1].time <= end]
        changed = [window for window in windows if (number, record) in window.members]
        return sorted(changed, key=lambda window: window.bounds or (0, 0))

    def is_closed(self, window: Window, watermark: int) -> bool:
        assert window.bounds is not None
        return watermark > window.bounds[1] + self.grace


@dataclass
class Counted:
    n: int
    hop: int
    counts: dict[object, int] = field(default_factory=dict)

    def take(self, windows: list[Window], number: int, record: Record, watermark: int) -> list[Window]:
        before = self.counts.get(record.key, 0)
        self.counts[record.key] = before + 1
        if before % self.hop == 0:
            windows.append(Window(record.key, None, []))
        mine = [window for window in windows if window.key == record.key and len(window.members) < self.n]
        for window in mine:
            window.members.append((number, record))
        return mine

    def is_closed(self, window: Window, watermark: int) -> bool:
        return len(window.members) == self.n or watermark == LONG


def window_of(windows: list[Window], key: object, bounds: tuple[int, int]) -> Window:
    for window in windows:
        if window.key == key and window.bounds == bounds:
            return window
    windows.append(Window(key, bounds, []))
    return windows[-1]


@dataclass
class ByHand:
    """The panes that come out, and the values that came too late.

    Args:
        kind: How windows are cut.
        emit: "close", "update" or a number of milliseconds.
    """

    kind: Kind
    emit: object = "close"
    panes: list[Pane] = field(default_factory=list)
    late: list[object] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)

    def run(self, records: Sequence[Record], watermark: Callable[[Sequence[Record]], int]) -> "ByHand":
        """Cut records into windows; ``watermark`` says it of the records up to and with the one that comes."""
        reached = -LONG
        for number, record in enumerate(records):
            reached = self.step(reached, max(reached, watermark(records[: number + 1])))
            changed = self.kind.take(self.windows, number, record, reached)
            if not changed:
                self.late.append(record.value)
            if self.emit == "update":
                for window in changed:
                    self.show(window, window.members, final=False)
            self.close(reached)
        self.step(reached, LONG)
        return self

    def step(self, reached: int, watermark: int) -> int:
        """Let time go on, millisecond by millisecond where something is shown on the way."""
        if isinstance(self.emit, int):
            for instant in range(reached + 1, watermark):
                self.close(instant)
                if instant % self.emit == 0:
                    self.tick(instant)
        self.close(watermark)
        if isinstance(self.emit, int) and watermark % self.emit == 0 and reached < watermark < LONG:
            self.tick(watermark)
        return watermark

    def close(self, watermark: int) -> None:
        for window in self.in_order([window for window in self.windows if self.kind.is_closed(window, watermark)]):
            self.windows.remove(window)
            self.show(window, window.members, final=True)

    def tick(self, instant: int) -> None:
        due = []
        for window in self.windows:
            known = [item for item in window.members if item[1].time < instant or isinstance(self.kind, Counted)]
            if isinstance(self.kind, Sliding) and self.bounds(window, known)[1] >= instant:
                # What would begin it is not known yet.
                continue
            if sorted(known) != sorted(window.shown):
                window.shown = known
                due.append((window, Window(window.key, window.bounds, known)))
        order = self.in_order([part for _, part in due])
        for window, part in sorted(due, key=lambda pair: order.index(pair[1])):
            self.show(window, part.members, final=False)

    def show(self, window: Window, members: list[tuple[int, Record]], *, final: bool) -> None:
        start, end = self.bounds(window, members)
        values = [record.value for _, record in sorted(members, key=lambda item: item[1].time)]
        self.panes.append(Pane(window.key, start, end, values, window.revision, final))
        window.revision += 1

    def bounds(self, window: Window, members: list[tuple[int, Record]]) -> tuple[int, int]:
        times = [record.time for _, record in members]
        if isinstance(self.kind, Counted):
            return times[0], times[-1]
        return window.bounds or (min(times), max(times))

    def in_order(self, windows: list[Window]) -> list[Window]:
        """By end, then start, then first arrival."""
        return sorted(
            windows,
            key=lambda window: (
                self.bounds(window, window.members)[::-1],
                min(number for number, _ in window.members),
            ),
        )


class Made(NamedTuple):
    """The panes that come out, as (key, start, end, values), and the values that came too late."""

    panes: list[tuple[object, int, int, list[object]]]
    late: list[object]


def windows_by_hand(
    records: Sequence[Record],
    watermark: Callable[[Sequence[Record]], int],
    *,
    size: int,
    offset: int = 0,
    grace: int = 0,
) -> Made:
    """Cut records into tumbling windows, which are shown when they close."""
    made = ByHand(Hopping(size, size, offset, grace)).run(records, watermark)
    return Made([pane[:4] for pane in made.panes], made.late)
