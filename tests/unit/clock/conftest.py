"""What the tests of the clock note."""

from typing import Any

import pytest


@pytest.fixture
def noted() -> list[Any]:
    """Return what was noted, in order."""
    return []
