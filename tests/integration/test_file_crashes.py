"""Copies of a file that are killed again and again: nothing is lost, and nothing settled comes again."""

import json
import random
import signal
from itertools import pairwise
from pathlib import Path

from tests.brokers.server import wait_until
from tests.integration._jobs.file_copy import copying

#: More than ten lives can copy.
LINES = 30_000
SECONDS = 30.0


class Copied:
    """A file, its copy and the position, between two lives of the program that copies."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "a.txt"
        self.to = folder / "b.txt"
        self.position = folder / "position"
        self.chance = random.Random(5)  # noqa: S311 - nothing secret

    def lines(self) -> list[int]:
        """The whole lines of the copy."""
        return [int(line) for line in self.to.read_bytes().split(b"\n")[:-1]] if self.to.exists() else []

    def settled(self) -> int:
        """How many lines the position says are settled."""
        return int(json.loads(self.position.read_bytes())["line"]) - 1 if self.position.exists() else 0

    def live_and_die(self) -> None:
        """Copy for a while, and be killed in the midst of it."""
        before, more = self.settled(), self.chance.randint(10, 1_500)
        with copying(self.source, self.to, self.position) as process:
            assert wait_until(lambda: self.settled() != before, SECONDS)
            enough = len(self.lines()) + more
            wait_until(lambda: len(self.lines()) >= enough, 1.0)
            process.send_signal(signal.SIGKILL)
            process.wait()

    def live_to_the_end(self, last: int) -> None:
        """Copy all that is left, and stop."""
        with copying(self.source, self.to, self.position) as process:
            assert wait_until(lambda: last in self.lines()[-1:], SECONDS)
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0


def numbered(first: int, end: int) -> bytes:
    return b"".join(b"%d\n" % number for number in range(first, end))


def test_a_copy_that_is_killed_ten_times_loses_nothing_and_repeats_only_what_was_not_settled(tmp_path: Path) -> None:
    copied = Copied(tmp_path)
    copied.source.write_bytes(numbered(0, LINES))
    lives: list[tuple[int, int]] = []
    for _ in range(10):
        copied.live_and_die()
        lives.append((len(copied.lines()), copied.settled()))
    copied.live_to_the_end(LINES - 1)
    found = copied.lines()

    assert sorted(set(found)) == list(range(LINES))
    assert all(before < after for (_, before), (_, after) in pairwise(lives))
    # Each life begins at the line that was the first unsettled one, and goes on in order.
    assert [found[place] for place, _ in lives if place < len(found)] == [line for _, line in lives]


def test_a_copy_that_is_killed_while_the_file_is_renamed_loses_nothing(tmp_path: Path) -> None:
    copied = Copied(tmp_path)
    for number in range(3):
        copied.source.write_bytes(numbered(number * 4_000, (number + 1) * 4_000))
        copied.live_and_die()
        copied.source.rename(tmp_path / f"a.txt.{number}")
    copied.source.write_bytes(numbered(12_000, 12_100))
    copied.live_to_the_end(12_099)

    assert sorted(set(copied.lines())) == list(range(12_100))


def test_a_copy_that_is_stopped_repeats_nothing(tmp_path: Path) -> None:
    copied = Copied(tmp_path)
    for number in range(3):
        with copied.source.open("ab") as file:
            file.write(numbered(number * 100, (number + 1) * 100))
        copied.live_to_the_end(number * 100 + 99)

    assert copied.lines() == list(range(300))
