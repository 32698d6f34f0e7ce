"""Messages of Amazon's event stream, made as the AWS SDK's documentation says (none was captured)."""

from zlib import crc32


def header(name: str, value: str) -> bytes:
    data = value.encode()
    return bytes([len(name)]) + name.encode() + b"\x07" + len(data).to_bytes(2) + data


def message(payload: bytes, **headers: str) -> bytes:
    named = b"".join(header(":" + name.replace("_", "-"), value) for name, value in headers.items())
    prelude = (16 + len(named) + len(payload)).to_bytes(4) + len(named).to_bytes(4)
    whole = prelude + crc32(prelude).to_bytes(4) + named + payload
    return whole + crc32(whole).to_bytes(4)


def event(name: str, payload: bytes) -> bytes:
    return message(payload, event_type=name, content_type="application/json", message_type="event")


def exception(name: str, payload: bytes) -> bytes:
    return message(payload, exception_type=name, content_type="application/json", message_type="exception")
