"""Two prompts compared: the prefix, the changes, the words."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heron_tui.conversation.comparing import changes, prefix_break, words
from heron_tui.conversation.elements import Element, elements
from heron_tui.conversation.reading import Conversations
from heron_tui.model.prefix import first_difference
from heron_tui.store.reader import Reader

KEYS = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=8)


def audible(keys: list[str]) -> list[str]:
    return [key for key in keys if key]


@given(KEYS, KEYS)
def test_a_prompt_that_goes_on_has_no_difference(before: list[str], more: list[str]):
    assert first_difference(before, before + more, "") is None


@given(KEYS, KEYS)
def test_a_difference_is_there_if_and_only_if_the_one_is_no_beginning(before: list[str], after: list[str]):
    found = first_difference(before, after, "")
    one, other = audible(before), audible(after)
    assert (found is None) == (other[: len(one)] == one)
    if found:
        place, at = found
        assert audible(before[:place]) == audible(after[:at]), "all before it is the same"
        assert before[place] and (at == len(after) or after[at] != before[place])


def prompt(tools: list[str], system: list[str], messages: list[str]) -> list[Element]:
    made = [Element("tool", n, text, text, text) for n, text in enumerate(tools, 1)]
    made += [Element("system", n, "", text, text) for n, text in enumerate(system, 1)]
    return made + [Element("message", n, "user", text, text) for n, text in enumerate(messages, 1)]


PROMPTS = st.builds(prompt, *[st.lists(st.sampled_from(["a", "b", "c"]), max_size=4, unique=True)] * 3)


@given(PROMPTS, PROMPTS)
def test_every_element_is_in_one_change(before: list[Element], after: list[Element]):
    made = changes(before, after)
    assert sorted([id(c.before) for c in made if c.before]) == sorted(map(id, before))
    assert sorted([id(c.after) for c in made if c.after]) == sorted(map(id, after))
    for change in made:
        if change.status == "same":
            assert change.before.key == change.after.key
        else:
            assert (change.before is None) == (change.status == "new")
            assert (change.after is None) == (change.status == "gone")


@given(PROMPTS, PROMPTS)
def test_the_prefix_is_whole_if_nothing_changed_but_messages_at_the_end(before: list[Element], after: list[Element]):
    whole = prefix_break(before, after) is None
    made = changes(before, after)
    assert whole == all(change.status == "same" for change in made[: len(before)]) or not whole
    if whole:
        assert {change.status for change in made} <= {"same", "new"}
        assert all(change.element.kind == "message" for change in made if change.status == "new")


@given(st.text("ab \n", max_size=60), st.text("ab \n", max_size=60))
def test_words_put_together_are_the_texts(before: str, after: str):
    left, right = words(before, after)
    assert "".join(text for text, _ in left) == before
    assert "".join(text for text, _ in right) == after
    assert "".join(text for text, alone in left if not alone) == "".join(text for text, alone in right if not alone)


def test_the_word_that_changed_is_found():
    left, right = words("the cache has 1034 bytes of it", "the cache has 2048 bytes of it")
    assert [text for text, alone in left if alone] == ["1034"]
    assert [text for text, alone in right if alone] == ["2048"]


@pytest.mark.parametrize("name", ["claude-code", "codex-http", "gemini-cli", "opencode-run", "hermes"])
def test_calls_of_one_turn_go_on_from_each_other(name: str, stores: Callable[[str], Path]):
    reader = Reader(stores(name))
    conversations = Conversations(reader)
    compared = 0
    for turn in reader.rows("turn", 0, 20):
        calls = [reader.get("call", id) for id in turn["calls"]]
        mine = [call for call in calls if call["subagent"] is None and call["auxiliary"] is None]
        for one, other in pairwise(mine):
            before, after = (elements(conversations.of(call)) for call in (one, other))
            assert before
            found = prefix_break(before, after)
            assert found is None or found.before is None or found.before.key != getattr(found.after, "key", None)
            compared += found is None
    reader.close()
    assert compared >= 1
