"""What is given to operators and sources, in words short enough for a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any, Final

from rxstream.core import name_of

#: Nothing is longer in a picture; what is cut off stands in the hint that shows when one points at it.
LONGEST: Final = 32
_UNITS: Final = (("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("min", 60_000_000_000), ("s", 1_000_000_000))
_SMALL: Final = (("ms", 1_000_000), ("µs", 1_000), ("ns", 1))
#: Of what cannot be drawn: it could be markup's, a terminal's or a direction of writing's business.
_UNKNOWN: Final = "�"


def clean(text: object) -> str:
    """One line of nothing but what can be drawn."""
    line = " ".join(str(text).split())
    return line if line.isprintable() else "".join(c if c.isprintable() else _UNKNOWN for c in line)


def short(text: str, longest: int = LONGEST) -> str:
    """As much of a line as there is room for."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def span_text(ns: int) -> str:
    """A duration in the unit that reads best: ``90 s``, ``1 h``, ``0.3 s``."""
    for unit, size in _UNITS:
        if ns and ns % size == 0:
            return f"{ns // size} {unit}"
    if ns >= _UNITS[-1][1]:
        return f"{ns / _UNITS[-1][1]:.6g} s"
    for unit, size in _SMALL:
        if ns >= size:
            return f"{ns / size:.6g} {unit}"
    return "0 s"


def value_text(value: object) -> str:
    """What an argument is, in a word or two; never what it holds, where that may be much."""
    value = _given(value)
    if isinstance(value, FunctionType) and value.__name__ == "<lambda>":
        return f"lambda {', '.join(value.__code__.co_varnames[: value.__code__.co_argcount])}: …"
    if isinstance(value, str):
        return value
    if isinstance(value, Path):
        return value.name
    if isinstance(value, Enum | int | float | bool) or value is None:
        return str(value)
    if isinstance(value, Mapping):
        return f"{len(value)} entr{'y' if len(value) == 1 else 'ies'}"
    if isinstance(value, list | tuple | set | frozenset | range):
        return _collection_text(value)
    if callable(value) or isinstance(value, partial):
        return name_of(value)
    return f"{type(value).__name__.lower()} {_window_text(value)}".strip() if is_dataclass(value) else _type_text(value)


def _given(value: object) -> object:
    """What was given, where a function of rxstream's own stands around it: a field's name, or another function."""
    while isinstance(value, FunctionType) and value.__module__.startswith("rxstream."):
        held = dict(zip(value.__code__.co_freevars, value.__closure__ or (), strict=True))
        inner = next((held[name] for name in _INSIDE if name in held), None)
        if inner is None:
            break
        value = inner.cell_contents
    return value


#: What such functions call it.
_INSIDE: Final = ("spec", "call")


def _collection_text(value: Any) -> str:
    few = len(value) <= _FEW and all(isinstance(item, str | int | float) for item in value)
    return ", ".join(map(str, value)) if few else f"{len(value)} item{'s' * (len(value) != 1)}"


_FEW: Final = 3


def _type_text(value: object) -> str:
    return type(value).__name__


def _window_text(value: Any) -> str:
    """The lengths of a window, which are nanoseconds, or its number."""
    given = {field.name: getattr(value, field.name) for field in fields(value)}
    counted = "n" in given
    shown = [given[name] for name in ("size", "gap", "n", "hop") if given.get(name)]
    return ", ".join(str(length) if counted else span_text(length) for length in shown if isinstance(length, int))
