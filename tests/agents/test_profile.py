"""Profiles: what is read, what is refused and in which words, and how one replaces another."""

from pathlib import Path

import pytest

from heron_tui.agents import profile
from heron_tui.core.errors import UsageError
from heron_tui.core.paths import shipped

from .build import call, says, tell, user, uses

MINE = """
title = "Mine"
rank = 90

[[recognise]]
at = { "header:user-agent" = '^mine/' }

[session]
id = ["header:x-mine"]
"""


def write(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


def test_the_shipped_profiles_are_right_and_ranked():
    names = [one.name for one in profile.load(shipped("profiles"))]
    assert set(names) == {
        "claude-code",
        "codex",
        "gemini-cli",
        "opencode",
        "openclaw",
        "hermes",
        "claude-agent-sdk",
        "aider",
        "autogen",
        "cline",
        "copilot-cli",
        "crewai",
        "crush",
        "cursor",
        "goose",
        "kimi",
        "pi",
        "qwen-code",
        "generic",
    }
    assert names.index("claude-code") < names.index("claude-agent-sdk")
    assert names[-1] == "generic"


@pytest.mark.parametrize(
    ("agent", "sends"),
    [
        ("aider", {"system": "Act as an expert software developer.\nAlways use best practices when coding."}),
        (
            "autogen",
            {"system": "You are a helpful AI assistant. Reply with TERMINATE when the task has been completed."},
        ),
        ("cline", {"system": "You are Cline, a highly skilled software engineer with extensive knowledge"}),
        ("copilot-cli", {"system": "You are the GitHub Copilot CLI, a terminal assistant built by GitHub."}),
        ("crewai", {"system": "You are Researcher. You know much.\nYour personal goal is: to find out"}),
        ("crush", {"headers": {"User-Agent": "Charm Crush/0.1.11", "X-Session-Affinity": "s9"}}),
        ("crush", {"headers": {"User-Agent": "Charm-Crush/0.2.0 (https://charm.land/crush)"}}),
        ("cursor", {"headers": {"x-cursor-client-version": "2.1"}}),
        ("goose", {"system": "You are a general-purpose AI agent called goose, created by Block."}),
        ("kimi", {"headers": {"User-Agent": "KimiCLI/1.5"}}),
        ("kimi", {"system": "You are Kimi Code CLI, an interactive general AI agent running on a user's computer."}),
        ("pi", {"system": "You are an expert coding assistant operating inside pi, a coding agent harness."}),
        ("qwen-code", {"system": "You are Qwen Code, an interactive CLI agent developed by Alibaba Group"}),
        ("opencode", {"headers": {"User-Agent": "opencode/1.18", "X-Session-Affinity": "s9"}}),
        ("generic", {"system": "You are a researcher. Your personal goal is nothing."}),
    ],
)
def test_agents_are_known_by_what_they_send(agent: str, sends: dict):
    assert tell(call("a", 0, user("hi"), **sends)).only.agent == agent


def test_what_an_editor_adds_is_no_part_of_the_prompt():
    told = tell(
        call(
            "a",
            0,
            user("<task>\nfix it\n</task>", "<environment_details>\n# Time\n</environment_details>"),
            system="You are Cline, a highly skilled software engineer",
        )
    )
    assert told.prompts == ["fix it"]


def test_a_directory_that_is_not_there_holds_no_profiles(tmp_path: Path):
    assert [one.name for one in profile.load(tmp_path / "none")] == ["generic"]


def test_a_profile_of_the_user_comes_to_the_shipped_ones(tmp_path: Path):
    write(tmp_path, MINE)
    profiles = profile.load(shipped("profiles"), tmp_path)
    told = tell(
        call("a", 0, user("hi"), headers={"User-Agent": "mine/1", "X-Mine": "s-1"}),
        profiles=profiles,
    )
    assert told.only.agent == "mine"
    assert told.only.session == "s-1"


def test_a_profile_of_the_user_replaces_its_namesake(tmp_path: Path):
    write(tmp_path, MINE, "codex")
    (codex,) = [one for one in profile.load(shipped("profiles"), tmp_path) if one.name == "codex"]
    assert codex.title == "Mine"
    assert codex.rank == 90


def test_tables_that_are_left_out_are_generic_s(tmp_path: Path):
    write(tmp_path, MINE)
    profiles = profile.load(shipped("profiles"), tmp_path)
    mine, generic = profiles[0], profiles[-1]
    assert mine.turn == generic.turn
    assert mine.tools == generic.tools
    assert mine.session != generic.session
    assert mine.auxiliary == generic.auxiliary


def test_the_higher_rank_wins(tmp_path: Path):
    write(tmp_path, MINE.replace("90", "10"), "low")
    write(tmp_path, MINE, "high")
    told = tell(call("a", 0, user("hi"), headers={"user-agent": "mine/1"}), profiles=profile.load(tmp_path))
    assert told.only.agent == "high"


@pytest.mark.parametrize(
    ("text", "key", "mend"),
    [
        ("[sesion]\nid = []", "sesion", "did you mean `session`?"),
        ("[session]\nids = []", "session.ids", "did you mean `id`?"),
        ("[session]\nxyz = []", "session.xyz", "keys here are id, cwd"),
        ("[[recognise]]\nsystm = 'x'", "recognise[2].systm", "did you mean `system`?"),
        ("[[auxiliary]]\nkind = 'title'\nlacks_tools = true", "auxiliary[1].lacks_tools", "is not known"),
        ("[[auxiliary]]\nkind = 'title'", "auxiliary[1]", "has no condition"),
        ("[[auxiliary]]\nschema = true", "auxiliary[1].kind", "is missing: it must be a string"),
        ("[auxiliary]\nkind = 'title'", "auxiliary", "write [[auxiliary]]"),
        ("[session]\nid = 3", "session.id", "must be a list of strings"),
        ("[session]\nid = ['x-mine']", "session.id", "write header:NAME or body:NAME"),
        ("[session]\ncwd = ['cwd']", "session.cwd", "needs a (group)"),
        ("[prompt]\nscaffolding = ['<(a']", "prompt.scaffolding", "is no regular expression"),
        ("[turn]\nbeside_results = 'yes'", "turn.beside_results", "must be true or false, not 'yes'"),
        ("[[recognise]]\ntools = ['a']\nat_least = 2", "recognise[2].at_least", "is 2, but `tools` names 1"),
        ("[[recognise]]\nat = { 'body:x' = 3 }", "recognise[2].at.body:x", "must be a string"),
        ("[[recognise]]\nparams = { a = [1] }", "recognise[2].params.a", "must be a string, a number, true or false"),
        ("[subagent]\nspawn = [{ tool = 'x' }]", "subagent.spawn[1].prompt", "is missing"),
    ],
)
def test_mistakes_name_file_key_and_mend(tmp_path: Path, text: str, key: str, mend: str):
    path = write(tmp_path, f"rank = 1\n[[recognise]]\nsystem = 'x'\n{text}\n")
    with pytest.raises(UsageError) as caught:
        profile.load(tmp_path)
    line = str(caught.value)
    assert line.startswith(f"{path}: {key} ")
    assert mend in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rank = 1", "recognise is missing"),
        ("rank = true\n[[recognise]]\nsystem='x'", "rank must be a whole number, not True"),
        ("name = 'other'\n[[recognise]]\nsystem='x'", "name must be the file's name, 'mine'"),
        ("rank = ", "is no TOML"),
    ],
)
def test_mistakes_of_the_whole_file(tmp_path: Path, text: str, words: str):
    write(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        profile.load(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'mine.toml'}: {words}")


def test_the_worked_example_of_the_documentation_works(tmp_path: Path):
    """The last profile in docs/profiles.md, over the requests that the text there tells of."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "profiles.md").read_text()
    example = text.split("## A profile in ten minutes")[1]
    (block,) = [part.split("```")[0] for part in example.split("```toml\n")[1:] if "rank = 90" in part]
    write(tmp_path, block, "harrow")
    profiles = profile.load(shipped("profiles"), tmp_path)
    harrow = {"User-Agent": "harrow/3.2"}
    ids = {"metadata.trace": '{"conversation": "c-77"}'}
    first = [user("<workspace>/srv/app</workspace>", "Why is the build red?")]
    answer = says("", uses("t1", "delegate", brief="Read the log"))
    told = tell(
        call("a", 0, *first, headers=harrow, ids=ids, answer=answer),
        call("b", 200, user("Read the log"), headers=harrow | {"x-harrow-worker": "w-1"}, ids=ids),
        call("n", 300, user("Name this: Why is the build red?"), headers=harrow, system="You name chats.", tools=()),
        profiles=profiles,
    )
    assert told.only.agent == "harrow"
    assert told.only.session == "c-77"
    assert told.only.prompt == "Why is the build red?"
    assert told.sessions["c-77"].cwd == "/srv/app"
    assert [(one.id, one.calls, one.parent_tool) for one in told.only.subagents] == [("w-1", ("b",), "t1")]
    assert (told.parts["n"].auxiliary, told.parts["n"].session) == ("title", "c-77")
