"""Which program of ssl.bpf.c stands at which function."""

from __future__ import annotations

from typing import NamedTuple


class Hook(NamedTuple):
    entry: str
    at_return: str | None = None  # a return probe, or (Go) the program at each RET


STACKS = {1: "openssl", 2: "boringssl", 3: "aws-lc", 4: "gnutls", 5: "go"}  # as in ssl.bpf.c
HOOKS = {
    ("openssl", "ssl_read_internal"): Hook("openssl_read_ex", "on_return"),
    ("openssl", "ssl_write_internal"): Hook("openssl_write_ex", "on_return"),
    ("openssl", "SSL_read"): Hook("openssl_read", "on_return"),
    ("openssl", "SSL_write"): Hook("openssl_write", "on_return"),
    ("openssl", "SSL_read_ex"): Hook("openssl_read_ex", "on_return"),
    ("openssl", "SSL_write_ex"): Hook("openssl_write_ex", "on_return"),
    ("openssl", "SSL_do_handshake"): Hook("openssl_handshake", "on_return"),
    ("openssl", "SSL_free"): Hook("on_free"),
    ("openssl", "SSL_clear"): Hook("on_free"),
    ("boringssl", "SSL_read"): Hook("boringssl_read", "on_return"),
    ("boringssl", "SSL_write"): Hook("boringssl_write", "on_return"),
    ("boringssl", "SSL_do_handshake"): Hook("boringssl_handshake", "on_return"),
    ("boringssl", "SSL_free"): Hook("on_free"),
    ("boringssl", "SSL_clear"): Hook("on_free"),
    ("aws-lc", "EVP_AEAD_CTX_seal"): Hook("aead_seal", "aead_seal_return"),
    ("aws-lc", "EVP_AEAD_CTX_open"): Hook("aead_open", "on_return"),
    ("gnutls", "gnutls_record_send"): Hook("gnutls_write", "on_return"),
    ("gnutls", "gnutls_record_recv"): Hook("gnutls_read", "on_return"),
    ("gnutls", "gnutls_deinit"): Hook("on_free"),
    ("go", "Conn.Read"): Hook("go_read", "go_return"),
    ("go", "Conn.Write"): Hook("go_write", "go_return"),
    ("go", "Conn.Close"): Hook("go_close"),
}
