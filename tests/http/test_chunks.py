"""The way that looks at all chunks at once, against the one that reads them one by one."""

from hypothesis import example, given
from hypothesis import strategies as st

from heron_tui.http import chunks
from heron_tui.http.chunks import Chunks, Ending
from heron_tui.http.whole_chunks import whole_chunks

contents = st.one_of(
    st.binary(min_size=1, max_size=40),
    st.sampled_from([b"data: x\n\n", b"a\r\nb", b"\r", b"\n", b"\r\n", b"0\r\n\r\n", b"x" * 300, b"5\r\nhello\r\n"]),
)
lines = st.one_of(
    contents.map(lambda data: b"%x\r\n%b\r\n" % (len(data), data)),
    contents.map(lambda data: b"%X\r\n%b\r\n" % (len(data), data)),
    contents.map(lambda data: b"00%x\r\n%b\r\n" % (len(data), data)),
    contents.map(lambda data: b"%x;name=value\r\n%b\r\n" % (len(data), data)),
    contents.map(lambda data: b"%x \n%b\n" % (len(data), data)),
    st.sampled_from(
        [b"0\r\n\r\n", b"", b"zz\r\nx\r\n", b"5\r\nabc\r\n", b"\r\n", b"fffffffff\r\nx\r\n", b"-1\r\n\r\n"]
    ),
)
bodies = st.tuples(st.lists(lines, max_size=12), st.binary(max_size=6)).map(lambda told: b"".join(told[0]) + told[1])


def read(data: bytes, pos: int, bulk: int) -> tuple[object, ...]:
    before, chunks.BULK = chunks.BULK, bulk
    try:
        found = Chunks(data, pos, 1000, 0, False)
        ending: Ending = found.read()
    finally:
        chunks.BULK = before
    content = found.data()
    starts, wires = found.places() if content else ((), ())
    return ending, found.pos, found.left, found.lined, content, list(starts), list(wires)


@given(bodies, st.binary(max_size=3))
@example(b"1\r\na\r\n" * 20, b"\r")
@example(b"1\r\na\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", b"")
@example(b"0000000001\r\na\r\n", b"")
@example(b"g" * 7 + b"\r\n\r\n", b"")
def test_all_at_once_and_one_by_one_say_the_same(data: bytes, before: bytes):
    body = before + data
    assert read(body, len(before), 0) == read(body, len(before), 1 << 30)


@given(st.lists(st.binary(min_size=1, max_size=300).filter(lambda data: b"\r\n" not in data + b"\r"), max_size=30))
def test_plain_chunks_are_all_taken_at_once(contents: list[bytes]):
    data = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in contents)
    found, begins = whole_chunks(data + b"5\r\nhel")
    assert found == contents
    assert [data[begin:][: len(one)] for begin, one in zip(begins.tolist(), contents, strict=True)] == contents


@given(st.lists(st.integers(1, 400), max_size=30), st.integers(5, 700))
def test_chunks_are_the_same_however_much_is_looked_at_at_once(sizes: list[int], span: int):
    body = b"".join(b"%x\r\n%b\r\n" % (size, b"x" * size) for size in sizes) + b"0\r\n\r\n"
    before, chunks.SPAN = chunks.SPAN, span
    try:
        assert read(body, 0, 0) == read(body, 0, 1 << 30)
    finally:
        chunks.SPAN = before
