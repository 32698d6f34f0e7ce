"""Who is let in: whoever knows the token, and no page of another origin.

Every request passes here first. Against pages in a browser that point a name of theirs at this address (DNS rebinding)
the Host is checked, against pages of other origins Origin and Sec-Fetch-Site (https://www.w3.org/TR/fetch-metadata/).
"""

import hashlib
import hmac
import ipaddress
import os
import secrets
import socket
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..core.errors import UsageError
from .problems import as_json

LEAST_TOKEN = 16
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
CLOSED = """<!doctype html><meta charset="utf-8"><title>heron-tui</title>
<p>This page needs its token: open the address that <code>heron-tui serve</code> printed.
<p><a href="/">Try again</a> if you have opened it before in this browser.
"""


def new_token() -> str:
    return secrets.token_urlsafe(32)


def token_of(path: Path) -> str:
    """The token in a file of the user's own; one is made where there is no file.

    Raises:
        UsageError: it cannot be read or made, others may read it, or it is too short.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        pass
    except OSError as error:
        raise UsageError(f"--token-file: {path}: {error.strerror}") from None
    else:
        with os.fdopen(descriptor, "w") as file:
            file.write(new_token() + "\n")
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--token-file: {path}: {getattr(error, 'strerror', error)}") from None
    if stat.S_ISREG(mode) and mode & 0o077:
        raise UsageError(f"--token-file: others may read {path}: chmod 600 {path}")
    if len(text) < LEAST_TOKEN or not text.isascii() or not text.isprintable() or " " in text:
        raise UsageError(f"--token-file: {path} must hold one word of at least {LEAST_TOKEN} ASCII characters")
    return text


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names by which this server may be called. Ports are left open: an ssh tunnel has another one here.

    Attributes:
        names: in lower case. addresses: any address is a name, since no page of another origin has one of ours.
    """

    names: frozenset[str]
    addresses: bool

    @classmethod
    def bound_to(cls, host: str, address: str) -> "Hosts":
        """Those for a server that listens on `host`, which is this address."""
        names = {"localhost", "127.0.0.1", "::1", host.lower(), address}
        if ipaddress.ip_address(address).is_loopback:
            return cls(frozenset(names), addresses=False)
        return cls(frozenset({*names, socket.gethostname().lower()}), addresses=True)

    def allow(self, host: str) -> bool:
        name = host.lower()
        if name.startswith("["):
            name, closed, port = name[1:].partition("]")
            if not closed or (port and not port.startswith(":")):
                return False
        else:
            name = name.partition(":")[0]
        if name.removesuffix(".") in self.names:
            return True
        try:
            return self.addresses and bool(ipaddress.ip_address(name))
        except ValueError:
            return False


class Guard:
    """Stands before the application: refuses what may not come in, and puts headers on all that goes out.

    A request needs the token in `Authorization: Bearer ...`, or the cookie that a browser gets once from the address
    with `?token=`. Cookies know no ports, so this one is named after ours; it is made from the token and is not it.
    """

    def __init__(self, app: ASGIApp, token: str, hosts: Hosts, port: int) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = hosts
        self._cookie = f"heron-tui-{port}"
        self._worth = hmac.new(self._token, b"cookie", hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def out(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope, Headers(scope=scope))
        await (refusal or self._app)(scope, receive, out)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """What is answered instead, None to go on."""
        host = headers.get("host", "")
        front = scope["path"] == "/"
        if not self._hosts.allow(host):
            return _no(403, f"this server is not called {host[:100]!r}: use the address that it printed")
        if (origin := headers.get("origin")) is not None and origin.lower() not in _origins(host):
            return _no(403, "pages of other origins are not answered")
        visit = front and headers.get("sec-fetch-mode") == "navigate"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and not visit:
            return _no(403, "pages of other sites are not answered")
        if scope["method"] not in ("GET", "HEAD"):
            refusal = _no(405, "only GET and HEAD are answered")
            refusal.headers["allow"] = "GET, HEAD"
            return refusal
        if front and scope["query_string"]:
            given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
            if self._is_token(given):
                return self._signed_in()
        if self._knows(headers):
            return None
        if front:
            return HTMLResponse(CLOSED, 401, headers={"www-authenticate": "Bearer"})
        refusal = _no(401, "the token is missing or wrong: Authorization: Bearer TOKEN")
        refusal.headers["www-authenticate"] = "Bearer"
        return refusal

    def _knows(self, headers: Headers) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._is_token(given.strip())
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return False
        return cookie is not None and _same(cookie.value, self._worth)

    def _is_token(self, given: str) -> bool:
        return _same(given, self._token.decode())

    def _signed_in(self) -> Response:
        """The token leaves the address bar; the browser keeps a cookie until it is closed."""
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self._cookie, self._worth, path="/", httponly=True, samesite="strict")
        return answer


def _same(given: str, held: str) -> bool:
    """In a time that says nothing of where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), held.encode())


def _origins(host: str) -> Iterable[str]:
    return f"http://{host}".lower(), f"https://{host}".lower()


def _no(status: int, message: str) -> Response:
    return as_json({"error": {"message": message}}, status)
