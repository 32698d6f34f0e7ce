"""Measure a replay beside tshark, on generated captures: `make bench`, or `python bench/run.py --help`.

Prints a table: MB/s, packets/s and events/s of each stage of the engine and of the whole with the store written, peak
memory (resident, and the anonymous part of it, which does not belong to a file), and tshark over the same file.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from stages import STAGES
from weigh import Weight, weigh

HERE = Path(__file__).parent
OUT = HERE / "out"
AS_GENERATED = "found as generated"
GENERATE = [sys.executable, str(HERE / "generate.py")]
STAGE = [sys.executable, str(HERE / "stages.py")]


@dataclass
class Row:
    """One line of the table: medians of some runs."""

    name: str
    seconds: float
    weight: Weight
    counted: dict[str, int]


def truth_path(capture: Path) -> Path:
    return capture.with_name(capture.name + ".truth.json")


def sample(size: int, mss: int, seed: int, connections: int) -> Path:
    """A generated capture, kept for the next time."""
    path = OUT / f"sse-{size // 1_000_000}MB-mss{mss}-seed{seed}-c{connections}.pcap"
    if not truth_path(path).exists():
        OUT.mkdir(exist_ok=True)
        print(f"generating {path.name} ...", file=sys.stderr)
        shape = ["--mss", str(mss), "--seed", str(seed), "--connections", str(connections)]
        # In a process of its own: what this one held, those that it starts would seem to hold.
        subprocess.run([*GENERATE, str(path), str(size), *shape], check=True, stdout=subprocess.DEVNULL)
    return path


def measure(name: str, command: list[str], runs: int) -> Row | None:
    """Run a command some times and keep the run of median time; None, and a word about it, if it failed."""
    rows = []
    for _ in range(runs):
        weight = weigh(command)
        if weight.status:
            print(f"{name} failed: {weight.error.strip() or weight.status}", file=sys.stderr)
            return None
        counted = json.loads(weight.output) if command[: len(STAGE)] == STAGE else {}
        rows.append(Row(name, counted.pop("seconds", weight.wall), weight, counted))
    middle = statistics.median_low(row.seconds for row in rows)
    return next(row for row in rows if row.seconds == middle)


def tshark(path: Path, *, fields: bool) -> dict[str, list[str]]:
    """Commands of tshark, by name: the quickest whole reading there is, and one that prints what a script would ask."""
    program = shutil.which("tshark")
    if program is None:
        print("tshark is not installed: nothing to compare with", file=sys.stderr)
        return {}
    commands = {"tshark -z io,stat": [program, "-r", str(path), "-q", "-z", "io,stat,0"]}
    if fields:
        shown = ("frame.time_epoch", "tcp.stream", "http.request.uri", "http.response.code")
        options = [part for name in shown for part in ("-e", name)]
        commands["tshark -T fields"] = [program, "-r", str(path), "-Y", "http", "-T", "fields", *options]
    return commands


def table(rows: list[Row], size: int, truth: dict[str, int]) -> str:
    columns = ("", "seconds", "cpu s", "MB/s", "packets/s", "events/s", "peak RSS MB", "anonymous MB")
    lines = [columns]
    for row in rows:
        events = row.counted.get("events")
        lines.append(
            (
                row.name,
                f"{row.seconds:.2f}",
                f"{row.weight.cpu:.2f}",
                f"{size / row.seconds / 1e6:.0f}",
                f"{truth['packets'] / row.seconds:,.0f}" if truth else "-",
                f"{events / row.seconds:,.0f}" if events else "-",
                f"{row.weight.rss / 1e6:.0f}",
                f"{row.weight.anonymous / 1e6:.0f}" if row.weight.anonymous else "-",
            )
        )
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) if not index else cell.rjust(width) for index, (cell, width) in enumerate(cells))
        for cells in (list(zip(line, widths, strict=True)) for line in lines)
    )


def verdict(counted: dict[str, int], truth: dict[str, int]) -> str:
    """Whether the engine found what the generator wrote."""
    wrong = [
        f"{name} {counted[name]:,} instead of {truth[name]:,}"
        for name in ("packets", "calls", "events")
        if name in counted and name in truth and counted[name] != truth[name]
    ]
    return AS_GENERATED if not wrong else "DIFFERS: " + ", ".join(wrong)


def bench(path: Path, stages: list[str], runs: int, *, fields: bool) -> bool:
    """Print the table of one capture. False if something failed, or found other things than were generated."""
    size = path.stat().st_size
    truth = json.loads(truth_path(path).read_text()) if truth_path(path).exists() else {}
    with path.open("rb") as file:  # into the page cache: disks are not what is measured
        while file.read(1 << 20):
            pass
    measured = [measure(f"heron {stage}", [*STAGE, stage, str(path)], runs) for stage in stages]
    for name, command in tshark(path, fields=fields).items():
        measured.append(measure(name, command, runs if name.endswith("stat") else 1))
    rows = [row for row in measured if row is not None]
    print(
        f"\n{path.name}: {size / 1e6:.0f} MB, {truth.get('packets', 0):,} packets, {truth.get('events', 0):,} events\n"
    )
    print(table(rows, size, truth))
    verdicts = [verdict(row.counted, truth) for row in rows]
    for row, said in zip(rows, verdicts, strict=True):
        if row.counted:
            found = ", ".join(f"{name} {count:,}" for name, count in row.counted.items())
            print(f"{row.name}: {found}; {said}")
    return len(rows) == len(measured) and set(verdicts) == {AS_GENERATED}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="*", type=Path, help="measure these instead of generated ones")
    parser.add_argument("--size", type=float, default=100e6, help="bytes of the generated capture (100e6)")
    parser.add_argument("--big", action="store_true", help="1 GB, one run each")
    parser.add_argument("--mss", type=int, default=1448)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--stages", default="engine", help=f"any of {','.join(STAGES)}, separated by commas (engine)")
    parser.add_argument("--runs", type=int, default=3, help="the median of so many counts (3)")
    parser.add_argument("--fields", action="store_true", help="also tshark -T fields, which takes its time")
    given = parser.parse_args()
    stages = given.stages.split(",")
    if unknown := set(stages) - set(STAGES):
        parser.error(f"no such stage: {', '.join(sorted(unknown))}")
    size = 1_000_000_000 if given.big else int(given.size)
    paths = given.captures or [sample(size, given.mss, given.seed, given.connections)]
    good = [bench(path, stages, 1 if given.big else given.runs, fields=given.fields) for path in paths]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
