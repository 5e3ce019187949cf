"""What README shows is what its code prints."""

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
_BLOCK = re.compile(r"(?:<!-- needs: (?P<needs>\w+) -->\n)?```(?P<language>\w*)\n(?P<body>.*?)```", re.DOTALL)


def blocks() -> list[tuple[str | None, str, str]]:
    """Return what each block needs, its language and its text."""
    return [(found["needs"], found["language"], found["body"]) for found in _BLOCK.finditer(README.read_text())]


def test_the_first_pipeline_prints_what_stands_below_it(tmp_path: Path) -> None:
    found = blocks()
    place, code = next((place, body) for place, (_, language, body) in enumerate(found) if language == "python")

    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert ran.stdout == found[place + 1][2]


def test_it_names_all_operators() -> None:
    from rxstream import operators

    listed = re.search(r"Operators: `(.*?)`", README.read_text(), re.DOTALL)
    own = [name for name in operators.__all__ if getattr(operators, name).__module__.startswith("rxstream.operators")]

    assert listed is not None
    assert sorted(listed[1].split()) == sorted(own)


def test_it_fits_on_a_few_screens() -> None:
    assert len(README.read_text().splitlines()) <= 120


def test_the_demos_output_is_the_real_one(tmp_path: Path) -> None:
    shown = next(body for _, _, body in blocks() if body.startswith("The delays of the year"))

    command = [sys.executable, "-m", "rxstream", "demo", "--out", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)

    assert not [line for line in shown.splitlines() if line not in ran.stdout.splitlines()]
