"""What operators, sources, sinks and handlers were given, as far as they keep it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any, Final

from rxstream.core import Feed, Operator, name_of, sink_name
from rxstream.notebook._words import clean, short, span_text, value_text

_Said = Callable[[Any], str]
#: No argument takes more than a line.
_LONGEST: Final = 60


def _lasting(pattern: str) -> _Said:
    return lambda ns: pattern.format(span_text(ns))


def _said(pattern: str) -> _Said:
    return lambda value: pattern.format(value_text(value))


def _emitted(emit: Any) -> str:
    return f"emit={span_text(emit) if isinstance(emit, int) else emit}"


def _rate(allowed: Any) -> str:
    return value_text(next(iter(dict(_held(allowed)).values())))


_PLAIN: Final = _said("{}")
#: What operators keep of their arguments, by the names they keep it under, in the order in which it is drawn; behind an
#: operator's name, what only that one keeps so. What is none of these is an operator's own affair.
_OPERATORS: Final[Mapping[str, _Said]] = {
    "f": _PLAIN,
    "predicate": _PLAIN,
    "call": _PLAIN,
    "lookup": _PLAIN,
    "table": _PLAIN,
    "time_of": _PLAIN,
    "by": _PLAIN,
    "aggregate": lambda aggregate: str(aggregate.name),
    "n": _PLAIN,
    "buffer.most": _PLAIN,
    "rate_limit.allowed": _rate,
    "rate_limit.span_ns": _lasting("per {}"),
    **dict.fromkeys(("delay_ns", "quiet_ns", "span_ns", "period_ns", "most_ns"), _lasting("{}")),
    "timeout_ns": _lasting("timeout={}"),
    "before": _lasting("within={}"),
    "key": _said("key={}"),
    "key_of": _said("key={}"),
    "how": _said("how={}"),
    "concurrency": _said("concurrency={}"),
    "order": _said("order={}"),
    "max_age": _lasting("max_age={}"),
    "ttl": _lasting("ttl={}"),
    "max_keys": _said("max_keys={}"),
    "grace": _lasting("grace={}"),
    "emit": _emitted,
}
#: What is not worth saying: it is so where nothing is said.
_USUAL: Final = {"how": "inner", "order": "input", "emit": "close", "concurrency": 1, "grace": 0}
#: Of a source, what it reads.
_SOURCES: Final[Mapping[str, _Said]] = {
    "path": _PLAIN,
    "topics": _PLAIN,
    "queue": _PLAIN,
    "expression": _PLAIN,
    "step": _lasting("every {}"),
    "items": _PLAIN,
    "aiter": _PLAIN,
}
_CALLED: Final = re.compile(r"(.+?)\((.*)\)", re.DOTALL)


def given_to_operator(step: Operator[Any, Any]) -> str:
    """The arguments of an operator that it has kept, in words."""
    kept: dict[str, Any] = {}
    if step.inline is not None:
        kept |= step.inline.bindings
        for start in step.inline.state.values():
            kept |= _captured(start)
    kept |= _captured(step.start or step.start_many)
    return _told(step.name, kept, _OPERATORS)


def given_to_source(feed: Feed) -> str:
    """What a source reads, in words."""
    kept: dict[str, Any] = {}
    for way in (feed.batches, feed.connect, feed.ticks):
        kept |= _captured(way)
    return _told(feed.name, kept, _SOURCES)


def sink_words(sink: object) -> tuple[str, str]:
    """A sink's name, and what it was given."""
    called = _CALLED.fullmatch(sink_name(sink))
    return (called[1], called[2]) if called else (sink_name(sink), "")


def handler_words(handler: object) -> tuple[str, str]:
    """An error handler's name, and what it was given."""
    kept = getattr(handler, "__dict__", {})
    if type(handler).__module__.startswith("rxstream.handlers"):
        name = re.sub(r"(?<!^)([A-Z])", r"_\1", type(handler).__name__).lower()
    elif getattr(handler, "__module__", "").startswith("rxstream.handlers"):
        name = str(getattr(handler, "__qualname__", "")).partition(".")[0]
    else:
        name = name_of(handler) if callable(handler) else type(handler).__name__
    chosen = kept.get("_handlers")
    if isinstance(chosen, Mapping):
        return name, ", ".join(f"{kind.__name__}: {handler_words(one)[0]}" for kind, one in chosen.items())
    if "_attempts" in kept:
        return name, f"attempts={kept['_attempts']}, then {handler_words(kept.get('_then'))[0]}"
    return name, ""


def _told(who: str, kept: Mapping[str, Any], words: Mapping[str, _Said]) -> str:
    """What is worth saying of what was kept; what cannot be said is left out, as a picture must never fail."""
    said = []
    for entry, say in words.items():
        owner, _, name = entry.rpartition(".")
        value = kept.get(name)
        is_other = owner != who if owner else f"{who}.{name}" in words
        if is_other or value is None or (isinstance(value, str | int) and value == _USUAL.get(name)):
            continue
        try:
            said.append(short(clean(say(value)), _LONGEST))
        except Exception:  # noqa: BLE001 - what a user's object says of itself is his own code
            said.append(type(value).__name__)
    return ", ".join(part for part in said if part)


def _captured(f: Any) -> dict[str, Any]:
    """What a function that was made by another one has kept of it, settings unpacked."""
    kept: dict[str, Any] = {}
    for name, value in _held(f):
        kept[name] = value
        if type(value).__module__.startswith("rxstream."):
            kept |= {name: inner for name, inner in _parts(value) if inner is not None}
    return kept


def _held(f: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(f, partial):
        yield from ((f"argument {place}", value) for place, value in enumerate(f.args))
    if hasattr(f, "__self__"):
        yield "self", f.__self__
    names = getattr(getattr(f, "__code__", None), "co_freevars", ())
    for name, cell in zip(names, getattr(f, "__closure__", None) or (), strict=False):
        try:
            yield name, cell.cell_contents
        except ValueError:
            continue  # nothing is in it yet


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    named = getattr(value, "_fields", None) or ([field.name for field in fields(value)] if is_dataclass(value) else [])
    for name in named:
        inner = getattr(value, name)
        # Of a window only the whole is an argument.
        if name not in _OF_WINDOWS:
            yield name, inner


_OF_WINDOWS: Final = frozenset({"size", "offset", "hop", "gap"})
