"""Refused upgrades to a WebSocket: a client that tries seven times before it goes on over HTTP."""

from heron_tui.findings.refusals import Refusals
from heron_tui.model.http import Place, Request, Response
from heron_tui.store.reader import Reader

WANTED = (("Connection", "Upgrade"), ("Upgrade", "websocket"))
S = 1_000_000


def exchange(id: str, at_us: int, status: int = 403, headers=WANTED) -> tuple[Request, Response]:
    place = Place(0, 1, 5, 5, at_us, at_us)
    request = Request(
        exchange=id,
        flow="f",
        client=f"10.0.0.1:{at_us // S + 2000}",
        server="10.0.0.2:80",
        stream=None,
        transport="http/1.1",
        method="GET",
        target="/v1/responses",
        host="h",
        headers=headers,
        body=b"",
        encoding=None,
        raw_size=0,
        head=place,
        place=place,
    )
    return request, Response(id, status, "", (), None, place)


def test_a_row_of_refusals_is_one_finding_that_grows():
    refusals = Refusals()
    refusals.put(*exchange("x0", 0))
    [first], gone = refusals.tell()
    assert (first.code, first.severity, first.ref, gone) == ("websocket.refused", "note", "x0", [])
    for second in (1, 2):
        refusals.put(*exchange(f"x{second}", second * S))
    [more], gone = refusals.tell()
    assert (more.severity, more.ref, gone) == ("warning", "x0", [first])
    assert more.text == "10.0.0.2:80 refused 3 upgrades to a WebSocket within 2.0 s (status 403)"
    assert refusals.tell() == ([], [])


def test_another_try_much_later_is_another_row():
    refusals = Refusals()
    for id, at in (("x1", 0), ("x2", 600 * S)):
        refusals.put(*exchange(id, at))
        assert [(one.ref, one.severity) for one in refusals.tell()[0]] == [(id, "note")]


def test_what_is_no_refused_upgrade():
    refusals = Refusals()
    refusals.put(*exchange("x1", 0, status=101))
    refusals.put(*exchange("x2", 0, headers=()))
    assert refusals.tell() == ([], [])


def test_codex_is_refused_and_goes_on_over_http(stores):
    reader = Reader(stores("codex-ws-refused"))
    [refused] = [one for one in reader.rows("finding", 0, 100) if one["code"] == "websocket.refused"]
    assert (refused["severity"], refused["scope"]) == ("warning", "exchange")
    assert "refused 7 upgrades to a WebSocket within 6.9 s (status 403)" in refused["text"]
    calls = reader.rows("call", 0, 100)
    assert [(call["transport"], call["turn"] is not None) for call in calls] == [("http/1.1", True)] * 2
