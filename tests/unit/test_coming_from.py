"""The twins of other libraries' samples print the right numbers, and their pages show what they print."""

import re
import runpy
import time
from pathlib import Path

import pytest

FOLDERS = Path(__file__).parents[2] / "docs" / "coming-from"
ASP = FOLDERS / "asp"
SAMPLES = sorted(path.name for path in ASP.glob("*.py"))
EVERY = sorted(f"{path.parent.name}/{path.name}" for path in FOLDERS.glob("*/*.py"))
#: The integration tests run these, each by the name of what it is told by the environment.
BROKERS = {"KAFKA": 'os.environ.get("KAFKA"', "RABBITMQ": 'os.environ.get("RABBITMQ"'}
LIVE = "-- live --\n"
_INSTANT = re.compile(r"\+(\d+\.\d{3}) s")
_SECTION = re.compile(r"^## .*?`(?P<name>\w+\.py)`\n(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"```(?P<language>\w+)\n(?P<body>.*?)```", re.DOTALL)

PRINTED = {
    "past.py": """\
09:00:00.000000  09:00:00.000000  Welcome, Ada.
09:00:01.000000  09:00:01.000000  Welcome, Bob.
09:00:02.000000  09:00:02.000000  Welcome, Cleo.
09:00:03.000000  09:00:03.000000  Welcome back, Ada.
""",
    "live.py": """\
+? s  Welcome, Ada.
+? s  Welcome, Bob.
+? s  Welcome, Cleo.
+? s  Welcome back, Ada.
""",
    "crossing.py": """\
+00.000 s  Welcome, Ada.
+01.000 s  Welcome, Bob.
-- live --
+? s  Welcome back, Bob.
+? s  Welcome, Cleo.
+? s  Welcome back, Ada.
""",
    "call_later.py": """\
+00.000 s  Ada rings.
+00.050 s  Bob rings.
+00.050 s  Ada comes in.
+00.100 s  Bob comes in.
-- live --
+? s  Cleo rings.
+? s  Cleo comes in.
+? s  Dan rings.
+? s  Dan comes in.
""",
    "sleep.py": """\
+00.000 s  The doorman hears that Ada rang at +00.000 s.
+05.000 s  Ada comes in.
+05.000 s  The doorman hears that Bob rang at +01.000 s.
+10.000 s  Bob comes in.
-- live --
+? s  The doorman hears that Cleo rang at +? s.
+? s  Cleo comes in.
+? s  The doorman hears that Dan rang at +? s.
+? s  Dan comes in.
""",
    "timer.py": """\
22:00:01.000000  Quick begins round 1
22:00:01.400000  Quick is back from round 1
22:00:02.000000  Quick begins round 2
22:00:02.400000  Quick is back from round 2
22:00:03.000000  Quick begins round 3
22:00:03.400000  Quick is back from round 3
22:00:04.000000  Quick begins round 4
22:00:04.400000  Quick is back from round 4
22:00:05.000000  Quick begins round 5
22:00:05.400000  Quick is back from round 5
22:00:06.000000  The bell rings
22:00:01.000000  Slow begins round 1
22:00:02.500000  Slow is back from round 1
22:00:03.000000  Slow begins round 2
22:00:04.500000  Slow is back from round 2
22:00:05.000000  Slow begins round 3
22:00:06.500000  Slow is back from round 3
""",
    "stats.py": """\
09:00:00.500000 mean of three 13.50
09:00:00.900000 mean of three 13.83
09:00:01.500000 mean of three 14.33
09:00:00 north 3 quotes 10.50
09:00:00 south 1 quotes 20.00
09:00:01.500000 mean of three 15.00
09:00:01.700000 mean of three 18.33
09:00:02.000000 mean of three 22.00
09:00:01 north 1 quotes 12.00
09:00:01 south 2 quotes 21.50
09:00:03.100000 mean of three 18.33
09:00:02 south 1 quotes 23.00
09:00:03.900000 mean of three 18.00
09:00:03 north 1 quotes 11.00
09:00:03 south 1 quotes 20.00
""",
    "pnl.py": """\
+00.200 s  10 shares, no price yet
+00.500 s  10 shares, +10.00
+01.000 s  60 shares, +10.00
+01.500 s  60 shares, +40.00
+04.000 s  60 shares, +130.00
+04.000 s  30 shares, +130.00
+04.500 s  -30 shares, +100.00
+05.000 s  -30 shares, +130.00
-- live --
+? s  -30 shares, +70.00
+? s  -10 shares, +70.00
+? s  -10 shares, +75.00
""",
}


def needs(sample: str) -> str | None:
    """The broker without which a sample does not run."""
    code = (FOLDERS / sample).read_text()
    return next((broker for broker, sign in BROKERS.items() if sign in code), None)


ALONE = [sample for sample in EVERY if not sample.startswith("asp/") and needs(sample) is None]


def printed_by(name: str, capsys: pytest.CaptureFixture[str], *, folder: Path = ASP) -> str:
    runpy.run_path(str(folder / name), run_name="__main__")
    return capsys.readouterr().out


def comparable(name: str, printed: str) -> str:
    """Leave out the instants of the live part, which are each run's own."""
    past, live, present = ("", "", printed) if name == "live.py" else printed.partition(LIVE)
    return past + live + _INSTANT.sub("+? s", present)


def live_instants(printed: str) -> list[float]:
    """The first instant of each line behind the past, if there is one."""
    return [float(found[1]) for found in map(_INSTANT.match, printed.split(LIVE)[-1].splitlines()) if found]


def sections(folder: str = "asp") -> dict[str, dict[str, str]]:
    """What a page says of each sample: its Python and its output."""
    return {
        found["name"]: {block["language"]: block["body"] for block in _BLOCK.finditer(found["body"])}
        for found in _SECTION.finditer((FOLDERS / folder / "README.md").read_text())
    }


def test_each_sample_has_its_numbers() -> None:
    assert sorted(PRINTED) == SAMPLES


def test_each_sample_has_its_section() -> None:
    shown = [
        f"{page.parent.name}/{name}" for page in FOLDERS.glob("*/README.md") for name in sections(page.parent.name)
    ]

    assert sorted(shown) == EVERY


@pytest.mark.parametrize("sample", ALONE)
def test_a_page_shows_what_its_sample_prints(sample: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder, _, name = sample.partition("/")

    assert sections(folder)[name]["text"] == printed_by(sample, capsys, folder=FOLDERS)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_prints_the_right_numbers(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed = printed_by(name, capsys)

    assert comparable(name, printed) == PRINTED[name]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_page_shows_what_the_sample_prints(name: str) -> None:
    shown = sections()[name]["text"]

    assert comparable(name, shown) == PRINTED[name]


@pytest.mark.parametrize("sample", EVERY)
def test_the_code_on_a_page_is_the_samples(sample: str) -> None:
    folder, _, name = sample.partition("/")
    lines = [line.strip() for line in (FOLDERS / sample).read_text().splitlines()]
    shown = [line.strip() for line in sections(folder)[name]["python"].splitlines()]

    assert "\n".join(shown) in "\n".join(lines)


@pytest.mark.parametrize(("name", "opening"), [("live.py", 0.0), ("crossing.py", 60.0), ("pnl.py", 60.0)])
def test_what_is_live_comes_no_earlier_than_it_was_sent(
    name: str, opening: float, capsys: pytest.CaptureFixture[str]
) -> None:
    instants = live_instants(printed_by(name, capsys))

    assert instants == sorted(instants)
    # Half a millisecond is what rounding may take.
    assert all(at >= opening + 0.1 * place - 0.0005 for place, at in enumerate(instants))


@pytest.mark.parametrize(("name", "wait"), [("call_later.py", 0.05), ("sleep.py", 0.1)])
def test_a_live_wait_takes_its_time(name: str, wait: float, capsys: pytest.CaptureFixture[str]) -> None:
    instants = live_instants(printed_by(name, capsys))

    # Both instants are rounded, by half a millisecond each.
    assert instants[1] - instants[0] >= wait - 0.0011
    assert instants[3] - instants[2] >= wait - 0.0011


def test_sleeping_in_the_past_takes_no_time(capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()

    printed = printed_by("sleep.py", capsys)

    assert "+10.000 s  Bob" in printed
    assert time.monotonic() - began < 5
