"""Checks of what callers pass, made while the pipeline is built."""

from __future__ import annotations

import functools
import inspect
import operator
import re
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from pathlib import Path
from types import FunctionType
from typing import Any, Final

from rxstream.core._instants import UNITS, seconds_to_ns, timedelta_to_ns
from rxstream.errors import ConfigurationError


def duration_ns(who: str, **named: object) -> int:
    """Nanoseconds of a duration that may be zero.

    Raises:
        ConfigurationError: If it is no duration, or negative.
    """
    ((what, given),) = named.items()
    ns = _to_ns(who, what, given)
    if ns < 0:
        raise ConfigurationError(f"{who}: {what} must not be negative; got {given!r}. Give seconds or a timedelta.")
    return ns


def positive_duration_ns(who: str, **named: object) -> int:
    """Nanoseconds of a duration that must be greater than zero.

    Raises:
        ConfigurationError: If it is no duration, or not greater than zero.
    """
    ((what, given),) = named.items()
    ns = _to_ns(who, what, given)
    if ns <= 0:
        raise ConfigurationError(
            f"{who}: {what} must be greater than zero; got {given!r}. Give seconds or a timedelta."
        )
    return ns


def signed_duration_ns(who: str, **named: object) -> int:
    """Nanoseconds of a duration of either sign.

    Raises:
        ConfigurationError: If it is no duration.
    """
    ((what, given),) = named.items()
    return _to_ns(who, what, given)


#: Seconds; a datetime spans no more than 9999 years.
_LONGEST: Final = 1e12


def _to_ns(who: str, what: str, given: object) -> int:
    if isinstance(given, timedelta):
        return timedelta_to_ns(given)
    # NaN is less than nothing, and so fails too.
    if isinstance(given, int | float) and not isinstance(given, bool) and abs(given) < _LONGEST:
        return seconds_to_ns(given)
    refuse_reactivex(who, f"{what} must be a duration", given)
    raise ConfigurationError(f"{who}: {what} must be a duration; got {given!r}. Give seconds or a timedelta.")


#: Where reactivex's operator of that name takes an Observable, and ours does not.
_TAKING_OBSERVABLES: Final = frozenset({"buffer", "sample", "timeout", "window"})


def refuse_reactivex(who: str, must: str, given: object) -> None:
    """Refuse what only reactivex's operator of that name would take.

    Raises:
        ConfigurationError: For an Observable, where that one takes it.
    """
    if hasattr(given, "subscribe") and who in _TAKING_OBSERVABLES:
        raise ConfigurationError(
            f"{who}: {must}; got an Observable. For reactivex's operator of that name write reactivex.operators.{who}."
        )


def positive_count(who: str, **named: object) -> int:
    """Return a whole number that must be at least one.

    Raises:
        ConfigurationError: If it is not.
    """
    return _count(who, 1, named)


def natural_count(who: str, **named: object) -> int:
    """Return a whole number that must not be negative.

    Raises:
        ConfigurationError: If it is not.
    """
    return _count(who, 0, named)


def _count(who: str, least: int, named: Mapping[str, object]) -> int:
    ((what, given),) = named.items()
    if hasattr(given, "__index__") and not isinstance(given, bool):
        # Other libraries have whole numbers of their own.
        given = operator.index(given)
    if not isinstance(given, int) or isinstance(given, bool) or given < least:
        refuse_reactivex(who, f"{what} must be a whole number of at least {least}", given)
        raise ConfigurationError(
            f"{who}: {what} must be a whole number of at least {least}; got {given!r}. Correct it."
        )
    return given


def choice(who: str, options: Collection[str], **named: object) -> str:
    """Return a word that must be one of ``options``.

    Raises:
        ConfigurationError: If it is none of them; the nearest one is named.
    """
    ((what, given),) = named.items()
    if isinstance(given, str) and given in options:
        return given
    listed = ", ".join(repr(option) for option in options)
    raise ConfigurationError(f"{who}: {what} must be one of {listed}; got {given!r}. {did_you_mean(given, options)}")


def unit_choice(who: str, unit: object) -> str | None:
    """Return a unit of time, or None.

    Raises:
        ConfigurationError: If it is no unit.
    """
    return None if unit is None else choice(who, tuple(UNITS), unit=unit)


def did_you_mean(given: object, options: Collection[str]) -> str:
    """Name the option nearest to what was given, as the sentence that says what to do."""
    import difflib  # only where something is misspelt

    near = difflib.get_close_matches(str(given), options, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else "Choose one of them."


def callable_(who: str, **named: object) -> None:
    """Refuse what cannot be called, and what would have to be awaited.

    Raises:
        ConfigurationError: Naming ``map_async`` for a coroutine function, ``reactivex.operators`` for an Observable.
    """
    ((what, given),) = named.items()
    if hasattr(given, "subscribe"):
        raise ConfigurationError(
            f"{who}: {what} must be a function of one value; got an Observable. "
            f"For reactivex's operator of that name write reactivex.operators.{who.removeprefix('ops.')}."
        )
    if not callable(given):
        raise ConfigurationError(f"{who}: {what} must be callable; got {given!r}. Give a function.")
    if is_async(given):
        raise ConfigurationError(
            f"{who}: {what} must be a plain function; got the async {name_of(given)}. "
            "Await it with ops.process(f) or ops.map_async(f)."
        )


def takes(f: Callable[..., Any], count: int) -> bool:
    """Whether ``f`` can be called with so many arguments, as far as it says so."""
    try:
        inspect.signature(f).bind(*range(count))
    except TypeError:
        return False
    except ValueError:
        return True  # some functions written in C do not say what they take
    return True


_ASYNC: Final = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def is_async(f: object) -> bool:
    """Whether calling ``f`` gives something to await or to iterate with ``async for``."""
    while isinstance(f, functools.partial):
        f = f.func
    if type(f) is FunctionType and not f.__dict__:
        # Most are plain functions without any marks, and `inspect` would cost more than all else of making an operator.
        return bool(f.__code__.co_flags & _ASYNC)
    call = getattr(type(f), "__call__", None)  # noqa: B004 - the method itself is wanted, not whether there is one
    return any(inspect.iscoroutinefunction(g) or inspect.isasyncgenfunction(g) for g in (f, call))


_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def name_of(f: object) -> str:
    """A function's name as a reader knows it: without the scope it was defined in, and never with an address."""
    while isinstance(f, functools.partial):
        f = f.func
    name = getattr(f, "__qualname__", None) or getattr(type(f), "__qualname__", "")
    short = str(name).rpartition("<locals>.")[2]
    return short or _ADDRESS.sub("", repr(f))


def require_names(who: str, what: str, given: Mapping[str, Any], allowed: Collection[str]) -> None:
    """Refuse keys of a mapping that are none of the allowed ones, naming the nearest.

    Raises:
        ConfigurationError: For the first unknown key.
    """
    for name in given:
        if name not in allowed:
            raise ConfigurationError(
                f"{who}: {what} must be options of the client; got {name!r}. {did_you_mean(name, allowed)}"
            )


def path_argument(who: str, path: object) -> Path:
    """Return a path.

    Raises:
        ConfigurationError: If it is none.
    """
    if not isinstance(path, str | Path):
        raise ConfigurationError(f"{who}: path must be text or a Path; got {path!r}. Give the file's name.")
    return Path(path)
