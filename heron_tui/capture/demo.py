"""The capture that travels with the program (`--demo`). docs/demo.md says what it shows and how it was made."""

from pathlib import Path

PATH = Path(__file__).with_name("demo.pcap.zst")
