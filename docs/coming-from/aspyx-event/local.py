"""Events within one process: whoever has the subject sends, and a function listens."""

import asyncio
from dataclasses import dataclass

from reactivex import Subject

import rxstream as rs


@dataclass(frozen=True)
class Greeting:
    """Somebody is to be greeted."""

    whom: str


async def greet(greeting: Greeting) -> None:
    """Listen; it may be sync or async."""
    await asyncio.sleep(0.01)
    print(f"Hello, {greeting.whom}.")


async def main() -> None:
    """Send two greetings while the listener runs."""
    greetings: Subject[Greeting] = Subject()
    async with rs.running(rs.from_observable(greetings).to(greet, name="greet")) as run:
        greetings.on_next(Greeting("world"))
        greetings.on_next(Greeting("moon"))
        greetings.on_completed()
        report = await run.wait()
    print(report["greet"].emitted, "greeted")


if __name__ == "__main__":
    asyncio.run(main())
