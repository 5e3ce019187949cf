"""Marble text, read: which character stands at which instant."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from rxstream.errors import ConfigurationError
from rxstream.testing._progress import PROGRESS, span_ns

#: Characters that cannot stand for a value.
RESERVED: Final = frozenset("-()|#^!")

_TOKEN: Final = re.compile(rf"(?P<progress>{PROGRESS})|\s|.")


class Mark(NamedTuple):
    """One character of a diagram, and the nanoseconds at which it stands."""

    at: int
    symbol: str


class Span(NamedTuple):
    """From when until when somebody listens, in nanoseconds; None: nothing is said of it."""

    begin: int | None
    end: int | None

    @property
    def marks(self) -> list[Mark]:
        """What a diagram of it holds."""
        both = (self.begin, "^"), (self.end, "!")
        return [Mark(at, symbol) for at, symbol in both if at is not None]


def read_source(who: str, text: str, frame: int) -> list[Mark]:
    """Read what a source says; ``^``, if there is one, stands at zero.

    Raises:
        ConfigurationError: If the diagram is malformed.
    """
    marks = _read(who, text, frame)
    starts = [mark.at for mark in marks if mark.symbol == "^"]
    if len(starts) > 1:
        raise _refused(who, 'there must be one "^" at most', "^", text, "Keep one of them.")
    zero = starts[0] if starts else 0
    said = [Mark(mark.at - zero, mark.symbol) for mark in marks if mark.symbol != "^"]
    return _checked(who, text, said)


def read_output(who: str, text: str, frame: int) -> list[Mark]:
    """Read what is said from the subscription on.

    Raises:
        ConfigurationError: If the diagram is malformed.
    """
    marks = _read(who, text, frame)
    if any(mark.symbol == "^" for mark in marks):
        raise _refused(who, "zero must be the subscription", "^", text, 'Leave out "^" and what stands before it.')
    return _checked(who, text, marks)


def read_subscription(who: str, text: str, frame: int) -> Span:
    """Read when somebody listens.

    Raises:
        ConfigurationError: If the diagram is malformed.
    """
    found: dict[str, int] = {}
    for at, symbol in _read(who, text, frame):
        if symbol not in "^!":
            raise _refused(who, 'there must be nothing but "^" and "!"', symbol, text, "Leave it out.")
        if symbol in found:
            raise _refused(who, f'there must be one "{symbol}" at most', symbol, text, "Keep one of them.")
        if "!" in found:
            raise _refused(who, 'nothing must follow "!"', symbol, text, 'Write "^" before it.')
        found[symbol] = at
    return Span(found.get("^"), found.get("!"))


def read_length(who: str, text: str, frame: int) -> int:
    """Read how long it takes until ``|``.

    Raises:
        ConfigurationError: If the diagram is malformed, or says anything else.
    """
    marks = _read(who, text, frame)
    if [mark.symbol for mark in marks] != ["|"]:
        raise ConfigurationError(
            f'{who}: there must be one "|", and nothing else but time; got {text!r}. Write for instance "---|".'
        )
    return marks[0].at


def _checked(who: str, text: str, marks: list[Mark]) -> list[Mark]:
    ending: str | None = None
    for _, symbol in marks:
        if symbol == "!":
            raise _refused(who, "there must be no unsubscription", "!", text, "Say it in a diagram of subscriptions.")
        if ending is not None:
            raise _refused(who, f'nothing must follow "{ending}"', symbol, text, "Leave out one of the two.")
        ending = symbol if symbol in "|#" else None
    return marks


def _read(who: str, text: str, frame: int) -> list[Mark]:
    if not isinstance(text, str):
        raise ConfigurationError(f'{who}: a diagram must be text; got {text!r}. Write for instance "--a--b|".')
    reader = _Reader(who, text, frame)
    for token in _TOKEN.finditer(text):
        if not token[0].isspace():
            reader.take(token)
    return reader.end()


class _Reader:
    """Where the reading of one diagram stands."""

    __slots__ = ("_before", "_frame", "_marks", "_now", "_opened", "_text", "_who")

    def __init__(self, who: str, text: str, frame: int) -> None:
        self._who = who
        self._text = text
        self._frame = frame
        self._marks: list[Mark] = []
        self._now = 0
        #: The instant of the group that is open.
        self._opened: int | None = None
        self._before = ""

    def take(self, token: re.Match[str]) -> None:
        symbol = token[0]
        if token["progress"]:
            self._pass_time(symbol, self._span(token))
        elif symbol == "-":
            self._pass_time(symbol, self._frame)
        else:
            # In a group too, every character takes a frame, as in RxJS.
            self._stand(symbol)
            self._now += self._frame
        self._before = symbol

    def end(self) -> list[Mark]:
        if self._opened is not None:
            raise self._refused('a "(" must be closed', "(", 'Write ")" behind the last character of its group.')
        return self._marks

    def _stand(self, symbol: str) -> None:
        if symbol == "(":
            self._open()
        elif symbol == ")":
            self._close()
        else:
            self._marks.append(Mark(self._now if self._opened is None else self._opened, symbol))

    def _open(self) -> None:
        if self._opened is not None:
            raise self._refused("a group must not stand in another", "(", 'Write ")" before it.')
        self._opened = self._now

    def _close(self) -> None:
        if self._opened is None:
            raise self._refused('a ")" must close a "("', ")", 'Write "(" before the first character of its group.')
        if self._before == "(":
            raise self._refused("a group must hold something", ")", "Leave out the brackets.")
        self._opened = None

    def _pass_time(self, symbol: str, span: int) -> None:
        if self._opened is not None:
            raise self._refused("no time must pass in a group", symbol, "Write it before or behind the brackets.")
        self._now += span

    def _span(self, token: re.Match[str]) -> int:
        span = span_ns(token["number"], token["unit"])
        if span is None:
            raise self._refused("time must pass in whole nanoseconds", token[0], "Round it.")
        return span

    def _refused(self, rule: str, came: str, cure: str) -> ConfigurationError:
        return _refused(self._who, rule, came, self._text, cure)


def _refused(who: str, rule: str, came: str, text: str, cure: str) -> ConfigurationError:
    return ConfigurationError(f"{who}: {rule}; got {came!r} in {text!r}. {cure}")
