"""What stands in a pipe: rxstream's operators, one a file, and the others of reactivex."""

from rxstream.operators._event_time import event_time
from rxstream.operators._events import events, values
from rxstream.operators._filter import filter
from rxstream.operators._flat_map import flat_map
from rxstream.operators._key_by import key_by
from rxstream.operators._map import map
from rxstream.operators._merge import merge
from rxstream.operators._observe import observe
from rxstream.operators._process import process
from rxstream.operators._reactivex import *  # noqa: F403 - the list stands there
from rxstream.operators._reactivex import __all__ as _reactivex_names
from rxstream.operators._scan import scan, scan_by_key
from rxstream.operators._take import take
from rxstream.operators._tee import tee
from rxstream.operators._window import window

__all__ = [  # noqa: PLE0604 - the second list is one of names, too
    "event_time",
    "events",
    "filter",
    "flat_map",
    "key_by",
    "map",
    "merge",
    "observe",
    "process",
    "scan",
    "scan_by_key",
    "take",
    "tee",
    "values",
    "window",
    *_reactivex_names,
]
