"""The console: what it loads is here, and nothing of it runs what came from the wire."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from heron_tui.api import page
from tests.api.serving import Server

HERE = Path(page.__file__).parent
FILES = sorted(path for path in HERE.iterdir() if path.suffix in page.TYPES)
SCRIPTS = [path for path in FILES if path.suffix == ".js"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_served_as_what_it_is(path: Path, server: Server):
    answer = server.get("/" if path.name == page.FRONT else f"/{path.name}")
    assert answer.status == 200
    assert answer.body == path.read_bytes()
    assert answer.headers["content-type"].startswith(page.TYPES[path.suffix])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_comes_from_elsewhere_and_nothing_is_inline(path: Path):
    text = path.read_text()
    assert not re.search(r"https?://|//[a-z]+\.", text)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function", text)
    if path.suffix == ".html":
        assert not re.search(r"<style|style=|\son[a-z]+=|<script(?![^>]*src=)", text)
        for name in re.findall(r'(?:src|href)="(/[^"]*)"', text):
            assert (HERE / name.lstrip("/")).is_file()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_the_scripts_ask_for_routes_that_there_are(path: Path, server: Server):
    known = {route.removeprefix("/api/v1/").partition("/")[0] for route in server.ask("")["paths"]}
    for asked in re.findall(r"""ask\([`"]([a-z]+)""", path.read_text()):
        assert asked in known


@pytest.mark.skipif(shutil.which("node") is None, reason="node reads the scripts")
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_the_scripts_can_be_read(path: Path):
    command = ["node", "--check", "--input-type=module"]
    done = subprocess.run(command, input=path.read_bytes(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
