"""What a file that can be read as a capture begins with: enough to refuse another one before a screen opens for it."""

import re

CAPTURE = re.compile(
    rb"\xa1\xb2\xc3\xd4|\xd4\xc3\xb2\xa1"  # pcap, in either byte order
    rb"|\xa1\xb2\x3c\x4d|\x4d\x3c\xb2\xa1"  # with nanoseconds
    rb"|\xa1\xb2\xcd\x34|\x34\xcd\xb2\xa1"  # of old Linux libpcaps
    rb"|\n\r\r\n"  # pcapng
    rb"|\x1f\x8b\x08"  # gzip
    rb"|\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"  # zstd, and its frames to skip
)
LONGEST = 4
"""Bytes that are looked at."""


def may_be_capture(head: bytes) -> bool:
    """Whether a file that begins with `head` may be a capture. One that is too short to tell may be."""
    return len(head) < LONGEST or CAPTURE.match(head) is not None
