"""Processes in a file system of their own: other mounts, another root, an overlay; and the container they belong to."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bpf.server import Server
from tests.bpf.test_clients import same
from tests.bpf.test_life import WAITING
from tests.bpf.watching import PATIENCE, Watch

pytestmark = pytest.mark.xdist_group("bpf")

# A new root on a tmpfs that nobody else sees, with the host's programs and a libssl of its own in the directory $5.
ROOT = """
set -e
mount -t tmpfs none "$1"
cd "$1"
for d in usr lib lib64 bin etc dev proc; do
    if [ -L /$d ]; then cp -P /$d .; elif [ -d /$d ]; then mkdir $d; mount --rbind /$d $d; fi
done
mkdir old "$5" tmp
cp "$2" tmp/ca.pem
if [ "$5" = overlay ]; then
    mkdir lower upper work
    cp -L "$3" lower/libssl.so.3
    mount -t overlay none -o lowerdir=lower,upperdir=upper,workdir=work "$5"
else
    cp -L "$3" "$5/libssl.so.3"
fi
pivot_root . old
umount -l /old
LD_LIBRARY_PATH="/$5" exec /usr/bin/python3 -c "$6" "$4" /tmp/ca.pem
"""


@pytest.fixture
def libssl() -> Path:
    if not shutil.which("unshare") or not shutil.which("pivot_root"):
        pytest.skip("unshare and pivot_root make the namespace, and are not installed")
    found = sorted(Path("/usr/lib").glob("*/libssl.so.3"))
    if not found:
        pytest.skip("no libssl.so.3 below /usr/lib")
    return found[0]


@pytest.mark.parametrize("kind", ["tmpfs", "overlay"])
def test_a_library_that_only_the_container_sees(
    kind: str, watch: Watch, server: Server, libssl: Path, tmp_path: Path
) -> None:
    if kind == "overlay" and "overlay" not in Path("/proc/filesystems").read_text():
        pytest.skip("this kernel has no overlayfs")
    arguments = [str(tmp_path), str(server.pem), str(libssl), str(server.port), kind, WAITING]
    command = ["unshare", "-m", "--propagation", "private", "sh", "-c", ROOT, "sh", *arguments]
    client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert client.stdin and client.stdout and client.stderr
    if client.stdout.readline() != "ready\n":
        words = client.stderr.read()
        if kind == "overlay" and "overlay" in words:
            pytest.skip(f"no overlay can be mounted here: {words.strip()}")
        raise AssertionError(words)
    assert watch.attached(f"/{kind}/libssl.so.3")["pids"] == [client.pid]
    client.stdin.write("2\n")
    client.stdin.flush()
    assert client.stdout.readline() == "done\n"
    client.communicate(timeout=PATIENCE)
    same(watch, server, client.pid, 2)


@contextlib.contextmanager
def _cgroup(name: str) -> Iterator[Path]:
    tops = [Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/pids")]
    top = next((top for top in tops if (top / "cgroup.procs").exists()), None)
    if top is None:
        pytest.skip("no control groups are mounted")
    group = top / name
    try:
        group.mkdir()
    except OSError as e:
        pytest.skip(f"no control group can be made here: {e}")
    try:
        yield group
    finally:
        group.rmdir()


def test_the_container_is_named(watch: Watch, server: Server) -> None:
    container = "0123456789abcdef" * 4
    with _cgroup(f"docker-{container}.scope") as group:
        enter = f'echo $$ > "{group}/cgroup.procs"; exec "$@"'
        python = [sys.executable, "-c", WAITING, str(server.port), str(server.pem)]
        command = ["sh", "-c", enter, "sh", *python]
        client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        client.communicate("1\n", timeout=PATIENCE)
        watch.wait(lambda: [p for p in watch.said["PROCESS"] if p["pid"] == client.pid], "the process")
    (process,) = (p for p in watch.said["PROCESS"] if p["pid"] == client.pid)
    assert process["container"] == container
