"""The pictures in README and docs show the program as it is."""

import subprocess
import sys

from heron_tui.core.paths import PACKAGE


def test_the_pictures_are_as_the_program_draws_them_now():
    command = [sys.executable, str(PACKAGE.parent / "screenshots" / "make.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
