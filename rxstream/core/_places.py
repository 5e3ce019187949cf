"""The places of a shape's operators, by which their names are told apart in generated code."""

from __future__ import annotations

from itertools import accumulate

from rxstream.core._shape import Shape, StageShape


def placed(shape: Shape, first: int = 1) -> list[tuple[int, StageShape]]:
    """The operators, and what stands below where it has code of its own, with their places."""
    return list(enumerate((*shape.stages, *shape.ends), first))


def placed_branches(shape: Shape, first: int = 1) -> list[tuple[int, Shape]]:
    """The branches, with the places of their first operators."""
    places = accumulate([len(branch.names) for branch in shape.branches], initial=first + len(shape.stages))
    return list(zip(places, shape.branches, strict=False))


def all_placed(shape: Shape, first: int = 1) -> list[tuple[int, StageShape]]:
    """The operators, and what stands below, with those of all branches."""
    below = [found for place, branch in placed_branches(shape, first) for found in all_placed(branch, place)]
    return [*placed(shape, first), *below]


def ending(place: int) -> str:
    """What the names end in that a branch has for itself."""
    return f"_in_{place}"
