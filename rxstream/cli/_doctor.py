"""``rxstream doctor``: what is installed, and which brokers answer."""

from __future__ import annotations

import argparse
import asyncio
import platform
import sys
import textwrap
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, NamedTuple

from rxstream._version import __version__
from rxstream.errors import ConnectError, MissingExtraError

#: By the extra's name the packages that it brings. Newer Pythons unpack zst themselves.
EXTRAS: Final = {
    "kafka": ("aiokafka",),
    "amqp": ("pika",),
    "sql": ("sqlalchemy",),
    "parquet": ("pyarrow",),
    "zst": () if sys.version_info >= (3, 14) else ("backports.zstd",),
    "msgpack": ("msgspec",),
    "frames": ("pandas",),
    "polars": ("polars",),
    "cron": ("cronsim", "tzdata"),
}
#: Asked where no address is given; nobody is missed who is not there.
_USUAL: Final = ("localhost:9092", "amqp://guest:guest@localhost:5672/")
_WIDEST: Final = 80


def add_to(commands: Any, debug: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "doctor",
        help="say what is installed, and which brokers answer",
        description=(
            "Say which extras are installed, and which brokers answer. A broker whose address is given must answer: "
            "if one does not, the exit code is 1. "
            "Example: rxstream doctor localhost:9092 amqp://guest:guest@localhost:5672/"
        ),
        parents=[debug],
    )
    parser.add_argument(
        "addresses",
        nargs="*",
        metavar="address",
        help=f"host:port of a Kafka, or amqp://… of a RabbitMQ (else {' and '.join(_USUAL)})",
    )
    parser.set_defaults(command=_doctor)


def _doctor(given: argparse.Namespace) -> int:
    answers = asyncio.run(_asked(given.addresses or _USUAL))
    about = f"rxstream {__version__}, reactivex {version('reactivex')}, Python {platform.python_version()}"
    rows = [("extra", "installed"), *((extra, _installed(extra)) for extra in EXTRAS)]
    brokers = [("broker", "address", ""), *((said.broker, said.place, said.state) for said in answers)]
    reasons = [
        textwrap.fill(said.reason, _WIDEST, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
        for said in answers
        if said.reason
    ]
    print("\n".join([about, "", *_table(rows), "", *_table(brokers), *reasons]))  # noqa: T201 - what the command is for
    return 1 if given.addresses and not all(said.answers for said in answers) else 0


def _installed(extra: str) -> str:
    """The versions of what an extra brings, or how to get it."""
    try:
        found = [f"{package} {version(package)}" for package in EXTRAS[extra]]
    except PackageNotFoundError:
        return f"no: pip install 'rxstream[{extra}]'"
    return ", ".join(found) or "comes with Python"


class _Answer(NamedTuple):
    """What a broker said: which it is, where, and if it did not answer, why."""

    broker: str
    place: str
    answers: bool
    reason: str = ""

    @property
    def state(self) -> str:
        """In a word or two."""
        return "answers" if self.answers else "does not answer"


async def _asked(addresses: Sequence[str]) -> list[_Answer]:
    """Ask all at once, as one that is away may take seconds."""
    return await asyncio.gather(*(_rabbitmq(one) if "://" in one else _kafka(one) for one in addresses))


async def _kafka(bootstrap: str) -> _Answer:
    from rxstream.drivers import require_client
    from rxstream.drivers.kafka import checked_servers, client_of, closed, connected

    try:
        require_client("doctor", "aiokafka", extra="kafka")
        client = client_of("doctor", "AIOKafkaProducer", checked_servers("doctor", bootstrap), {})
        await connected("doctor", client, bootstrap)
    except (ConnectError, MissingExtraError) as error:
        return _Answer("Kafka", bootstrap, answers=False, reason=_reason(error))
    await closed(client)
    return _Answer("Kafka", bootstrap, answers=True)


async def _rabbitmq(url: str) -> _Answer:
    # Without the user and the password.
    place = url.rpartition("@")[2].rpartition("://")[2].partition("/")[0]
    from rxstream.drivers.amqp import address_of, linked

    try:
        link = await linked(address_of("doctor", url))
    except (ConnectError, MissingExtraError) as error:
        return _Answer("RabbitMQ", place, answers=False, reason=_reason(error))
    await link.close()
    return _Answer("RabbitMQ", place, answers=True)


def _reason(error: Exception) -> str:
    return str(error).removeprefix("doctor: ")


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
