"""The house stands as it was drawn: imports point down, clients are imported in one place, and the door is light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "rxstream"
FLOORS = [
    {"errors", "_version"},
    {"core"},
    {"drivers", "state", "delivery"},
    {"sources", "operators", "sinks", "handlers"},
    {"runtime", "agents", "bus"},
    {"metrics", "notebook"},
    {"testing"},
    {"cli", "_pytest"},
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
#: The whole house in one door: what users import.
DOORS = {"__init__", "__main__", "_public"}
CLIENTS = {
    "aiokafka": "drivers/kafka.py",
    "backports": "drivers/zst.py",
    "cronsim": "sources/_cron.py",
    "msgspec": "drivers/codecs.py",
    "pandas": "drivers/frames.py",
    "pika": "drivers/amqp.py",
    "polars": "drivers/frames.py",
    "pyarrow": "drivers/parquet.py",
    "sqlalchemy": "drivers/sql.py",
}
FILES = sorted(ROOT.rglob("*.py"))
IN_ROOMS = [file for file in FILES if file.parent != ROOT or file.stem not in DOORS]


def imported(file: Path) -> Iterator[str]:
    """Yield the modules that a file imports, in functions too."""
    for found in ast.walk(ast.parse(file.read_text())):
        if isinstance(found, ast.Import):
            yield from (name.name for name in found.names)
        elif isinstance(found, ast.ImportFrom) and found.module:
            yield found.module
            yield from (f"{found.module}.{name.name}" for name in found.names)


def room_of(file: Path) -> str:
    """Return the room that a file stands in."""
    return file.relative_to(ROOT).parts[0].removesuffix(".py")


def rooms_used(file: Path) -> set[str]:
    """Return the rooms that a file imports from; the door itself is only for those who stand above all rooms."""
    return {
        name.split(".")[1] if "." in name else "__init__"
        for name in imported(file)
        if name == "rxstream" or (name.startswith("rxstream.") and name.split(".")[1] in FLOOR_OF)
    }


@pytest.mark.parametrize("file", IN_ROOMS, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_point_down(file: Path) -> None:
    room = room_of(file)

    highest = {used: FLOOR_OF.get(used, len(FLOORS) - 2) for used in rooms_used(file) if used != room}

    assert not {used for used, floor in highest.items() if floor >= FLOOR_OF[room]}


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_is_imported_in_one_file(client: str) -> None:
    using = {str(file.relative_to(ROOT)) for file in FILES if any(n.split(".")[0] == client for n in imported(file))}

    assert using <= {CLIENTS[client]}


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    assert not [file.name for file in FILES if len(file.read_text().splitlines()) > 400]


def test_every_file_says_in_one_sentence_what_it_is() -> None:
    assert not [file.name for file in FILES if not ast.get_docstring(ast.parse(file.read_text()))]


def test_importing_it_loads_no_client_and_not_the_command_line() -> None:
    code = "import sys, rxstream; print([m for m in ('aiokafka', 'pika', 'argparse', 'rich') if m in sys.modules])"

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == "[]\n"
