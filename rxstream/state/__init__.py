"""Remembering per key."""

from rxstream.state._keys import Forget, Keys, Known, Limits, limits_of, refuse_unhashable, telling

__all__ = ["Forget", "Keys", "Known", "Limits", "limits_of", "refuse_unhashable", "telling"]
