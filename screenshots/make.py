"""Make the pictures of README and docs from the demo capture: `make screenshots`.

Each is an SVG of a screen as the program draws it. With `--check`, nothing is written: exit code 1 says that a picture
is missing or old.
"""

import argparse
import asyncio
import os
import re
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
CELL = 12.2
"""Width of a character in Textual's SVG."""
CALM = 10
"""Rounds of the event loop without a question to the store until a screen is taken to be at rest."""
SHOTS: dict[str, tuple[tuple[int, int], str]] = {
    "turns": ((120, 36), "3 j + j j"),
    "turns-80x24": ((80, 24), "3 j + j j"),
    "packets-160x50": ((160, 50), "1 ] enter"),
    "bytes": ((120, 36), "1 ] enter tab"),
    "flows": ((120, 36), "2"),
    "metrics": ((160, 50), "4"),
    "findings": ((100, 30), "6 j j j j j j"),
    "context": ((100, 30), "3 j + j j j j w j + j"),
    "diff": ((140, 36), "3 j + j j j j D"),
    "stream": ((120, 36), "3 j + j s"),
    "help": ((100, 34), "3 ?"),
    "light": ((120, 36), "3 j + j j"),
}
TEXT = re.compile(r'(<text [^>]*?)x="([\d.]+)"([^>]*?)textLength="[\d.]+"([^>]*>)([^<]*)</text>')


def tidy(svg: str) -> str:
    """Take outer spaces off texts: some viewers collapse them and shift what follows."""

    def trimmed(found: re.Match[str]) -> str:
        text, spaces = found[5], 0
        while text.startswith("&#160;"):
            text, spaces = text[6:], spaces + 1
        text = re.sub("(&#160;)+$", "", text)
        if not text:
            return ""
        length = len(re.sub("&[^;]*;", "x", text)) * CELL
        place = float(found[2]) + spaces * CELL
        return f'{found[1]}x="{place:.1f}"{found[3]}textLength="{length:.1f}"{found[4]}{text}</text>'

    svg = TEXT.sub(trimmed, svg)
    return re.sub(r"terminal-\d+", "terminal", svg)


async def shoot(store: Path, name: str, size: tuple[int, int], keys: str) -> str:
    """One screen after some keys."""
    from heron_tui.cost import table
    from heron_tui.store.reader import Reader
    from heron_tui.tui import theme
    from heron_tui.tui.app import HeronApp
    from heron_tui.tui.keyboard import TYPED_S

    palette = theme.LIGHT if name == "light" else theme.DARK
    app = HeronApp(store, lambda: Reader(store), title="demo", palette=palette, window=table.load().window)
    async with app.run_test(size=size) as pilot:
        for key in ["", *keys.split()]:
            if key:
                await pilot.press(key)
            await asyncio.sleep(TYPED_S[1] if key.isdigit() else 0)
            calm = 0
            while calm < CALM:
                await pilot.pause()
                calm = calm + 1 if app.reading.idle and app.main.whole else 0
        return tidy(app.export_screenshot(title="heron-tui"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; say which pictures are not as drawn now")
    parser.add_argument("--only", metavar="NAME", choices=SHOTS, help="only this one")
    args = parser.parse_args()

    from heron_tui.capture.demo import PATH
    from heron_tui.core import paths
    from heron_tui.engine.run import replay

    os.environ["TZ"] = "UTC"
    time.tzset()
    stale = []
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_STATE_HOME"] = os.environ["XDG_CONFIG_HOME"] = place
        key = paths.private_dir(paths.state_dir()) / "redaction.key"
        key.write_bytes(b"the same hashes in each picture.")
        store = Path(place) / "demo.store"
        replay([str(PATH)], store)
        for name, (size, keys) in SHOTS.items():
            if args.only not in (None, name):
                continue
            picture, path = asyncio.run(shoot(store, name, size, keys)), HERE / f"{name}.svg"
            if not args.check:
                path.write_text(picture)
                print(f"screenshots/{name}.svg")
            elif not path.exists() or path.read_text() != picture:
                stale.append(name)
    if stale:
        print(f"not as drawn now: {', '.join(stale)}; make screenshots draws them again", file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
