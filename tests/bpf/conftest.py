from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bpf.server import Server, certificate
from tests.bpf.watching import Watch, missing


@pytest.fixture(scope="session")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("openssl"):
        pytest.skip("openssl(1) makes the certificate, and is not installed")
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def can_watch() -> None:
    if reason := missing():
        pytest.skip(reason)


@pytest.fixture(scope="module")
def watch(can_watch: None) -> Iterator[Watch]:
    with Watch("--uid", "0") as running:
        yield running


@pytest.fixture
def server(pem: Path) -> Iterator[Server]:
    running = Server(pem)
    yield running
    running.close()
