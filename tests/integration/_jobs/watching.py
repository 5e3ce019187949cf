"""Watch what a group commits, while its members come and go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.integration._jobs.topics import committed


class Watch:
    """What was seen: every offset that was less than one seen before."""

    def __init__(self) -> None:
        self.seen: dict[int, int] = {}
        self.backwards: list[tuple[int, int, int]] = []
        self.looks = 0

    def look(self, found: dict[int, int]) -> None:
        """Compare with what was seen before."""
        self.looks += 1
        for partition, offset in found.items():
            before = self.seen.get(partition, 0)
            if offset < before:
                self.backwards.append((partition, before, offset))
            self.seen[partition] = offset


@contextmanager
def watching(bootstrap: str, group: str) -> Iterator[Watch]:
    """Look at the group's offsets again and again while the block lasts."""
    watch, over = Watch(), threading.Event()

    def work() -> None:
        while not over.wait(0.02):
            watch.look(committed(bootstrap, group))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()
