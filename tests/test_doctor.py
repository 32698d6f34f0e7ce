"""`heron-tui doctor`: every line says what is so, and how to mend what is not."""

import subprocess
import sys

from heron_tui import doctor
from heron_tui.privileged import programs


def test_it_prints_a_line_for_everything_that_live_capture_needs():
    done = subprocess.run(
        [sys.executable, "-m", "heron_tui", "doctor"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    for word in ("dumpcap", "tcpdump", "tshark", "terminal", "rights"):
        assert word in done.stdout
    assert (done.returncode == 1) == ("✗" in done.stdout)


def test_what_is_missing_comes_with_its_mend(monkeypatch):
    monkeypatch.setattr(programs, "find", lambda name: None)
    for check in (doctor.capturer("dumpcap"), doctor.capturer("tcpdump"), doctor.bcc()):
        assert check.state != "ok"
        assert "apt install" in check.mend


def test_the_bcc_of_pypi_is_recognised(tmp_path, monkeypatch):
    """A package of that name without BPF: a crystal-lattice library has it, too."""
    fake = tmp_path / "python3"
    fake.write_text("#!/bin/sh\nexit 4\n")
    fake.chmod(0o755)
    monkeypatch.setattr(programs, "python", lambda: str(fake))
    check = doctor.bcc()
    assert check.state == "missing"
    assert "PyPI" in check.mend


def test_old_kernels_are_told(monkeypatch):
    monkeypatch.setattr(doctor.platform, "release", lambda: "5.4.0-1-amd64")
    assert doctor.kernel().state == "missing"
    monkeypatch.setattr(doctor.platform, "release", lambda: "6.1.0")
    assert doctor.kernel().state == "ok"


def test_what_capturers_say_becomes_one_line():
    wrong = programs.refusal("tcpdump", "tcpdump: can't parse filter expression: syntax error\n", "lo", "tcp and")
    assert (wrong.code, "syntax error" in str(wrong)) == (2, True)
    rights = "tcpdump: eth0: You don't have permission to perform this capture on that device\n"
    assert programs.refusal("tcpdump", rights, "eth0", "").code == 3
    assert programs.refusal("dumpcap", 'dumpcap: There is no device named "x".\n', "x", "").code == 4
