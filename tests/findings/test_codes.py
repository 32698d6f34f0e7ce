"""Every code is explained once, and the docs say the same."""

import re

from heron_tui.core.paths import PACKAGE
from heron_tui.findings.losses import SEVERITY
from heron_tui.model.finding_codes import CODES


def _codes_in_code() -> set[str]:
    texts = [path.read_text("utf-8") for path in (PACKAGE / "findings").glob("*.py")]
    return {code for text in texts for code in re.findall(r'Finding\(\s*"([a-z_.0-9]+)"', text)} | set(SEVERITY)


def test_every_code_that_is_found_is_explained():
    assert _codes_in_code() <= set(CODES)


def test_the_docs_explain_every_code_in_the_same_words():
    docs = (PACKAGE.parent / "docs" / "findings.md").read_text("utf-8")
    told = re.findall(r"^### `([^`]+)`\n\n(.+)\n\n\*What to do:\* (.+)$", docs, re.M)
    assert {code: (meaning, action) for code, meaning, action in told} == dict(CODES)
