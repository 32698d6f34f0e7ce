"""Sources of packets: capture files and streams, read as batches of columns."""

from .pace import paced
from .sources import Sources, open_sources

__all__ = ["Sources", "open_sources", "paced"]
