"""The pytest plugin: the fixture `marbles`, and the marker that says how long its frames last."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rxstream.testing import Marbles

_KIT: pytest.StashKey[Marbles] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "marbles(frame=1.0): how long a frame of the fixture marbles lasts, in seconds or as a timedelta"
    )


@pytest.fixture
def marbles(request: pytest.FixtureRequest) -> Marbles:
    """Draw streams as text and say what comes of them; it runs at the end of the test."""
    # Not before it is used: every run of pytest imports this file, wherever rxstream is installed.
    from rxstream.testing import Marbles

    marker = request.node.get_closest_marker("marbles")
    made = Marbles() if marker is None else Marbles(*marker.args, **marker.kwargs)
    request.node.stash[_KIT] = made
    return made


# Innermost, so that what streams print is captured as the test's own output is.
@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Run, as the last step of the test itself, what it still expects."""
    yield
    if _KIT in item.stash:
        item.stash[_KIT].run()
