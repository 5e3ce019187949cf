"""What is said by two inputs in turn, for the tests of operators that bring streams together."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

import rxstream as rs


class End:
    """Says that a side has ended; called with the side, it is the script's line."""

    def __call__(self, side: str) -> tuple[str, Any]:
        return side, self

    def __repr__(self) -> str:
        return "END"


END = End()
#: Which side says what, one after the other; a side ends right behind its last item.
Script = Sequence[tuple[str, Any]]


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """Draw what two sides say in turn: numbers, each once."""
    sides = draw(st.lists(st.sampled_from("LR"), max_size=12))
    last = {side: place for place, side in enumerate(sides)}
    script = [END(side) for side in "LR" if side not in last]
    for place, side in enumerate(sides):
        script.append((side, place))
        if last[side] == place:
            script.append(END(side))
    return script


def histories(script: Script) -> tuple[rs.Stream[Any], rs.Stream[Any]]:
    """The two sides as histories: a number is said at the second of that number."""
    left, right = ([(said, said) for by, said in script if by == side and said is not END] for side in "LR")
    return rs.from_history(left, unit="s"), rs.from_history(right, unit="s")
