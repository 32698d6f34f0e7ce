"""What all formats work with: the store, its conversations, the options, and where counts go."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ..conversation.reading import Conversations
from ..store.reader import Reader
from .options import Options
from .redaction import Redaction
from .report import Report
from .said import Keys


@dataclass(slots=True)
class Context:
    """One export.

    Attributes:
        stopped: asked between records; True ends the export early.
    """

    reader: Reader
    options: Options
    report: Report = field(default_factory=Report)
    stopped: Callable[[], bool] = lambda: False
    conversations: Conversations = field(init=False)
    redaction: Redaction = field(init=False)
    keys: Keys = field(default_factory=Keys)

    def __post_init__(self) -> None:
        self.conversations = Conversations(self.reader)
        self.redaction = Redaction(self.options.redact == "yes")
