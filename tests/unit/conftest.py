"""What many unit tests ask for: a refusal's sentence, a source's batches, a source that counts."""

import gc
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings

import rxstream as rs

# The same examples in every run, and no clock: a slow machine is no failure.
settings.register_profile("unit", max_examples=40, deadline=None, derandomize=True)
settings.load_profile("unit")

Refusal = Callable[[Callable[[], object]], str]
InBatches = Callable[[rs.Stream[Any], int], rs.Stream[Any]]


# For the whole session, so that property tests may use them: they keep nothing.
@pytest.fixture(scope="session")
def refusal() -> Refusal:
    """Return the whole sentence with which something is refused while it is built."""

    def sentence(build: Callable[[], object]) -> str:
        with pytest.raises(rs.ConfigurationError) as caught:
            build()
        return str(caught.value)

    return sentence


@pytest.fixture(scope="session")
def in_batches() -> InBatches:
    """Cut what a source hands over into batches of one size."""

    def cut(source: rs.Stream[Any], size: int) -> rs.Stream[Any]:
        assert source.feed is not None
        assert source.feed.batches is not None
        records = [record for batch in source.feed.batches() for record in batch]

        def batches() -> Iterator[Sequence[Any]]:
            return (records[start : start + size] for start in range(0, len(records), size))

        return rs.Stream(feed=replace(source.feed, batches=batches))

    return cut


@pytest.fixture
def left_behind() -> Iterator[list[warnings.WarningMessage]]:
    """Note what was left unawaited or open; said in the middle of another test, it would be that one's failure."""
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        yield noted
        gc.collect()


class Numbers:
    """The numbers from 1 on; whoever asks for more than a thousand has not heard that it is enough."""

    def __init__(self) -> None:
        self.pulled = 0

    def __iter__(self) -> Iterator[int]:
        for number in range(1, 1001):
            self.pulled = number
            yield number
        raise AssertionError("nobody stopped")


@pytest.fixture
def numbers() -> Numbers:
    """Return a source as good as endless, which knows how many were pulled."""
    return Numbers()
