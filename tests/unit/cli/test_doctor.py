"""``rxstream doctor``: what is installed, and which brokers answer."""

import importlib.metadata
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import rxstream as rs
from rxstream.cli import _doctor, main
from tests.brokers.ports import LOOPBACK, free_port

#: Extras for those who work on rxstream, and the one of all the others.
NOT_USERS = {"all", "bench", "dev", "docs"}
RABBITMQ_AWAY = "a RabbitMQ broker must answer at {place}; none did. Start it, or correct url."
KAFKA_AWAY = (
    "a Kafka broker must answer at {place}; none did. Start it, or correct bootstrap_servers (and security_protocol, "
    "if it wants a password)."
)

Doctor = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Call the command; gives its exit code and its lines."""

    def call(*addresses: str) -> tuple[int, list[str]]:
        return main(["doctor", *addresses]), capsys.readouterr().out.splitlines()

    return call


@pytest.fixture
def away() -> str:
    """An address at which nobody answers."""
    return f"{LOOPBACK}:{free_port()}"


def test_it_names_the_versions_that_matter(doctor: Doctor, away: str) -> None:
    _, lines = doctor(away)

    assert lines[0].startswith(f"rxstream {rs.__version__}, reactivex 6.")
    assert ", Python 3." in lines[0]


def test_it_knows_every_extra_and_all_that_it_brings() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    asked = {name: found for name, found in project["optional-dependencies"].items() if name not in NOT_USERS}

    assert _doctor.EXTRAS.keys() == asked.keys()
    for extra, packages in _doctor.EXTRAS.items():
        assert [named.startswith(package) for package, named in zip(packages, asked[extra], strict=False)] == [
            True for _ in packages
        ]


def test_an_extra_that_is_missing_says_how_to_get_it(
    doctor: Doctor, away: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.metadata.version

    def version(package: str) -> str:
        if package == "tzdata":
            raise importlib.metadata.PackageNotFoundError(package)
        return real(package)

    monkeypatch.setattr(_doctor, "version", version)
    code, lines = doctor(away)

    assert (code, lines[2], lines[11]) == (1, "extra    installed", "cron     no: pip install 'rxstream[cron]'")
    assert lines[3] == f"kafka    aiokafka {real('aiokafka')}"


def test_a_broker_that_is_asked_for_and_away_is_exit_code_1_and_says_what_to_do(doctor: Doctor, away: str) -> None:
    code, lines = doctor(away, f"amqp://guest:secret@{away}/shop")

    assert code == 1
    assert lines[13:16] == [
        f"{'broker':<8}  address",
        f"{'Kafka':<8}  {away}  does not answer",
        f"{'RabbitMQ':<8}  {away}  does not answer",
    ]
    reasons = " ".join(line.strip() for line in lines[16:])
    assert reasons == f"{KAFKA_AWAY.format(place=away)} {RABBITMQ_AWAY.format(place=away)}"


def test_nobody_is_missed_who_was_not_asked_for(doctor: Doctor, away: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_doctor, "_USUAL", (away,))

    assert doctor()[0] == 0


def test_it_fits_into_a_terminal_of_80_columns(doctor: Doctor, away: str) -> None:
    assert max(map(len, doctor(away, f"amqp://{away}")[1])) <= 80


def test_what_is_no_address_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    line = (
        "rxstream: doctor: url must be amqp://user:password@host:port/vhost; got 'http://x'. "
        "Correct it; special characters are written as %2F and the like.\n"
    )

    assert (main(["doctor", "http://x"]), *capsys.readouterr()) == (2, "", line)


def test_a_client_that_is_not_installed_cannot_ask(doctor: Doctor, away: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    code, lines = doctor(away)

    assert (code, lines[-1].strip()) == (
        1,
        "needs aiokafka, which is not installed. Run: pip install 'rxstream[kafka]'",
    )


@pytest.mark.parametrize("address", ["localhost:abc", "localhost:", ":9092", ""])
def test_what_is_no_address_is_exit_code_2(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", address])

    assert (code, capsys.readouterr().err) == (
        2,
        f"rxstream: doctor: bootstrap_servers must be host:port, several with commas; got {address!r}. Correct it.\n",
    )
