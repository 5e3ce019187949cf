"""What the characters of a diagram stand for, as a test says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rxstream.errors import ConfigurationError
from rxstream.testing._symbols import is_symbol


def checked_values(who: str, values: object) -> Mapping[str, Any]:
    """Return what characters stand for.

    Raises:
        ConfigurationError: If it is no mapping, or has a key that cannot stand in a diagram.
    """
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise ConfigurationError(f'{who}: values must be a mapping; got {values!r}. Give for instance {{"a": 1}}.')
    for symbol in values:
        if not is_symbol(symbol):
            raise ConfigurationError(
                f"{who}: values must have characters as keys, none of - ( ) | # ^ !; got {symbol!r}. Choose a letter."
            )
    return values


def checked_error(who: str, error: object) -> Exception:
    """Return what ``#`` stands for.

    Raises:
        ConfigurationError: If it is no exception.
    """
    if error is None:
        return Exception("error")
    if not isinstance(error, Exception):
        raise ConfigurationError(
            f'{who}: error must be an exception; got {error!r}. Give for instance ValueError("no").'
        )
    return error
