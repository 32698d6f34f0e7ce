"""Exports are those of `heron-tui export`, and their counts can be asked for."""

import json
import subprocess
import sys

import pytest

from tests.api.serving import Server


def exported(store, *arguments: str) -> bytes:
    command = [sys.executable, "-m", "heron_tui", "export", str(store), *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout


@pytest.mark.parametrize("form", ["sft", "calls", "markdown", "har"])
def test_an_export_is_that_of_the_command(form: str, server: Server, stores):
    answer = server.get(f"/api/v1/export?format={form}")
    assert answer.status == 200
    assert answer.body == exported(stores("claude-code-agents"), "--format", form)
    report = server.get(answer.headers["heron-report"]).json
    assert report["state"] == "done"
    assert report["report"]["written"] > 0
    assert "attachment" in answer.headers["content-disposition"]


def test_a_filter_ids_and_options_are_handed_on(server: Server, stores):
    turn = server.ask("turns")["records"][0]["id"]
    answer = server.get(f"/api/v1/export?format=calls&filter=call.n%3D%3D2&side_calls=keep&id={turn}")
    assert [json.loads(line)["n"] for line in answer.body.splitlines()] == [2]
    again = exported(stores("claude-code-agents"), "--format", "calls", "-Ycall.n==2", "--id", turn)
    assert answer.body == again


def test_nothing_to_write_is_an_empty_answer_with_its_reasons(server: Server):
    answer = server.get("/api/v1/export?format=sft&filter=call.n%20%3E%20999")
    assert (answer.status, answer.body) == (200, b"")
    assert server.get(answer.headers["heron-report"]).json["report"]["written"] == 0


def test_a_head_runs_no_export(server: Server):
    answer = server.get("/api/v1/export?format=sft", "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert "heron-report" not in answer.headers


def test_formats_are_listed(server: Server):
    assert server.ask("formats")["formats"][0]["name"] == "sft"
    assert server.get("/api/v1/exports/nothing").status == 404
