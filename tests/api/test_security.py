"""Who is let in, and what no page of another origin can have."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from heron_tui.api.security import Hosts, token_of
from heron_tui.core.errors import UsageError
from tests.api.serving import Server

NO_TOKEN: dict[str, str | None] = {"Authorization": None}


@pytest.mark.parametrize(
    "given", [None, "Bearer", "Bearer x", "Basic {token}", "{token}", "Bearer {token}x", "Bearer é"]
)
@pytest.mark.parametrize("path", ["/", "/api/v1", "/api/v1/calls", "/api/v1/packets/1/bytes", "/nothing"])
def test_without_the_token_nothing_is_told(path: str, given: str | None, server: Server):
    value = given and given.format(token=server.token)
    answer = server.get(path, headers={"Authorization": value})
    assert answer.status == 401
    assert "bearer" in answer.headers["www-authenticate"].lower()


def test_the_token_in_an_address_opens_the_front_once_and_leaves_a_cookie(server: Server):
    answer = server.get(f"/?token={server.token}", headers=NO_TOKEN)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    assert server.token not in cookie
    held = cookie.partition(";")[0]
    assert server.get("/api/v1/calls", headers={**NO_TOKEN, "Cookie": held}).status == 200
    assert server.get("/api/v1/calls", headers={**NO_TOKEN, "Cookie": held + "0"}).status == 401
    assert server.get("/?token=wrong", headers=NO_TOKEN).status == 401
    assert server.get(f"/api/v1/calls?token={server.token}", headers=NO_TOKEN).status == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "", "10.0.0.1", "[::1"]
)
def test_another_name_is_refused(host: str, server: Server):
    assert server.get("/api/v1/calls", headers={"Host": host.format(port=server.port)}).status == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:{port}", "127.0.0.1:9", "[::1]:{port}"])
def test_the_names_of_this_host_are_answered(host: str, server: Server):
    assert server.get("/api/v1/calls", headers={"Host": host.format(port=server.port)}).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "http://127.0.0.1:{port}"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
    ],
)
def test_other_origins_are_refused(headers: dict[str, str], status: int, server: Server):
    given = {name: value.format(port=server.port) for name, value in headers.items()}
    answer = server.get("/api/v1/calls", headers=given)
    assert answer.status == status
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"])
def test_only_reading_is_possible(method: str, server: Server):
    answer = server.get("/api/v1/calls", method)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/api/v1/calls/..%2f..%2fx",
        "/%2e%2e/console.js",
        "//etc/passwd",
        "/api/v1/calls/%00",
        "/console.js/../../security.py",
    ],
)
def test_paths_lead_nowhere_else(path: str, server: Server):
    assert server.get(path).status == 404


def test_what_goes_out_is_closed_to_other_pages(server: Server):
    for path in ("/api/v1/calls", "/nothing", "/"):
        headers = server.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


def test_a_head_of_any_length_is_not_read(server: Server):
    answer = server.get("/api/v1/calls?filter=" + "x" * 100_000)
    assert answer.status in (400, 431)


def test_a_token_of_a_file_is_private_and_made_where_there_is_none(tmp_path: Path):
    path = tmp_path / "token"
    made = token_of(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert token_of(path) == made
    path.chmod(0o640)
    with pytest.raises(UsageError, match="chmod 600"):
        token_of(path)
    path.chmod(0o600)
    for text in ("short", "two words of some length", "", "é" * 30):
        path.write_text(text)
        with pytest.raises(UsageError, match="16 ASCII"):
            token_of(path)
    with pytest.raises(UsageError, match="nowhere"):
        token_of(tmp_path / "nowhere" / "token")


def test_a_server_for_all_answers_to_addresses_and_not_to_foreign_names():
    hosts = Hosts.bound_to("0.0.0.0", "0.0.0.0")
    assert hosts.allow("192.0.2.7:3000")
    assert hosts.allow("[2001:db8::1]:3000")
    assert not hosts.allow("evil.example:3000")
    assert not Hosts.bound_to("127.0.0.1", "127.0.0.1").allow("192.0.2.7")


def test_other_machines_are_let_in_only_with_a_token_of_ones_own(stores, tmp_path: Path):
    store = stores("claude-code-agents")
    command = [sys.executable, "-m", "heron_tui", "serve", str(store), "--host", "0.0.0.0", "--port", "0"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert b"--token-file" in done.stderr
    assert done.stderr.count(b"\n") == 1
    server = Server(store, "--host", "0.0.0.0", "--token-file", tmp_path / "token")
    try:
        assert "other machines" in server.said[0]
        assert server.token == (tmp_path / "token").read_text().strip()
        server.host = "127.0.0.1"
        assert server.get("/api/v1/calls").status == 200
    finally:
        server.end()
    assert os.access(tmp_path / "token", os.R_OK)
