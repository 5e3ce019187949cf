"""The formats of files, and what their names' endings say of them."""

from __future__ import annotations

from typing import Final

FORMATS: Final = ("csv", "jsonl", "lines")
FORMAT_OF: Final = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "lines", ".log": "lines"}
