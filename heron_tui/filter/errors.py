"""What is wrong with a filter, and where."""

from ..core.errors import UsageError


class FilterError(UsageError):
    """A filter that cannot be read. `at` and `end` are the place in the text, for the caret."""

    def __init__(self, message: str, text: str, at: int, end: int | None = None) -> None:
        self.message = message
        self.text = text
        self.at = min(at, len(text))
        self.end = max(self.at + 1, end or 0)
        super().__init__(f"filter: {message}\n  {text}\n  {self.caret()}")

    def caret(self) -> str:
        return " " * self.at + "^" * max(1, min(self.end, len(self.text)) - self.at)
