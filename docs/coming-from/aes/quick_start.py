"""Five readings of a meter, made up, half a second apart: parsed, marked and printed."""

import asyncio
import json
from collections.abc import AsyncIterator

import rxstream as rs
from rxstream import operators as ops

PAUSE = 0.05


async def meter() -> AsyncIterator[rs.Event]:
    """Bring readings as they come; one of them is cut off."""
    for number, text in enumerate(['{"kwh": 3}', '{"kwh": 5}', '{"kw', '{"kwh": 2}', '{"kwh": 8}']):
        yield rs.Event(text, headers=(("source", b"meter"), ("number", str(number).encode())))
        await asyncio.sleep(PAUSE)


def mark(text: str) -> dict | None:
    """Parse a reading, and say that it was done; what is no JSON is let go."""
    try:
        return {**json.loads(text), "status": "seen"}
    except json.JSONDecodeError:
        print("let go:", text)
        return None


def show(reading: dict) -> None:
    """Print a reading, and where it came from."""
    event = rs.current_event()
    print(f"{event.header('source').decode()} {event.header('number').decode()}: {reading}")


def main() -> None:
    """Run it to the meter's end."""
    report = rs.run(rs.from_aiter(meter).pipe(ops.process(mark)).to(show, name="meter"))
    print(report["meter"].received, "received,", report["meter"].emitted, "shown,", report["meter"].dropped, "let go")


if __name__ == "__main__":
    main()
