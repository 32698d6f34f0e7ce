"""The detail tree's own layers, on packets of real captures and on bytes by hand."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heron_tui.tui.layers import Field, dissect

REQUEST = (
    b"POST /v1/messages?key=sekret HTTP/1.1\r\nHost: api\r\nx-api-key: sk-ant-1234\r\n"
    b"Authorization: Bearer abcdef\r\nContent-Length: 2\r\n\r\n{}"
)


def tcp(payload: bytes) -> bytes:
    header = struct.pack("!HHIIHHHH", 49152, 8080, 1000, 2000, 8 << 12 | 0x18, 64240, 0, 0)
    return header + b"\x01\x01\x08\x0a" + struct.pack("!II", 7, 8) + payload


def ipv4(payload: bytes, *, total: int | None = None) -> bytes:
    size = 20 + len(payload) if total is None else total
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, size, 1, 0x4000, 64, 6, 0, b"\x0a\0\0\x05", b"\x0a\0\0\x09") + payload


def ipv6(payload: bytes) -> bytes:
    return (
        struct.pack("!IHBB", 6 << 28, len(payload) + 8, 0, 64)
        + b"\0" * 31
        + b"\x01" * 1
        + b"\x06\0"
        + b"\0" * 6
        + payload
    )


ETHERNET = b"\x02" * 6 + b"\x04" * 6 + b"\x08\x00"
VLAN = b"\x02" * 6 + b"\x04" * 6 + b"\x81\x00\x00\x05\x08\x00"
LINKS = {
    "ethernet": (1, ETHERNET),
    "vlan": (1, VLAN),
    "null": (0, b"\x02\0\0\0"),
    "raw": (101, b""),
    "sll": (113, b"\0" * 14 + b"\x08\x00"),
    "sll2": (276, b"\x08\x00" + b"\0" * 18),
}


def names(fields: list[Field]) -> list[str]:
    return [field.name for field in fields]


@pytest.mark.parametrize("link", LINKS)
def test_every_link_leads_to_http(link: str):
    number, header = LINKS[link]
    data = header + ipv4(tcp(REQUEST))
    found = dissect(data, number)
    assert names(found.layers)[-3:] == ["IPv4", "TCP", "HTTP"]
    assert found.payload is not None
    assert data[found.payload[0] : found.payload[1]] == REQUEST


def test_fields_stand_on_their_bytes():
    data = ETHERNET + ipv4(tcp(REQUEST))
    layers = dissect(data, 1).layers
    ip, transport, http = layers[-3:]
    fields = {field.name: field for layer in (ip, transport, http) for field in layer.children}
    assert data[fields["source"].start : fields["source"].end] == b"\x0a\0\0\x05"
    assert fields["sequence number"].value == "1000"
    assert data[fields["sequence number"].start : fields["sequence number"].end] == struct.pack("!I", 1000)
    assert fields["timestamps"].value == "7 8"
    assert data[fields["Host"].start : fields["Host"].end] == b"Host: api"
    assert data[fields["body"].start : fields["body"].end] == b"{}"
    assert "POST /v1/messages" in http.value


def test_secrets_are_found_where_they_stand():
    data = ETHERNET + ipv4(tcp(REQUEST))
    found = dissect(data, 1)
    assert {data[start:end] for start, end in found.secrets} == {b"sk-ant-1234", b"Bearer abcdef", b"sekret"}
    assert [field.name for field in found.layers[-1].children if field.secret] == ["x-api-key", "Authorization"]


def test_secrets_in_a_segment_that_continues_a_head_are_found_too():
    data = ETHERNET + ipv4(tcp(b"cookie: id=42\r\nAccept: */*\r\n\r\n"))
    assert [data[start:end] for start, end in dissect(data, 1).secrets] == [b"id=42"]


def test_trailing_padding_is_not_payload_and_offloaded_lengths_are():
    padded = dissect(ETHERNET + ipv4(tcp(b"")) + b"\0" * 6, 1)
    assert padded.payload is None
    offloaded = dissect(ETHERNET + ipv4(tcp(b"hello"), total=0), 1)
    assert offloaded.payload is not None
    assert offloaded.payload[1] - offloaded.payload[0] == 5


def test_ipv6_with_an_extension_header():
    found = dissect(ipv6(tcp(b"data: 1\n\n")), 101)
    assert names(found.layers) == ["IPv6", "TCP", "Data"]


@given(st.binary(max_size=200), st.sampled_from([0, 1, 12, 101, 113, 276, 999]))
def test_any_bytes_are_shown_without_harm(data: bytes, link: int):
    found = dissect(data, link)
    for layer in found.layers:
        assert 0 <= layer.start <= layer.end <= max(len(data), layer.end)


@given(st.integers(0, 120), st.sampled_from(sorted(LINKS)))
def test_truncated_packets_are_shown_without_harm(length: int, link: str):
    number, header = LINKS[link]
    dissect((header + ipv4(tcp(REQUEST)))[:length], number)
