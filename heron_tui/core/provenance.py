"""Who made a connection, as the comment of its first packet: so the capture file says it, to Wireshark and to a replay.

Two lines: one for people, then `heron-tui: ` and one JSON object. Comments survive what other programs do to a capture;
blocks and options of one's own do not.
"""

from dataclasses import asdict, dataclass

import msgspec

from ..model.flow import Process
from . import secrets

MARK = "heron-tui: "
MOST_ARGUMENTS = 32
LONGEST_ARGUMENT = 200
_SECRET_FLAG = ("key", "token", "secret", "password")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Attributes:
    process: None where it is not known.
    tls: the library that the plaintext was read from, None for packets of the wire.
    address: where the connection's addresses come from: `socket`, or `synthetic` where they are not known.
    """

    process: Process | None = None
    tls: str | None = None
    address: str | None = None


_decode = msgspec.json.Decoder(Provenance).decode


def comment(found: Provenance) -> str:
    """The text that says it."""
    process = found.process
    words = []
    if process:
        words.append(f"{process.comm or 'process'} (pid {process.pid})")
        words += [process.exe] if process.exe else []
    if found.tls:
        words.append(f"plaintext of {found.tls}")
    if found.address == "synthetic":
        words.append("its addresses are not known, these stand for them")
    return f"{', '.join(words)}\n{MARK}{msgspec.json.encode(asdict(found)).decode()}"


def read(text: str) -> Provenance | None:
    """What a packet's comment says; None for any other comment."""
    for line in text.split("\n"):
        if line.startswith(MARK):
            try:
                return _decode(line[len(MARK) :])
            except (msgspec.MsgspecError, UnicodeError):
                return None
    return None


def arguments(cmdline: list[str]) -> tuple[str, ...]:
    """A command line fit to be kept: secrets masked, long ones cut."""
    kept: list[str] = []
    hide = False
    for text in cmdline[:MOST_ARGUMENTS]:
        name, equals, value = text.partition("=")
        flag = name.lower().rstrip("s").endswith(_SECRET_FLAG)
        if hide or (flag and equals and value):
            text = f"{name}=[redacted]" if not hide else "[redacted]"
        hide = flag and not equals and text.startswith("-")
        for secret in reversed(secrets.find(text)):
            text = f"{text[: secret.start]}[redacted]{text[secret.end :]}"
        kept.append(text if len(text) <= LONGEST_ARGUMENT else text[:LONGEST_ARGUMENT] + "…")
    return tuple(kept)
