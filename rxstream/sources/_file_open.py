"""A file's bytes, unpacked where its name says that it is packed."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import IO, cast

from rxstream.drivers.formats import packing_of
from rxstream.drivers.zst import broken_zst, open_zst
from rxstream.errors import ConnectError


def opened(path: Path) -> IO[bytes]:
    """Open a file to be read.

    Raises:
        ConnectError: If it is not there, not readable, or no archive of one file.
    """
    packing = packing_of(path)
    if packing == ".zip" and path.is_file():
        return _only_member(path)
    try:
        if packing == ".gz":
            import gzip  # only for packed files

            return cast("IO[bytes]", gzip.open(path, "rb"))
        return open_zst(path) if packing == ".zst" else path.open("rb")
    except OSError as error:
        raise missing(path, error) from error


def missing(path: Path, error: OSError) -> ConnectError:
    """What is raised for a file that cannot be opened."""
    return ConnectError(
        f"from_file: the file must be there and readable; {str(path)!r}: {error.strerror or error}. Check the path."
    )


def damage_of(path: Path) -> tuple[type[Exception], ...]:
    """What reading a damaged file raises."""
    packed = (broken_zst(),) if packing_of(path) == ".zst" else ()
    return (OSError, EOFError, zlib.error, *packed)


def _only_member(path: Path) -> IO[bytes]:
    import zipfile  # only for packed files

    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise ConnectError(f"from_file: {str(path)!r} must be a zip archive; {error}. Check the file.") from error
    names = [name for name in archive.namelist() if not name.endswith("/")]
    if len(names) != 1:
        archive.close()
        raise ConnectError(f"from_file: the archive must hold one file; {str(path)!r} holds {len(names)}. Unpack it.")
    member = archive.open(names[0])
    # The member keeps what it needs of it.
    archive.close()
    return member
