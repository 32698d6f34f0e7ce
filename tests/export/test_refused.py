"""What no record can say without loss is refused, with its reason."""

from typing import Any

import pytest

from heron_tui.conversation.shapes import Part
from heron_tui.export import check
from heron_tui.export.pairing import ids
from heron_tui.export.reasons import REASONS, Refused
from heron_tui.export.said import Said

USER = Said("user", (Part("text", "Hello"),))
DONE = Said("assistant", (Part("text", "Done."),))


def call(id: str = "call_1", name: str = "f", arguments: dict[str, Any] | None = None) -> Said:
    return Said("assistant", (Part("tool_call", "{}", "function", id, name, {} if arguments is None else arguments),))


def result(id: str = "call_1", name: str = "", parts: tuple[Part, ...] = ()) -> Said:
    return Said("tool", (Part("tool_result", "ok", "tool", id, name, parts=parts),))


def code(*said: Said) -> str:
    with pytest.raises(Refused) as refused:
        check.row(said)
        ids(said)
    assert str(refused.value).startswith(REASONS[refused.value.code])
    return refused.value.code


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((USER, result(), DONE), "orphan"),
        ((USER, call(), result("call_2"), DONE), "orphan"),
        ((USER, call(), result(), result(), DONE), "orphan"),
        ((USER, call(), USER, DONE), "unanswered"),
        ((DONE,), "order"),
        ((), "order"),
        ((USER, Said("assistant", (Part("tool_call", '{"a":', "function", "c", "f"),))), "arguments"),
        ((USER, Said("assistant", (Part("server_tool", "", "web_search_call", name="web_search"),))), "server-tool"),
        ((Said("user", (Part("other", "", "document"),)), DONE), "part"),
        ((Said("user", (Part("image", "", "image"),)), DONE), "image"),
        ((USER, Said("assistant", (Part("image", "data:x", "image"),))), "image"),
        ((USER, call(), result(parts=(Part("image", "data:x", "image"),)), DONE), "image"),
        ((USER, call(), result(parts=(Part("other", "", "search_result"),)), DONE), "part"),
    ],
)
def test_reasons(said: tuple[Said, ...], expected: str):
    assert code(*said) == expected


def test_ids_changed_by_a_proxy_are_paired():
    assert ids((USER, call("toolu_ab12"), result("tooluab12"), DONE)) == {(1, 0): "toolu_ab12", (2, 0): "toolu_ab12"}


def test_results_without_ids_are_paired_by_name_and_order():
    two = Said("assistant", (call("", "f").parts[0], call("", "g").parts[0]))
    assert ids((USER, two, result("", "g"), result("", "f"), DONE)) == {
        (1, 0): "call_1_0",
        (1, 1): "call_1_1",
        (2, 0): "call_1_1",
        (3, 0): "call_1_0",
    }
