"""Several captures as one: batches joined in the order of time, each file's own order kept."""

from dataclasses import replace

import numpy as np

from ..model.packet import Ints, PacketBatch


def cut(batch: PacketBatch, start: int, stop: int) -> PacketBatch:
    """Packets `start` to `stop` of a batch, over the same buffer."""
    rows = slice(start, stop)
    number = batch.number[rows]
    notes = {n: note for n, note in batch.notes.items() if number[0] <= n <= number[-1]} if batch.notes else {}
    return PacketBatch(
        data=batch.data,
        number=number,
        time_us=batch.time_us[rows],
        pos=batch.pos[rows],
        caplen=batch.caplen[rows],
        length=batch.length[rows],
        link=batch.link[rows],
        file=batch.file[rows],
        file_pos=batch.file_pos[rows],
        notes=notes,
    )


class Queue:
    """The batch of one file that waits for its turn.

    A packet never comes before the one ahead of it in its file: its key is the latest time of the file up to it.
    """

    def __init__(self) -> None:
        self._batch: PacketBatch | None = None
        self._keys: Ints = np.empty(0, dtype=np.int64)
        self._latest = 0

    def __bool__(self) -> bool:
        return self._batch is not None

    @property
    def last_key(self) -> int:
        return int(self._keys[-1])

    def put(self, batch: PacketBatch) -> None:
        self._batch = batch
        self._keys = np.maximum.accumulate(np.maximum(batch.time_us, self._latest))
        self._latest = self.last_key

    def take(self, key: int, *, inclusive: bool) -> tuple[PacketBatch, Ints] | None:
        """The packets up to `key`, with their keys."""
        if self._batch is None:
            return None
        count = int(np.searchsorted(self._keys, key, side="right" if inclusive else "left"))
        if count == 0:
            return None
        batch, keys = self._batch, self._keys
        if count == len(keys):
            self._batch = None
            return batch, keys
        self._batch, self._keys = cut(batch, count, len(keys)), keys[count:]
        return cut(batch, 0, count), keys[:count]


def join(parts: list[tuple[PacketBatch, Ints]], first: int) -> PacketBatch:
    """The packets of `parts` (one per file, in the order of files) by key, numbered from `first` on.

    Only where files overlap in time their bytes are copied side by side into one buffer.
    """
    batches = [batch for batch, _ in parts]
    if len(batches) == 1:
        return _renumbered(batches[0], np.arange(first, first + len(batches[0]), dtype=np.int64))
    keys = np.concatenate([keys for _, keys in parts])
    order = np.argsort(keys, kind="stable")
    number = np.empty(len(keys), dtype=np.int64)
    number[order] = np.arange(first, first + len(keys), dtype=np.int64)
    spans: list[bytes] = []
    moved: list[PacketBatch] = []
    filled = done = 0
    for batch in batches:
        begin, end = int(batch.pos[0]), int(batch.pos[-1] + batch.caplen[-1])
        batch = _renumbered(batch, number[done : done + len(batch)])
        moved.append(replace(batch, pos=batch.pos + (filled - begin)))
        spans.append(bytes(batch.data[begin:end]))
        filled += end - begin
        done += len(batch)

    def column(name: str) -> Ints:
        joined: Ints = np.concatenate([getattr(batch, name) for batch in moved])[order]
        return joined

    return PacketBatch(
        data=b"".join(spans),
        number=column("number"),
        time_us=column("time_us"),
        pos=column("pos"),
        caplen=column("caplen"),
        length=column("length"),
        link=column("link"),
        file=column("file"),
        file_pos=column("file_pos"),
        notes={number: note for batch in moved for number, note in batch.notes.items()},
    )


def _renumbered(batch: PacketBatch, number: Ints) -> PacketBatch:
    notes = batch.notes
    if notes:
        rows = np.searchsorted(batch.number, list(notes))
        notes = dict(zip(number[rows].tolist(), notes.values(), strict=True))
    return replace(batch, number=number, notes=notes)
