"""Build the wheel, install it into an empty environment, and see that it opens the demo from there."""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(*argv: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(a) for a in argv], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"wheel test failed: {' '.join(map(str, argv))}\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", place, ROOT, cwd=place)
        wheel = next(place.glob("*.whl"))
        venv.create(place / "env", with_pip=True)
        python = place / "env/bin/python"
        run(python, "-m", "pip", "install", "-q", "--require-hashes", "-r", ROOT / "requirements/run.txt", cwd=place)
        run(python, "-m", "pip", "install", "-q", "--no-deps", wheel, cwd=place)
        heron = place / "env/bin/heron-tui"
        profiles = run(
            python,
            "-c",
            "from heron_tui.core.paths import shipped; print(*shipped('profiles').glob('*.toml'))",
            cwd=place,
        )
        assert "claude-code.toml" in profiles, f"the wheel holds no profiles: {profiles!r}"
        turns = run(heron, "query", "--demo", "turns", "--json", "--fields", "agent,status", cwd=place)
        assert '"complete"' in turns, f"the demo shows no complete turn: {turns!r}"
        screen = run(python, "-m", "heron_tui.cli", "--demo", "--print-screen", "120x40", cwd=place)
        assert "claude-code" in screen, f"the TUI did not show the demo:\n{screen}"
    print("wheel test passed: the demo opens from an installed wheel")


if __name__ == "__main__":
    main()
