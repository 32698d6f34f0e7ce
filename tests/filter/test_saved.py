"""Filters that are kept, and the history."""

import pytest

from heron_tui.core.errors import UsageError
from heron_tui.filter import saved


def test_saved_filters_are_private_and_come_back(tmp_path) -> None:
    text = 'http.header["x-app"] == "a\\\\b" and call.text contains "é\\n"'
    saved.save(tmp_path / "config", "one", text)
    saved.save(tmp_path / "config", "two", "$one or call.error")
    assert saved.load(tmp_path / "config") == {"one": text, "two": "$one or call.error"}
    assert (tmp_path / "config" / saved.FILE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "config").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in (tmp_path / "config").iterdir()] == [saved.FILE]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("a b", "call.error", "no name"), ("x", "call.eror", "did you mean"), ("x", "$x", "uses itself")],
)
def test_what_cannot_be_kept_is_told_and_nothing_is_written(tmp_path, name: str, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        saved.save(tmp_path, name, text)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["slow = 3", "slow =", '"a b" = "call.error"', "[slow]\nx = 1"])
def test_a_file_that_is_not_right_is_one_line_that_names_it(tmp_path, content: str) -> None:
    (tmp_path / saved.FILE).write_text(content)
    with pytest.raises(UsageError) as error:
        saved.load(tmp_path)
    assert str(tmp_path / saved.FILE) in str(error.value)
    assert "\n" not in str(error.value)


def test_history_has_each_filter_once_newest_last(tmp_path) -> None:
    for text in ("a", "b", "a", "c\nd"):
        saved.remember(tmp_path, text)
    assert saved.history(tmp_path) == ["b", "a", "c d"]
    for n in range(300):
        saved.remember(tmp_path, str(n))
    assert len(saved.history(tmp_path)) == saved.MOST_HISTORY
    assert (tmp_path / saved.HISTORY).stat().st_mode & 0o777 == 0o600
