"""What must not overtake items that are awaited one after the other: the watermark, and the end."""

from __future__ import annotations

from typing import Any

from rxstream.core import Downstream
from rxstream.delivery import Calls


class BehindCalls:
    """Keeps the watermark and the end back while `Calls` are at work.

    Args:
        down: Where they go then.
    """

    def __init__(self, down: Downstream[Any]) -> None:
        self._down = down
        self._watermark: int | None = None
        self._completing = False
        #: The calls, once there are any.
        self.calls: Calls | None = None

    @property
    def _busy(self) -> bool:
        return self.calls is not None and self.calls.busy

    def on_watermark(self, watermark: int) -> int:
        """Hand on a watermark, unless items before it are still on their way."""
        if self._busy:
            self._watermark = watermark
            return watermark + 1
        return self._down.watermark(watermark)

    def on_completed(self) -> None:
        """Hand on the end, behind the last item."""
        if self._busy:
            self._completing = True
        else:
            self._down.complete()

    def on_idle(self) -> None:
        """Hand on what has waited."""
        if self._watermark is not None:
            self._down.watermark(self._watermark)
            self._watermark = None
        if self._completing:
            self._down.complete()
