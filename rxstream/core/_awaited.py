"""Methods of other people's objects, which need not be async where they have nothing to wait for."""

from __future__ import annotations

import inspect
from typing import Any


async def awaited(made: Any) -> Any:
    """What a call gives, awaited if that is possible."""
    return await made if inspect.isawaitable(made) else made
