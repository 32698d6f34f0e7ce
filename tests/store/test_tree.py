"""A turn as a tree."""

from collections.abc import Callable

from heron_tui.model.turn import Story
from heron_tui.store.reader import Reader
from heron_tui.store.writer import Writer
from tests.store import made


def test_calls_tools_and_agents_where_they_belong(writer: Writer, read: Callable[[], Reader]) -> None:
    ids = ["c1", "c2", "c3", "c4", "c5"]
    writer.put_calls([made.call(id, f"x{n}", made.T0 + n) for n, id in enumerate(ids)])
    agents = (made.subagent("a1", ["c2"], "t1"), made.subagent("a2", ["c4", "c3"]))
    tools = [
        made.tool("t1", "c1", name="Agent"),
        made.tool("t2", "c1", t_start_us=made.T0 + 5),
        made.tool("t3", "c2", subagent="a1"),
        made.tool("t4", "elsewhere"),
    ]
    story = Story(
        parts=[made.part(id) for id in ids],
        turns=[made.turn(calls=ids, subagents=agents)],
        sessions=[made.session()],
        tools=tools,
    )
    writer.put_story(story)
    writer.commit()
    tree = read().turn_tree("u1")
    assert tree is not None
    assert tree.session is not None
    assert tree.session["cwd"] == "/home/me/project"
    assert [node.call["id"] for node in tree.calls] == ["c1", "c5"]
    first = tree.calls[0]
    assert [node.tool["id"] for node in first.tools] == ["t2", "t1"]
    (started,) = first.tools[1].agents
    assert (started.id, started.name, [node.call["id"] for node in started.calls]) == ("a1", "name of a1", ["c2"])
    assert [node.tool["id"] for node in started.calls[0].tools] == ["t3"]
    assert [(agent.id, [node.call["id"] for node in agent.calls]) for agent in tree.agents] == [("a2", ["c3", "c4"])]
    assert read().turn_tree("none") is None
