"""Which threads a test has started, whatever others have left behind."""

import threading
from collections.abc import Callable

import pytest

Threads = Callable[[], list[threading.Thread]]


@pytest.fixture
def new_threads() -> Threads:
    """Return the threads that were not there when the test began."""
    before = set(threading.enumerate())

    def found() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread not in before]

    return found
