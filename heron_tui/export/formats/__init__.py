"""The formats, one file each. To add one: write a module with a `FORMAT` and put it into `FORMATS`."""

from . import calls, har, markdown, sft
from .format import Format

FORMATS: dict[str, Format] = {one.name: one for one in (sft.FORMAT, calls.FORMAT, markdown.FORMAT, har.FORMAT)}
