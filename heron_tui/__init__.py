"""heron-tui: the Wireshark for AI agents, in a terminal."""

__version__ = "0.1.0"
