"""Reading files packed with Zstandard: the one place that imports what unpacks them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import IO, Any, Final, cast

from rxstream.errors import MissingExtraError

_MODULE: Final = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"


def require_zstd(who: str) -> None:
    """Check that the library is there.

    Raises:
        MissingExtraError: If it is not.
    """
    try:
        _zstd()
    except ImportError:
        raise MissingExtraError(
            f"{who}: needs {_MODULE}, which is not installed. Run: pip install 'rxstream[zst]'", name=_MODULE
        ) from None


def open_zst(path: Path) -> IO[bytes]:
    """Open a file whose content is unpacked while it is read."""
    return cast("IO[bytes]", _zstd().open(path, "rb"))


def broken_zst() -> type[Exception]:
    """What is raised for content that cannot be unpacked."""
    return cast("type[Exception]", _zstd().ZstdError)


def _zstd() -> Any:
    return importlib.import_module(_MODULE)
