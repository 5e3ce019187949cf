"""The command line."""

from rxstream.cli._main import main

__all__ = ["main"]
