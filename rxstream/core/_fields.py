"""The parts of a value: all that it has, or the one that a function or the name of a field says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from rxstream.core._arguments import callable_, did_you_mean
from rxstream.core._context import FAILURES
from rxstream.errors import StreamError


def field_reader(who: str, **named: Callable[[Any], Any] | str) -> Callable[[Any], Any]:
    """Make the function that reads what ``time=`` or ``key=`` names: a function is itself, a name reads a dict's item.

    Raises:
        ConfigurationError: If it is neither.
        StreamError: From the function made, for a value without that field.
    """
    ((what, spec),) = named.items()
    if not isinstance(spec, str):
        callable_(who, **{what: spec})
        return spec

    def read(value: Any) -> Any:
        try:
            return value[spec]
        except (KeyError, TypeError, IndexError):
            known = list(value) if isinstance(value, dict) else []
            raise StreamError(
                f"{who}: {what} must be a field of every value; {spec!r} is none of {value!r}. "
                f"{did_you_mean(spec, known) if known else 'Give a function of the value.'}"
            ) from None

    return read


def readable(read: Callable[[Any], Any], value: Any) -> Any:
    """What ``read`` finds, or None where it fails: for the passport of a record that perhaps failed for just that."""
    try:
        return read(value)
    except FAILURES:
        return None


def fields_of(value: Any) -> Mapping[Any, Any] | None:
    """All the parts of a mapping, a dataclass or a named tuple, by their names; None for what has no such parts."""
    # Dicts first: asking for other mappings takes several times as long.
    if isinstance(value, (dict, Mapping)):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        named: Mapping[str, Any] = value._asdict()
        return named
    return None
