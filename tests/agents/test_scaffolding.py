"""What is cut out of a user's text, and that unclosed tags change nothing in it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heron_tui.agents import said
from tests.agents.build import PROFILES

PATTERNS = sorted(
    {pattern for profile in PROFILES for pattern in profile.prompt.scaffolding}, key=lambda one: one.pattern
)
PIECES = [
    "<system-reminder>",
    "</system-reminder>",
    "<task-notification>",
    "</task-notification>",
    "<command-name>",
    "</command-name>",
    "a",
    "\n",
    "[Request interrupted by user]",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.sampled_from(PATTERNS))
def test_a_pattern_finds_the_same_up_to_the_last_tag_that_it_ends_with(text: str, pattern: re.Pattern[str]):
    end = said._reach(pattern, text)
    assert [match.span() for match in pattern.finditer(text, 0, end)] == [m.span() for m in pattern.finditer(text)]
    assert pattern.sub("", text[:end]) + text[end:] == pattern.sub("", text)


@pytest.mark.parametrize(
    ("pattern", "tag"),
    [
        (r"<a>.*?</a>", "</a>"),
        (r"<a-b>([^<]+)</a-b>", "</a-b>"),
        (r"<a>.*?</a>|x", None),
        (r"<a>.*?</a>\Z", None),
        (r"x", None),
    ],
)
def test_which_patterns_end_with_a_tag(pattern: str, tag: str | None):
    assert said._closing(re.compile(pattern)) == tag
