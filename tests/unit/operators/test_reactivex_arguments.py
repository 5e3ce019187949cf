"""What only reactivex's operator of the same name would take is refused, naming that one."""

from collections.abc import Callable
from typing import Any

import pytest
import reactivex

from rxstream import operators as ops
from tests.unit.conftest import Refusal

OTHER: Any = reactivex.never()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ops.buffer(OTHER), "buffer: count must be a whole number of at least 1; got an Observable. "),
        (lambda: ops.sample(OTHER), "sample: d must be a duration; got an Observable. "),
        (lambda: ops.timeout(OTHER), "timeout: d must be a duration; got an Observable. "),
        (lambda: ops.window(OTHER), "window: by must say how time is cut; got an Observable. "),
        (lambda: ops.map(OTHER), "map: f must be a function of one value; got an Observable. "),
    ],
)
def test_an_observable_in_the_place_of_a_number_or_function(
    refusal: Refusal, make: Callable[[], object], message: str
) -> None:
    name = message.partition(":")[0]

    assert refusal(make) == f"{message}For reactivex's operator of that name write reactivex.operators.{name}."
