"""Event streams as Rx pipelines: the same answers in a test, in a replay and live, and nothing lost in between."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rxstream._version import __version__ as __version__

if TYPE_CHECKING:
    from rxstream._public import *  # noqa: F403 - they are listed there
    from rxstream._public import __all__ as __all__
else:

    def __getattr__(name: str) -> Any:
        # Nothing is imported before something is asked for: every run of pytest imports this package, for its plugin.
        if not name.startswith("_") or name == "__all__":
            public = import_module("rxstream._public")
            offered = {"__all__": public.__all__} | {known: getattr(public, known) for known in public.__all__}
            if name in offered:
                globals().update(offered)
                return offered[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    from rxstream._public import __all__

    return __all__
