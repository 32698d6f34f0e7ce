"""A request as a curl command that asks the same again. Secrets are not in the store: `$API_KEY` stands for each."""

import re
from collections.abc import Iterable

from ..store.shapes import Record

REDACTED = re.compile(r"\[redacted:[0-9a-f]+\]")
PLACEHOLDER = "$API_KEY"
OWN = frozenset(
    "host content-length connection accept-encoding transfer-encoding content-encoding keep-alive expect te"
    " proxy-connection upgrade".split()
)
"""Headers that curl makes itself, or that told how the body was packed on the wire."""
END = "END_OF_BODY"
MARK = "\0"


def command(exchange: Record, body: bytes, *, tls: bool) -> str | None:
    """The command; None for what curl cannot ask (WebSocket messages, bodies that are no text)."""
    if exchange["transport"] == "websocket" or not (exchange["method"] or "").isalpha():
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    target = exchange["target"] or exchange["path"] or "/"
    base = f"{'https' if tls else 'http'}://{exchange['host'] or exchange['server']}"
    lines = [
        f"curl --compressed -X {_quoted(exchange['method'])} {_quoted(target if '://' in target else base + target)}"
    ]
    lines += [f"  -H {_quoted(f'{name}: {value}')}" for name, value in _headers(exchange["request_headers"] or ())]
    if not text:
        return " \\\n".join(lines) + "\n"
    end = END
    while end in text:
        end += "_"
    lines.append(f"  --data-binary @- <<'{end}'")
    return " \\\n".join(lines) + f"\n{text}\n{end}\n"


def _headers(headers: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, value in headers if name.lower() not in OWN and not name.startswith(":"))


def _quoted(text: str) -> str:
    """A word for the shell; what was redacted becomes a variable that it fills in."""
    if not REDACTED.search(text):
        return "'" + text.replace("'", "'\\''") + "'"
    safe = re.sub(r"([\\\"$`])", r"\\\1", REDACTED.sub(MARK, text))
    return f'"{safe.replace(MARK, PLACEHOLDER)}"'
