"""Packets to flows: ordered bytes of each direction, with gaps said."""

from .limits import Limits
from .tracker import Counters, Tracker

__all__ = ["Counters", "Limits", "Tracker"]
