"""Numbers as people read them."""

from __future__ import annotations


def spaced(count: float) -> str:
    """A count, rounded, with a space between thousands: 12 500 000."""
    return f"{count:,.0f}".replace(",", " ")


def shortened(count: float) -> str:
    """A count in few signs: 12.5M."""
    for unit in ("", "k", "M", "G"):
        if count < 999.5:
            return f"{count:.3g}{unit}" if unit else f"{count:.0f}"
        count /= 1000
    return f"{count:.0f}T"
