"""Calling what is being checked: awaited if need be, not for ever, and told apart from what the check itself says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final

from rxstream.core import awaited

#: Seconds that anything under check may take.
PATIENCE: Final = 10.0


class Rule:
    """What is said of an object that breaks a rule.

    Args:
        check: The name of the check.
        subject: What is checked.
    """

    def __init__(self, check: str, subject: object) -> None:
        name = getattr(subject, "name", None)
        self.who = f"{check}: {name if isinstance(name, str) else type(subject).__name__}"

    def broken(self, must: str, got: str, remedy: str) -> AssertionError:
        """Make the error; ``must`` begins with the method's name."""
        return AssertionError(f"{self.who}.{must}; {got}. {remedy}")

    async def called(self, call: Callable[[], Any], must: str, remedy: str) -> Any:
        """Call and await.

        Raises:
            AssertionError: If it raises, or is not done in time.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                return await awaited(call())
        except TimeoutError as error:
            raise self.broken(must, f"it was not done after {PATIENCE:g} s", remedy) from error
        except Exception as error:
            raise self.broken(must, f"it raised {error!r}", remedy) from error


def in_a_loop(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a check to its end: here, or, where a loop runs here, in a thread."""
    if not _is_loop_running():
        asyncio.run(work())
        return
    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work())
        except BaseException as error:  # noqa: BLE001 - raised again where it was asked for
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def _is_loop_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
