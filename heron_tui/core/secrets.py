"""Secrets in texts: what looks like a key, a token or a private key, whoever wrote it there.

Forms are those that vendors document for their keys, so that a match is worth its line; words and hashes stay.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_EDGE, _END = r"(?<![\w-])", r"(?![\w-])"
_VALUE = r"(?=[^\s\"']*\d)(?=[^\s\"']*[A-Za-z])[\w+/=.~-]{16,}"

_FORMS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("Anthropic key", ("sk-ant-",), r"sk-ant-[\w-]{20,}"),
    ("OpenAI key", ("sk-",), r"sk-(?:proj-|svcacct-|admin-|or-v1-)?[A-Za-z0-9_-]{20,}"),
    ("Google key", ("AIza",), r"AIza[\w-]{35}"),
    ("Google token", ("ya29.",), r"ya29\.[\w-]{20,}"),
    ("GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{36,}"),
    ("GitHub token", ("github_pat_",), r"github_pat_\w{22,}"),
    ("GitLab token", ("glpat-",), r"glpat-[\w-]{20,}"),
    ("Slack token", ("xox",), r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("AWS key", ("AKIA", "ASIA"), r"A[KS]IA[A-Z0-9]{16}"),
    ("Hugging Face token", ("hf_",), r"hf_[A-Za-z0-9]{30,}"),
    ("npm token", ("npm_",), r"npm_[A-Za-z0-9]{36}"),
    ("PyPI token", ("pypi-",), r"pypi-[\w-]{50,}"),
    ("Stripe key", ("sk_", "rk_"), r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("JWT", ("eyJ",), r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
)
_LOOSE: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "private key",
        ("-----BEGIN ",),
        r"(-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[\s\S]{20,20000}?-----END (?:[A-Z]+ )*PRIVATE KEY-----)",
    ),
    ("bearer token", ("Bearer ", "bearer "), r"[Bb]earer ([\w.~+/-]{20,}=*)"),
    ("password in a URL", ("://",), r"://([^\s/:@\"']{1,64}:[^\s/:@\"']{1,128})@"),
    (
        "value of a secret's name",
        tuple("api Api API secret SECRET access ACCESS auth AUTH client CLIENT passw Passw PASSW".split()),
        r"(?i:api[_-]?key|secret[_-]?key|access[_-]?key|auth[_-]?token|access[_-]?token|client[_-]?secret|password|passwd)"
        rf"[\"']?\s{{0,4}}[:=]\s{{0,4}}[\"']?({_VALUE})",
    ),
)
_PATTERNS = [(kind, anchors, re.compile(f"{_EDGE}({form}){_END}")) for kind, anchors, form in _FORMS] + [
    (kind, anchors, re.compile(form)) for kind, anchors, form in _LOOSE
]

_DASHED, _SCORED, _NAMED = (
    frozenset("sk-ant- sk- glpat- xox pypi-".split()),
    frozenset("ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ hf_ npm_ sk_ rk_".split()),
    frozenset(_LOOSE[-1][1]),
)
"""Anchors of which one look at a text tells whether any of them may be in it."""
_dash = re.compile(r"-(?:(?<=sk-)|(?<=glpat-)|(?<=pypi-)|(?<=xox[abeoprs]-))")
_score = re.compile(r"_(?:(?<=gh[pousr]_)|(?<=github_pat_)|(?<=hf_)|(?<=npm_)|(?<=[sr]k_))")
_NAMES = ("key", "token", "secret", "passw")


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret in a text: what it looks like, and where it stands, [start, end)."""

    kind: str
    start: int
    end: int


def find(text: str) -> list[Secret]:
    """Secrets in `text`, from left to right, none within another."""
    absent = _absent(text)
    found = [
        secret
        for kind, anchors, form in _PATTERNS
        for anchor in anchors
        if anchor not in absent
        for secret in _found(text, kind, anchor, form)
    ]
    found.sort(key=lambda secret: (secret.start, -secret.end))
    apart: list[Secret] = []
    for secret in found:
        if not apart or secret.start >= apart[-1].end:
            apart.append(secret)
    return apart


def _absent(text: str) -> frozenset[str]:
    """Anchors that need not be looked for: a text of megabytes mostly holds none of them."""
    absent: frozenset[str] = frozenset()
    if _dash.search(text) is None:
        absent |= _DASHED
    if _score.search(text) is None:
        absent |= _SCORED
    lowered = text.lower()
    if not any(name in lowered for name in _NAMES):
        absent |= _NAMED
    return absent


def _found(text: str, kind: str, anchor: str, form: re.Pattern[str]) -> Iterator[Secret]:
    place = text.find(anchor)
    while place >= 0:
        match = form.match(text, place)
        if match:
            yield Secret(kind, *match.span(1))
        place = text.find(anchor, match.end() if match else place + 1)
