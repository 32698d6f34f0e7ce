"""TLS decrypted by tshark: with the keys of an NSS key log, or with those that a pcapng file brings."""

import os
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

from .. import __version__
from ..core.errors import SourceError, UsageError
from .decrypted import Decrypted
from .pcapng import ENHANCED_PACKET, MAGIC, OBSOLETE_PACKET, SIMPLE_PACKET, byte_order
from .stream import Stream

MISSING = (
    "TLS is decrypted by tshark, which is not here: install the package tshark (Debian, Ubuntu) or wireshark-cli "
    "(Fedora, Arch)"
)
LABELS = (b"CLIENT_", b"SERVER_", b"EXPORTER_", b"EARLY_", b"RSA ", b"PMS_", b"ECH_")
"""How lines of a key log begin: https://www.ietf.org/archive/id/draft-ietf-tls-keylogfile, and older forms."""
SECRETS = 0x0A
TLS_KEY_LOG = 0x544C534B
LOOKED_AT = 16 << 20
"""Bytes of a file's beginning in which secrets are looked for: they must stand before the packets they open."""


def available() -> bool:
    return shutil.which("tshark") is not None


class Tshark:
    """tshark at work on one capture file.

    Records are taken for mere `data` and exported one by one. Given to a dissector that waits for more, they would be
    exported over and over; where one fails at a piece of a message, those behind it in the packet would be left out.

    Attributes:
        stream: its export, as a capture of plaintext packets.

    Raises:
        SourceError: it is not installed, or cannot be started.
    """

    def __init__(self, path: str, keylog: str | None) -> None:
        program = shutil.which("tshark")
        if program is None:
            raise SourceError(MISSING)
        keys = ["-o", f"tls.keylog_file:{Path(keylog).absolute()}"] if keylog else []
        settings = ("tls.desegment_ssl_application_data:FALSE", "tcp.reassemble_out_of_order:TRUE")
        options = [word for setting in settings for word in ("-o", setting)]
        for disabled in ("http", "http2", "websocket"):
            options += ["--disable-protocol", disabled]
        for disabled in ("http_tls", "http2_tls"):
            options += ["--disable-heuristic", disabled]
        export = ["-d", "tls.port==1-65535,data", "-Y", "tls", "-U", "OSI layer 7", "-w", "-"]
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        try:
            self._process = subprocess.Popen(
                [program, "-n", "-Q", "-r", str(Path(path).absolute()), *keys, *options, *export],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._words,
                start_new_session=True,
            )
        except OSError as error:
            self._words.close()
            raise SourceError(f"{program} cannot be started: {error.strerror}") from error
        assert self._process.stdout is not None
        made = Decrypted(f"heron-tui {__version__}", "keylog")
        self.stream = Stream(os.dup(self._process.stdout.fileno()), through=made)
        self._process.stdout.close()

    def notes(self) -> list[str]:
        """What went wrong, once it has ended."""
        if not self._process.poll():
            return []
        self._words.seek(0)
        lines = [line.strip() for line in self._words.read(1 << 16).decode("utf-8", "replace").splitlines()]
        said = next((line for line in reversed(lines) if line), f"exit code {self._process.returncode}")
        return [f"tshark failed: {said[:200]}"]

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._words.close()


def check_keylog(path: Path) -> None:
    """Raises SourceError where it cannot be read, UsageError where it is no key log."""
    try:
        with path.open("rb") as file:
            lines = [line for line in file.read(1 << 20).splitlines() if line.strip() and not line.startswith(b"#")]
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from None
    if not any(line.startswith(LABELS) for line in lines):
        lines_like = "CLIENT_RANDOM or CLIENT_TRAFFIC_SECRET_0"
        raise UsageError(f"{path}: no key log, which has lines like {lines_like} (docs/keylog.md)")


def brings_keys(path: str) -> bool:
    """Whether a pcapng file has decryption secrets for TLS before its first packet.

    A pipe is not looked into: what is read of it is gone.
    """
    if not Path(path).is_file():
        return False
    try:
        with Path(path).open("rb") as file:
            data = file.read(12)
            order = byte_order(data)
            if data[:4] != MAGIC or order is None:
                return False
            at = 0
            while at < LOOKED_AT:
                file.seek(at)
                head = file.read(12)
                if len(head) < 12:
                    return False
                kind, length, first = struct.unpack(order + "III", head)
                if kind == SECRETS and first == TLS_KEY_LOG:
                    return True
                if kind in (ENHANCED_PACKET, SIMPLE_PACKET, OBSOLETE_PACKET) or length < 12:
                    return False
                at += length
    except OSError:
        return False
    return False
