"""States by key as one would keep them by hand: in a list, every rule looked at for every key, slowly."""

from dataclasses import dataclass


@dataclass
class Known:
    """One key; instants are plain numbers."""

    key: object
    state: object
    last: int


class KeysByHand:
    """What `rxstream.state.Keys` does, with nothing in common but the rules."""

    def __init__(self, ttl: int | None, max_keys: int | None) -> None:
        self.forgotten: list[tuple[object, object]] = []
        self.known: list[Known] = []  # the latest use last
        self._ttl = ttl
        self._max_keys = max_keys
        self._watermark: int | None = None
        self._instants: list[int] = []

    def find(self, key: object, instant: int) -> Known | None:
        self._instants.append(instant)
        if self._watermark is None:
            self._forget_silent(max(self._instants))
        for found in self.known:
            if found.key != key:
                continue
            if self._ttl is not None and instant - found.last > self._ttl:
                self._let_go(found)
                return None
            found.last = max(found.last, instant)
            self.known.remove(found)
            self.known.append(found)
            return found
        return None

    def add(self, key: object, state: object, instant: int) -> None:
        if len(self.known) == self._max_keys:
            self._let_go(self.known[0])
        self.known.append(Known(key, state, instant))

    def advance(self, watermark: int) -> None:
        self._watermark = watermark
        self._forget_silent(watermark)

    def _forget_silent(self, now: int) -> None:
        while self._ttl is not None and self.known and now - self.known[0].last > self._ttl:
            self._let_go(self.known[0])

    def _let_go(self, known: Known) -> None:
        self.known.remove(known)
        self.forgotten.append((known.key, known.state))
