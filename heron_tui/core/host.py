"""What is on this host: its interfaces, and processes that look like agents. Read from /proc where there is one."""

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

AGENTS = re.compile(
    r"(?:^|/)(claude|codex|gemini|opencode|openclaw|hermes|aider|goose|cursor-agent|copilot|qwen|crush|amp|cline|"
    r"litellm|ollama|vllm)(?:$|[/.@-])"
)
LOOKED_AT = 3
"""Words of a command line that may name the agent: a launcher, an option, a script."""


@dataclass(frozen=True, slots=True)
class Interface:
    """`packets` since it came up, None where that is not known."""

    name: str
    packets: int | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    pid: int
    name: str
    command: str


def interfaces() -> list[Interface]:
    """The busiest first; `any` leads where the system has it."""
    counts: dict[str, int] = {}
    try:
        for line in Path("/proc/net/dev").read_text().splitlines()[2:]:
            name, _, numbers = line.partition(":")
            fields = numbers.split()
            counts[name.strip()] = int(fields[1]) + int(fields[9])
    except (OSError, ValueError, IndexError):
        counts = {}
    names = [name for _, name in socket.if_nameindex()]
    names.sort(key=lambda name: -counts.get(name, 0))
    found = [Interface(name, counts.get(name)) for name in names]
    return [Interface("any"), *found] if Path("/proc/net/dev").exists() else found


def agents() -> list[Agent]:
    """Processes whose executable or script bears the name of an agent; the newest first."""
    found = []
    for pid in sorted((int(place.name) for place in Path("/proc").glob("[0-9]*")), reverse=True):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").rstrip("\0").split("\0")
        except OSError:
            continue
        match = next((match for word in words[:LOOKED_AT] if (match := AGENTS.search(word))), None)
        if match and pid != os.getpid():
            found.append(Agent(pid, match[1], " ".join(words)))
    return found
