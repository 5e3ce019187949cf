"""Whether a run's clock is the wall's."""

from datetime import UTC, datetime, timedelta
from typing import Final

import rxstream as rs

_NEAR: Final = timedelta(milliseconds=50)


def is_by_the_wall() -> bool:
    """Read the run's clock between two looks at the wall's, so that a pause in between does not count."""
    before, now = datetime.now(UTC), rs.now()
    return before - _NEAR < now < datetime.now(UTC) + _NEAR
