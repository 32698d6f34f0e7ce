"""Agents: from calls to turns, sessions, sub-agents, retries and tools.

`profile.load` reads what is known of each agent (TOML in `profiles/`); a `Teller` takes calls and tells what they were
part of. How a call is read stands in `facts`, how it is placed among the others in `placing`.
"""

from . import profile
from .teller import Teller

__all__ = ["Teller", "profile"]
