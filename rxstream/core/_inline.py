"""Code that fusion pastes into the function it generates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Inline:
    """An operator that needs no memory of items: lines of code that fusion pastes into the loop.

    The lines work on ``value``. ``drop`` lets the item go, ``skip`` does so without counting it (it went another
    way), ``each value in …:`` goes on once for each, and ``count name``, as the last line, adds one to ``name.count``.
    ``slot``, ``advance`` and ``clock`` are at hand; other names are ``bindings``, or ``state``: names that a
    subscription starts with the result of calling their values.

    What stands at the end of a segment may have such code too, in place of a call for each item.
    """

    code: str
    bindings: Mapping[str, Any]
    state: Mapping[str, Callable[[], Any]]
    #: The receiver that gets ``value`` then; its code, if it has some, is pasted behind.
    then: Any = None
    #: What is to be done before the first item of a batch.
    opening: str = ""
    #: Whether the code itself makes the watermark, so that those from above end here.
    makes_watermarks: bool = False
