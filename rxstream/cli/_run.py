"""``rxstream run module:object``: run pipelines of one's own."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rxstream.core import Pipeline, did_you_mean
from rxstream.errors import ConfigurationError
from rxstream.runtime import run


def add_to(commands: Any, debug: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "run",
        help="run a Pipeline, a list of them, or a function returning either",
        description="Run pipelines. Example: rxstream run billing.pipelines:orders",
        parents=[debug],
    )
    parser.add_argument("target", metavar="module:object", help="where the pipelines are")
    parser.set_defaults(command=_run)


def _run(given: argparse.Namespace) -> int:
    report = run(*pipelines_of(given.target))
    print(report)  # noqa: T201 - what the command is for
    if report.unsettled:
        sys.stderr.write(f"rxstream: the shutdown budget ran out; {report.unsettled} records are unsettled\n")
    return 1 if report.unsettled else 0


def pipelines_of(target: str, *, who: str = "run") -> Sequence[Pipeline]:
    """Find what ``module:object`` names.

    Args:
        target: Where to look.
        who: The command, for messages.

    Raises:
        ConfigurationError: If there is no such module or object, or it is no pipeline.
    """
    module_name, colon, name = target.partition(":")
    if not colon or not module_name or not name:
        raise ConfigurationError(
            f"{who}: the target must be module:object; got {target!r}. For instance billing:orders."
        )
    module = _module(module_name, who)
    if not hasattr(module, name):
        known = [known for known in vars(module) if not known.startswith("_")]
        raise ConfigurationError(f"{who}: {module_name} must have {name!r}, and has not. {did_you_mean(name, known)}")
    made = getattr(module, name)
    if callable(made) and not isinstance(made, Pipeline):
        made = made()
    pipelines = [made] if isinstance(made, Pipeline) else made
    if not isinstance(pipelines, list | tuple) or not all(isinstance(one, Pipeline) for one in pipelines):
        raise ConfigurationError(
            f"{who}: {target} must be a Pipeline, a list of them, or a function returning either; got {made!r}. "
            "End its stream in a sink: stream.to(…)."
        )
    return pipelines


def _module(name: str, who: str) -> Any:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise ConfigurationError(
                f"{who}: there must be a module {name!r}; none was found. Check the name."
            ) from error
        raise
