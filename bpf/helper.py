#!/usr/bin/python3
"""heron-tui's TLS helper: frames of other processes' TLS plaintext on stdout (README.md has the protocol).

Run by the system's Python, with BCC. Standard library and bcc only; takes options, and no path or code, from outside.
"""

from __future__ import annotations

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

from bpf.tls.processes import Selection
from bpf.tls.run import run


def _number(text: str) -> int:
    value = int(text)
    if value < 0 or value > 2**31:
        raise ValueError(text)
    return value


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="helper.py", description="TLS plaintext of processes on this host, as frames on stdout."
    )
    parser.add_argument("--uid", type=_number, action="append", default=[], help="watch this user's processes")
    parser.add_argument(
        "--pid", type=_number, action="append", default=[], help="watch this process and its descendants"
    )
    parser.add_argument(
        "--exe", metavar="GLOB", action="append", default=[], help="watch processes whose executable or script matches"
    )
    parser.add_argument("--all-users", action="store_true", help="watch everybody's processes")
    parser.add_argument(
        "--ring", metavar="MIB", type=_number, default=64, help="size of the kernel's buffer (default 64)"
    )
    options = parser.parse_args()
    if options.ring not in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512):
        parser.error("--ring takes a power of two from 1 to 512")
    user = int(os.environ.get("SUDO_UID") or os.getuid())
    named = bool(options.pid or options.exe) and not options.uid
    uids = None if options.all_users or named else frozenset(options.uid or [user])
    return run(Selection(uids, frozenset(options.pid), tuple(options.exe)), options.ring << 20)


if __name__ == "__main__":
    sys.exit(main())
