"""Conversations by name, for the tests that look at each and for those that cut them up anyhow."""

from .play import GET, End, Step, chunked, client, post, response, server, stream

LENIENT = b"\r\n\r\nGET / HTTP/1.1\nHost: h\nX-Long: one\n  two\n\tthree\nno colon here\nX-Empty:\n\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
EXTENSIONS = (
    b'5;name=value\r\nhello\r\n6 ; q="a;b"\r\n world\r\nA\r\n0123456789\r\n0;last\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n'
)
CHUNK_LIKE = (b"\r\n", b"5\r\nabcde\r\n", b"0\r\n\r\n", b"a\nb\r\nc")
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
EXPECT = post(b"body", b"Expect: 100-continue")
BARE = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nContent-Encoding: gzip\r\n\r\n"
BOTH = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"hello")
WANTS_H2C = b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
NEXT = (client(GET), server(response(b"next")))

CASES: dict[str, list[Step]] = {
    "plain": [client(post(b'{"a":1}', b"X-A: 1")), server(response(b"yes", b"X-B: 2"))],
    "keep-alive": [s for i in range(3) for s in (client(GET), server(response(b"%d" % i)))],
    "chunked": [client(GET), server(CHUNKED + EXTENSIONS), *NEXT],
    "chunked request": [
        client(b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"ab", b"c" * 300)),
        server(response(b"ok")),
    ],
    "chunk-like data": [client(GET), server(stream(*CHUNK_LIKE, kind=b"text/html"))],
    "until close": [client(GET), server(b"HTTP/1.1 200 OK\r\n\r\nall", b" of it"), End(1), End(0)],
    "1.0": [client(b"GET / HTTP/1.0\r\n\r\n"), server(b"HTTP/1.0 200 OK\n\nhi"), End(1)],
    "interim": [client(GET), server(INTERIM + response(b"ok"))],
    "expect": [
        client(EXPECT[:-4]),
        server(b"HTTP/1.1 100 Continue\r\n\r\n"),
        client(b"body"),
        server(response(b"ok")),
    ],
    "refused": [client(EXPECT[:-4]), server(response(b"no", status=b"417 Expectation Failed")), *NEXT],
    "204": [client(GET), server(b"HTTP/1.1 204 No Content\r\nContent-Length: 100\r\n\r\n"), *NEXT],
    "304": [client(GET), server(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n"), *NEXT],
    "head": [client(b"HEAD / HTTP/1.1\r\n\r\n"), server(BARE), *NEXT],
    "lenient": [client(LENIENT), server(b"HTTP/1.1 200\nContent-Length: 2\n\nok")],
    "absolute": [client(b"GET http://example.org:81/p?q=1 HTTP/1.1\r\n\r\n"), server(response(b"ok"))],
    "both": [client(GET), server(BOTH), *NEXT],
    "pipelined": [client(GET + GET + post(b"xyz")), server(response(b"1") + response(b"2") + response(b"3"))],
    "upgrade refused": [client(WANTS_H2C + GET), server(response(b"1") + response(b"2"))],
    "connect": [
        client(b"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n"),
        server(b"HTTP/1.1 200 Connection established\r\n\r\n"),
        client(GET),
        server(response(b"inside")),
    ],
    "unlabelled": [client(GET), server(CHUNKED + chunked(b'data: {"a":1}\n\n', b"data: 2\n\n"))],
    "ndjson": [client(GET), server(stream(b'{"a":1}\n{"b"', b':2}\r\n\n{"c":3}', kind=b"application/x-ndjson"))],
    "sse": [client(GET), server(stream(b"event: a\ndata: 1\n\n", b"\n\nid: 3\r\ndata: 2\r\n\r\ndata: 3", b"\n\n"))],
    "sse cut": [client(GET), server(stream(b"data: 1\n\n", b"data: 2\n")[:-5]), End(1), End(0)],
    "no answer": [client(GET), End(1), End(0)],
    "aborted": [client(post(b"x" * 50)), server(response(b"y" * 50)[:-20]), End(0, "rst")],
}
