"""Secrets in headers and URLs: replaced by a short keyed hash before anything is stored.

The hash is keyed with a secret of this user, so that two keys can be told apart and none can be found by guessing.
"""

import os
import re
from functools import lru_cache, partial
from pathlib import Path

from . import paths

SECRET_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "x-api-key",
        "api-key",
        "x-goog-api-key",
        "x-auth-token",
        "x-amz-security-token",
        "ocp-apim-subscription-key",
        "cookie",
        "set-cookie",
        "sec-websocket-protocol",
    }
)
SECRET_NAME = re.compile(
    r"(?:^|[-_])(?:token|secret|password|passwd|apikey|api[-_]key|credential|session[-_]key)s?$", re.I
)
SECRET_QUERY = re.compile(
    r"(?<=[?&])(key|api[-_]?key|access[-_]?token|token|auth|(?:client_)?secret|sig|signature|password|x-amz-[a-z-]*)"
    r"=([^&#]*)",
    re.I,
)
USERINFO = re.compile(r"(?<=://)[^/@\s]+@")
SCHEMES = re.compile(r"^(bearer|basic|token|aws4-hmac-sha256|digest)\s+", re.I)


def load_key(path: Path | None = None) -> bytes:
    """The user's redaction key, made at first use (mode 0600)."""
    path = path or paths.private_dir(paths.state_dir()) / "redaction.key"
    try:
        key = path.read_bytes()
        if len(key) >= 16:
            return key
    except FileNotFoundError:
        pass
    key = os.urandom(32)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.touch(mode=0o600)
    temporary.write_bytes(key)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return path.read_bytes()
    finally:
        temporary.unlink()
    return key


class Redactor:
    """Replaces secrets by ``[redacted:HASH]``; equal secrets give equal hashes."""

    def __init__(self, key: bytes) -> None:
        from hashlib import blake2s  # loads OpenSSL, which those that only ask what is secret do without

        self._hash = partial(blake2s, key=key[:32], digest_size=4)
        self._value = lru_cache(maxsize=1024)(self.value)  # most headers come again with every request

    def mask(self, value: str) -> str:
        if not value:
            return value
        digest = self._hash(value.encode("utf-8", "surrogateescape")).hexdigest()
        return f"[redacted:{digest}]"

    def value(self, name: str, value: str) -> str:
        """A header's value, masked if the header's name says that it is a secret. The scheme word is kept."""
        if not _is_secret(name):
            return self.target(value) if "=" in value and "?" in value else value
        scheme = SCHEMES.match(value)
        return f"{scheme[0]}{self.mask(value[scheme.end() :])}" if scheme else self.mask(value)

    def headers(self, headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple([(name, self._value(name, value)) for name, value in headers])

    def target(self, target: str) -> str:
        """A request target or URL: keys in its query and passwords in its authority are masked."""
        if "?" in target:
            target = SECRET_QUERY.sub(lambda m: f"{m[1]}={self.mask(m[2])}", target)
        if "@" in target:
            target = USERINFO.sub(lambda m: f"{self.mask(m[0][:-1])}@", target)
        return target


@lru_cache(maxsize=256)
def _is_secret(name: str) -> bool:
    name = name.lower()
    return name in SECRET_HEADERS or SECRET_NAME.search(name) is not None
