"""The commands and their options; errors are one line, and exit codes mean something."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from rxstream._version import __version__
from rxstream.cli import _demo, _doctor, _graph, _run
from rxstream.errors import ConfigurationError, RxstreamError

_FAILED: Final = 1
_WRONG_USE: Final = 2

_EXAMPLES: Final = """\
examples:
  rxstream demo                           a year of flights, from a file
  rxstream demo --broker kafka            the same, through Kafka (or amqp)
  rxstream run billing.pipelines:orders   a Pipeline of your own
  rxstream graph billing.pipelines:orders -o orders.svg
                                          a picture of it
  rxstream doctor                         what is there, which brokers answer

exit codes:
  0 done or stopped cleanly
  1 the pipeline failed, the shutdown budget ran out, a broker is not there
  2 wrong use
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code.

    Args:
        arguments: What was typed behind ``rxstream``; None: what the process was given.
    """
    given = _parser().parse_args(arguments)
    try:
        return int(given.command(given))
    except KeyboardInterrupt:
        return _tell("interrupted", 130)
    except Exception as error:
        if getattr(given, "debug", False):
            raise
        return _tell(_one_line(error), _WRONG_USE if isinstance(error, ConfigurationError) else _FAILED)


def _parser() -> argparse.ArgumentParser:
    debug = argparse.ArgumentParser(add_help=False)
    # Known before and behind the command; behind it must not reset what was said before.
    debug.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback of an error")
    parser = argparse.ArgumentParser(
        prog="rxstream",
        description="Event streams as Rx pipelines.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[debug],
    )
    parser.add_argument("--version", action="version", version=f"rxstream {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    _demo.add_to(commands, debug)
    _run.add_to(commands, debug)
    _graph.add_to(commands, debug)
    _doctor.add_to(commands, debug)
    return parser


def _one_line(error: BaseException) -> str:
    said = " ".join(str(error).split())
    return said if isinstance(error, RxstreamError) and said else f"{type(error).__name__}: {said}"


def _tell(line: str, code: int) -> int:
    sys.stderr.write(f"rxstream: {line}\n")
    return code
