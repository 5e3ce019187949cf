"""Whether a client library is there, found out without importing it."""

from __future__ import annotations

import importlib.util

from rxstream.errors import MissingExtraError


def require_client(who: str, client: str, *, extra: str) -> None:
    """Check that a client library is installed.

    Args:
        who: Who needs it.
        client: The module's name.
        extra: The extra of rxstream that brings it.

    Raises:
        MissingExtraError: If it is not.
    """
    if importlib.util.find_spec(client) is None:
        raise MissingExtraError(
            f"{who}: needs {client}, which is not installed. Run: pip install 'rxstream[{extra}]'", name=client
        )
