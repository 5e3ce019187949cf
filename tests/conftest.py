"""Real brokers for the tests that ask for one, and plain words where there is none."""

import os
import signal
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from tests.brokers.kafka import Kafka
from tests.brokers.postgres import Postgres
from tests.brokers.rabbitmq import RabbitMQ
from tests.brokers.unavailable import BrokerUnavailable

BrokerT = TypeVar("BrokerT")

# The fixtures, and the markers of the tests that use them.
_BROKERS = ("kafka", "rabbitmq", "postgres")
_MISSING = pytest.StashKey[dict[str, BrokerUnavailable]]()


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config) -> Iterator[Kafka]:
    """One Kafka for all tests, started for the first that asks."""
    with _had_or_skipped("Kafka", Kafka, pytestconfig) as broker:
        yield broker


@pytest.fixture(scope="session")
def rabbitmq(pytestconfig: pytest.Config) -> Iterator[RabbitMQ]:
    """One RabbitMQ for all tests, started for the first that asks."""
    with _had_or_skipped("RabbitMQ", RabbitMQ, pytestconfig) as broker:
        yield broker


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[Postgres]:
    """One PostgreSQL for all tests, started for the first that asks."""
    with _had_or_skipped("PostgreSQL", Postgres, pytestconfig) as server:
        yield server


@pytest.fixture(autouse=True)
def _brokers_are_up(request: pytest.FixtureRequest) -> None:
    """Start again what the test before has stopped or killed."""
    for name in _BROKERS:
        if name in request.fixturenames:
            request.getfixturevalue(name).start()


def pytest_sessionstart() -> None:
    """Hear SIGINT as in a terminal: in a background that ignores it, the tests that send it would wait for ever."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


# First, because pytest's own hook of this name selects by marker (`-m "not kafka"`).
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use a broker, so that nobody has to remember to."""
    for item in items:
        for name in set(_BROKERS).intersection(getattr(item, "fixturenames", ())):
            item.add_marker(name)


# Around all others, so that its words are the last ones above the closing line.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> Iterator[None]:
    """Say which broker was missing and how to get it."""
    yield
    for name, missing in config.stash.get(_MISSING, {}).items():
        terminalreporter.write_line(f"No {name}, so the tests that need it did not run: {missing.reason}.")
        terminalreporter.write_line(f"To run them too: {missing.command}")


def _had_or_skipped(name: str, make: Callable[[], BrokerT], config: pytest.Config) -> BrokerT:
    try:
        return make()
    except BrokerUnavailable as missing:
        config.stash.setdefault(_MISSING, {})[name] = missing
        # Nobody reads the skips of a green CI.
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))
