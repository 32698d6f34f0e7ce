from pathlib import Path

import pytest

from heron_tui.core.errors import UsageError
from heron_tui.tui.actions import ACTIONS, SCOPES
from heron_tui.tui.keymap import UNBINDABLE, Keymap, KeyReader, Pending, Pressed, load

LIST = ("list", "all")


def read(keys: str, scopes: tuple[str, ...] = LIST) -> list[object]:
    reader = KeyReader(Keymap())
    return [reader.feed(key, scopes) for key in keys.split()]


def pressed(found: object) -> tuple[str, int | None]:
    assert isinstance(found, Pressed)
    return found.action.name, found.count


def test_a_key_is_its_action_in_the_nearest_scope():
    assert pressed(read("l", ("tree", "columns", "list", "all"))[0]) == ("expand", None)
    assert pressed(read("l", ("columns", "list", "all"))[0]) == ("right", None)
    assert read("l", ("all",)) == [None]


def test_a_count_goes_to_the_motion_that_follows():
    reader = KeyReader(Keymap())
    reader.begin_count("1")
    assert reader.feed("2", LIST) == Pending("12")
    assert reader.feed("0", LIST) == Pending("120")
    assert pressed(reader.feed("j", LIST)) == ("down", 120)
    assert pressed(reader.feed("j", LIST)) == ("down", None)


def test_a_digit_that_is_a_view_acts_at_once_and_others_begin_a_count():
    assert pressed(read("3")[0]) == ("turns", None)
    assert read("8")[0] == Pending("8")
    assert pressed(read("8 3 j")[-1]) == ("down", 83)


def test_what_may_follow_a_count():
    reader = KeyReader(Keymap())
    assert reader.takes_count("5", LIST)
    assert reader.takes_count("j", LIST)
    assert reader.takes_count("g", LIST)
    assert not reader.takes_count("p", LIST)
    assert not reader.takes_count("enter", LIST)


def test_sequences_wait_for_their_second_key():
    first, second = read("g g")
    assert isinstance(first, Pending)
    assert pressed(second) == ("top", None)
    assert [type(found) for found in read("g x")] == [Pending, type(None)]
    assert pressed(read("8 g g")[-1]) == ("top", 8)


def test_escape_only_drops_what_was_begun():
    assert read("8 2 escape")[-1] is None
    assert pressed(read("escape")[0]) == ("back", None)


def test_a_count_before_an_action_that_takes_none_is_dropped():
    assert pressed(read("9 p")[-1]) == ("pause", None)


def test_no_two_actions_of_a_scope_share_a_key_and_none_is_unbindable():
    seen: dict[tuple[str, str], str] = {}
    for action in ACTIONS.values():
        assert action.scope in SCOPES
        for keys in action.keys:
            assert (action.scope, keys) not in seen, (action.name, seen.get((action.scope, keys)))
            seen[action.scope, keys] = action.name
            assert not set(keys.split()) & UNBINDABLE


def test_the_users_keymap_changes_keys(tmp_path: Path):
    (tmp_path / "keymap.toml").write_text('[keys]\npage-down = ["ctrl+f", "space"]\nquit = "Q"\n')
    keymap = load(tmp_path)
    assert keymap.find(("ctrl+f",), LIST) is ACTIONS["page-down"]
    assert keymap.find(("pagedown",), LIST) is None
    assert keymap.find(("Q",), LIST) is ACTIONS["quit"]
    assert keymap.find(("ctrl+q",), LIST) is None
    assert keymap.first("quit") == "Q"


def test_a_users_key_takes_it_from_the_default_action(tmp_path: Path):
    (tmp_path / "keymap.toml").write_text('[keys]\nhelp = ["p"]\n')
    assert load(tmp_path).find(("p",), LIST) is ACTIONS["help"]


def test_no_file_is_the_default_keymap(tmp_path: Path):
    assert load(tmp_path).keys == Keymap().keys


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[keys]\npage-dwn = "x"', "keys.page-dwn: no such action; did you mean 'page-down'?"),
        ('[keys]\nfollow = "ctrl+m"', "keys.follow: terminals cannot send or already use 'ctrl+m'"),
        ("[keys]\nfollow = 3", "keys.follow: must be a key or a list of keys"),
        ("[colours]\n", "unknown key 'colours'"),
        ("[keys\n", "keymap.toml"),
    ],
)
def test_what_is_wrong_names_file_and_key(tmp_path: Path, text: str, words: str):
    (tmp_path / "keymap.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load(tmp_path)
    assert words in str(caught.value)
    assert str(tmp_path / "keymap.toml") in str(caught.value)
