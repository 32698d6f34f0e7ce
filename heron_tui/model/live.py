"""What a live capture watches."""

from dataclasses import dataclass

DEFAULT_FILTER = "tcp and not port 22 and not port 443"
"""For packets, where no interface and no filter is named: a screen seen over SSH would watch itself, and HTTPS is read
by the TLS helper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Attributes:
    interfaces: to take packets from; empty takes none.
    filter: libpcap filter of all of them; "" takes every packet.
    tls: read the plaintext of TLS connections with the helper.
    pids, exes, all_users: whose (see bpf/README.md); all empty: the processes of the user.
    must_packets, must_tls: it was asked for by name, so that it is an error where it cannot be had.
    write: pcapng file that gets what was seen.
    """

    interfaces: tuple[str, ...] = ()
    filter: str = ""
    tls: bool = True
    pids: tuple[int, ...] = ()
    exes: tuple[str, ...] = ()
    all_users: bool = False
    must_packets: bool = False
    must_tls: bool = False
    write: str | None = None

    @property
    def title(self) -> str:
        """What is captured, in words."""
        parts = []
        if self.interfaces:
            rule = "" if self.filter in ("", DEFAULT_FILTER) else f" ({self.filter})"
            parts.append(", ".join(self.interfaces) + rule)
        if self.tls:
            whose = [f"pid {pid}" for pid in self.pids] + list(self.exes)
            parts.append("TLS" + (f" of {', '.join(whose)}" if whose else " of all users" if self.all_users else ""))
        return " + ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Why something cannot be captured here, with the way to have it; "" where it can."""

    packets: str = ""
    tls: str = ""
