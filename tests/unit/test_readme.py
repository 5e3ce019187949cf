"""What README shows is what its code prints."""

import re
import subprocess
import sys
from pathlib import Path

from docs.sessions import blocks

README = Path(__file__).parents[2] / "README.md"


def code(needs: str | None) -> str:
    """The one block of code that needs this."""
    (body,) = (block.body for block in blocks(README) if block.language == "python" and block.needs == needs)
    return body


def test_the_first_pipeline_prints_what_stands_below_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", code(None)]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert ran.stdout == next(block.body for block in blocks(README) if block.language == "text")


def test_the_first_pipeline_is_fifteen_lines_and_its_test_six() -> None:
    lines = [len([line for line in code(needs).splitlines() if line.strip()]) for needs in (None, "pytest")]

    assert lines == [15, 6]


def test_the_marble_test_passes_and_fails_where_the_pipeline_is_another(tmp_path: Path) -> None:
    right, wrong = (tmp_path / f"test_{name}.py" for name in ("right", "wrong"))
    right.write_text(f"import pytest\n{code(None)}\n{code('pytest')}")
    wrong.write_text(right.read_text().replace("agg.mean", "agg.sum"))

    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "--strict-markers", "-p", "no:cacheprovider"]
    ran = subprocess.run([*command, right, wrong], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "1 failed, 1 passed" in ran.stdout, ran.stdout + ran.stderr


def test_every_block_is_executed_or_compared() -> None:
    kinds = [(block.needs, block.language) for block in blocks(README)]

    # Besides the two commands, which are `make`'s: what runs, what it prints, and what runs on a broker.
    assert kinds == [
        (None, ""),
        (None, "python"),
        (None, "text"),
        ("pytest", "python"),
        ("kafka", "python"),
        (None, "text"),
    ]


def test_the_two_commands_are_targets_of_make() -> None:
    (said,) = (block.body for block in blocks(README) if not block.language)
    targets = re.findall(r"^(\w+):", (README.parent / "Makefile").read_text(), re.MULTILINE)

    assert set(re.findall(r"^make (\w+)", said, re.MULTILINE)) <= set(targets)


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README.read_text())

    assert [link for link in links if not (README.parent / link).exists()] == []


def test_it_names_all_operators() -> None:
    from rxstream import operators

    listed = re.search(r"Operators: `(.*?)`", README.read_text(), re.DOTALL)
    own = [name for name in operators.__all__ if getattr(operators, name).__module__.startswith("rxstream.operators")]

    assert listed is not None
    assert sorted(listed[1].split()) == sorted(own)


def test_it_fits_on_a_few_screens() -> None:
    assert len(README.read_text().splitlines()) <= 120


def test_the_demos_output_is_the_real_one(tmp_path: Path) -> None:
    shown = next(block.body for block in blocks(README) if block.body.startswith("The delays of the year"))

    command = [sys.executable, "-m", "rxstream", "demo", "--out", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)

    assert not [line for line in shown.splitlines() if line not in ran.stdout.splitlines()]
