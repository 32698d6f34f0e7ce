"""One packet's own layers with the bytes of each field, for the detail tree: decoding streams is the engine's."""

from .field import Field
from .packet import Dissection, dissect

__all__ = ["Dissection", "Field", "dissect"]
