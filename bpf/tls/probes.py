"""Uprobes by perf_event_open(2): one file descriptor each, gone when it is closed, however the process ends."""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct

SYS_PERF_EVENT_OPEN = 298  # x86-64
PERF_EVENT_IOC_ENABLE, PERF_EVENT_IOC_SET_BPF = 0x2400, 0x40042408
PERF_FLAG_FD_CLOEXEC = 8
ATTR_SIZE = 128
PMU = "/sys/bus/event_source/devices/uprobe"

libc = ctypes.CDLL(None, use_errno=True)


class Uprobes:
    """Attaches loaded programs to places in files. Raises OSError where the kernel does not know uprobes."""

    def __init__(self) -> None:
        with open(f"{PMU}/type", encoding="ascii") as f:
            self._type = int(f.read())
        with open(f"{PMU}/format/retprobe", encoding="ascii") as f:
            self._return_bit = int(f.read().split(":")[1])

    def attach(self, program: int, path: str, offset: int, at_return: bool = False) -> int:
        """The probe's descriptor. Raises OSError."""
        name = ctypes.create_string_buffer(path.encode())
        config = 1 << self._return_bit if at_return else 0
        attr = struct.pack("<IIQ", self._type, ATTR_SIZE, config).ljust(56, b"\0")
        attr += struct.pack("<QQ", ctypes.addressof(name), offset)
        attr = attr.ljust(ATTR_SIZE, b"\0")
        fd = libc.syscall(SYS_PERF_EVENT_OPEN, attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)
        if fd < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        try:
            fcntl.ioctl(fd, PERF_EVENT_IOC_SET_BPF, program)
            fcntl.ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)
        except OSError:
            os.close(fd)
            raise
        return int(fd)
