"""Whether a decrypted stream carries HTTP. Most TLS on a host is not an agent's: what is not HTTP is let go early."""

from __future__ import annotations

import re

ENOUGH = 24  # bytes that settle it: as many as the preface of HTTP/2 has (RFC 9113, 3.4)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
REQUEST = re.compile(
    rb"[A-Z][A-Z-]{2,15} (/|\*|https?://|[A-Za-z0-9\[])"
)  # RFC 9112, 3: origin, asterisk, absolute, authority
UNFINISHED_REQUEST = re.compile(rb"[A-Z][A-Z-]{0,15} ?$|[A-Z]$")
STATUS = b"HTTP/1."
FRAME_HEAD, MAX_FRAME, LAST_TYPE, SETTINGS = 9, 1 << 20, 9, 4


def begins(head: bytes) -> bool | None:
    """Whether the first bytes of one direction are HTTP's; None if too few are there."""
    if REQUEST.match(head) or head.startswith(STATUS) or head.startswith(PREFACE[:ENOUGH]):
        return True
    if len(head) >= FRAME_HEAD and _is_settings(head):
        return True
    if len(head) >= ENOUGH:
        return False
    if UNFINISHED_REQUEST.match(head) or STATUS.startswith(head) or PREFACE.startswith(head):
        return None
    # the head of a server's SETTINGS frame, cut short
    return None if len(head) < FRAME_HEAD and head[:1] == b"\0" else False


def _is_settings(head: bytes) -> bool:
    return (
        head[3] == SETTINGS and head[0] == 0 and int.from_bytes(head[:3], "big") % 6 == 0 and head[5:9] == b"\0\0\0\0"
    )


def resumes(piece: bytes, whole: int) -> bool:
    """Whether a call in the middle of a stream looks like HTTP. `whole`: how many bytes the call had at least."""
    return begins(piece[:ENOUGH]) is True or _is_frames(piece, whole)


def _is_frames(piece: bytes, whole: int) -> bool:
    """HTTP/2 frames (RFC 9113, 4.1): one that fills the call, or one after another."""
    at, count = 0, 0
    while at + FRAME_HEAD <= len(piece):
        length, kind = int.from_bytes(piece[at : at + 3], "big"), piece[at + 3]
        if length > MAX_FRAME or kind > LAST_TYPE or piece[at + 5] & 0x80:
            return False
        at += FRAME_HEAD + length
        count += 1
    return at == whole or count > 1
