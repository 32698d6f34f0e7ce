"""Command lines of what captures. Nothing in a request becomes an option or a path: names and numbers are checked."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

SNAPLEN = 262_144
BUFFER_MIB = 64
CHECK_S = 5.0
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
MORE_PLACES = ":/usr/local/sbin:/usr/local/bin:/opt/homebrew/bin:/Applications/Wireshark.app/Contents/MacOS"
INTERFACE = re.compile(r"[A-Za-z0-9_.:@][A-Za-z0-9_.:@+-]{0,63}")
LONGEST = 4096
CAP_SYS_ADMIN = 21
TOOLS = ("dumpcap", "tcpdump")
PYTHONS = ("python3", "python3.11", "python3.12", "python3.13", "python3.14")


class Refused(Exception):
    """What was asked for cannot be done. `code` is heron-tui's exit code for it."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


def find(name: str) -> str | None:
    """A program in the system's own places; root never runs one of a user's."""
    root = os.geteuid() == 0
    return shutil.which(name, path=SYSTEM_PATH if root else SYSTEM_PATH + MORE_PLACES)


def packets(request: dict[str, Any]) -> tuple[str, list[str]]:
    """Name and command line of the capturer for one interface; its filter has been checked.

    dumpcap has rights of its own where Wireshark is set up, and hands packets on after a quarter of a second; tcpdump
    keeps them for up to a second, but tells its drops while it runs.
    """
    interface = request.get("interface")
    rule = request.get("filter") or ""
    if not isinstance(interface, str) or not INTERFACE.fullmatch(interface):
        raise Refused(f"{interface!r} is not the name of an interface", 2)
    if not isinstance(rule, str) or len(rule) > LONGEST or "\0" in rule:
        raise Refused("the capture filter is not a text of at most 4096 characters", 2)
    asked = request.get("tool")
    order = [asked] if asked in TOOLS else TOOLS
    found = [(name, path) for name in order if (path := find(name))]
    if not found:
        raise Refused("neither dumpcap nor tcpdump is installed: sudo apt install tcpdump", 4)
    refusals: list[Refused] = []
    for name, path in found:
        try:
            _check(name, path, interface, rule)
        except Refused as refused:
            refusals.append(refused)
            if refused.code != 3:
                break
            continue
        return name, _command(name, path, interface, rule)
    raise refusals[-1]


def _command(name: str, path: str, interface: str, rule: str) -> list[str]:
    if name == "tcpdump":
        size = ["-s", str(SNAPLEN), "-B", str(BUFFER_MIB << 10)]
        return [path, "-i", interface, "-n", *size, "-U", "-w", "-", *(["--", rule] if rule else [])]
    size = ["-s", str(SNAPLEN), "-B", str(BUFFER_MIB)]
    return [path, "-q", "-i", interface, *(["-f", rule] if rule else []), *size, "-w", "-"]


def _check(name: str, path: str, interface: str, rule: str) -> None:
    """Open the interface and compile the filter, as the capturer does, without capturing."""
    command = [path, "-i", interface, "-d"]
    command += ["--", rule] if name == "tcpdump" and rule else ["-f", rule] if rule else []
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=CHECK_S,
            env=environment(),
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"{name} cannot be run: {error}", 4) from None
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode or (name == "dumpcap" and "dumpcap: " in said):  # which ends with 0 in any case
        raise refusal(name, said, interface, rule)


def refusal(name: str, said: str, interface: str, rule: str) -> Refused:
    """What a capturer says, as one line with the mend."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and not _NOISE.match(line)]
    words = " ".join(lines[:3]).removeprefix(f"{name}: ") or f"{name} ended without a word"
    low = words.lower()
    if "permission" in low or "not permitted" in low or "root" in low:
        return Refused(f"packets of {interface}: {name} has no right to capture", 3)
    if any(words in low for words in ("no such device", "no device named", "not exist", "no interface")):
        return Refused(f"there is no interface {interface}", 4)
    if rule and ("syntax" in low or "filter" in low or "expression" in low or "parse" in low or "unknown" in low):
        why = re.sub(r".*can't parse filter expression: ", "", words).strip("(). ")
        return Refused(f"the capture filter {rule!r} is not right: {why} (see: man pcap-filter)", 2)
    return Refused(f"packets of {interface}: {words}", 4)


_NOISE = re.compile(r"(?i)running as user|warning:|listening on|tcpdump: verbose|capturing on|see the user")


def tls(request: dict[str, Any], script: Path) -> tuple[str, list[str]]:
    """Name and command line of the TLS helper."""
    if sys.platform != "linux":
        raise Refused("TLS is read by eBPF, which needs Linux", 4)
    if not may_trace():
        raise Refused("TLS: reading other processes needs root", 3)
    if not script.is_file():
        raise Refused(f"{script} is missing: install heron-tui again", 4)
    options: list[str] = []
    for name in ("pid", "uid"):
        for number in _list(request, f"{name}s"):
            if not isinstance(number, int) or number < 0:
                raise Refused(f"{number!r} is not a {name}", 2)
            options += [f"--{name}", str(number)]
    for pattern in _list(request, "exes"):
        if not isinstance(pattern, str) or not pattern or len(pattern) > LONGEST or pattern.startswith("-"):
            raise Refused(f"{pattern!r} is not a pattern of executables", 2)
        options += ["--exe", pattern]
    if request.get("all_users"):
        options.append("--all-users")
    return "TLS helper", [python(), "-I", str(script), *options]


def may_trace() -> bool:
    """Whether the kernel would let us attach probes: CAP_SYS_ADMIN is what that takes in practice."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False
    found = re.search(r"^CapEff:\s*([0-9a-f]+)", status, re.M)
    return found is not None and bool(int(found[1], 16) >> CAP_SYS_ADMIN & 1)


def _list(request: dict[str, Any], name: str) -> list[Any]:
    value = request.get(name) or []
    return value if isinstance(value, list) else [value]


def python() -> str:
    """The system's Python that has bcc; where none has, the first one, whose helper then says what is missing."""
    places = [path for name in PYTHONS if (path := find(name))]
    if not places:
        raise Refused("the system has no Python of its own in /usr/bin: sudo apt install python3-bpfcc", 4)
    for path in dict.fromkeys(os.path.realpath(place) for place in places):
        test = "import importlib.util, sys; sys.exit(importlib.util.find_spec('bcc') is None)"
        try:
            done = subprocess.run([path, "-I", "-c", test], capture_output=True, timeout=CHECK_S, check=False)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return path
    return places[0]


def environment() -> dict[str, str]:
    """For root's children: nothing of the user's but who called."""
    kept = {name: os.environ[name] for name in ("SUDO_UID", "SUDO_GID", "SUDO_USER") if name in os.environ}
    return {"PATH": SYSTEM_PATH, "LC_ALL": "C", "HOME": "/", **kept}
