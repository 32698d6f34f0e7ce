"""What each counter of a loss is called, and what it means for those who read the figures."""

from collections.abc import Mapping

from msgspec import Struct


class Loss(Struct, frozen=True):
    """One kind of loss.

    Attributes:
        name: its counter in `protocol.Counters`. word: as a label. meaning: half a sentence for people.
        in_bytes: whether it counts bytes. harmless: counted, but nothing is missing for it.
    """

    name: str
    word: str
    meaning: str
    in_bytes: bool = False
    harmless: bool = False


LOSSES: tuple[Loss, ...] = (
    Loss("kernel_drops", "kernel drops", "packets that the kernel had no room for: calls may have holes"),
    Loss(
        "undecoded_bytes",
        "not decoded",
        "captured, but not decoded when the capture was ended: open the packets kept in the store's .d directory",
        in_bytes=True,
    ),
    Loss(
        "raw_let_go",
        "raw bytes let go",
        "of the oldest packets, to stay within the limit: what was decoded stays, their bytes cannot be shown",
        in_bytes=True,
    ),
    Loss("gaps", "gaps", "places where bytes of a connection are missing; what stood there is not guessed"),
    Loss("lost_bytes", "lost bytes", "bytes that are missing in those gaps", in_bytes=True),
    Loss("truncated_packets", "truncated", "packets captured shorter than they were: capture with snaplen 0"),
    Loss("damaged", "damaged", "packets or files that could not be read to their end"),
    Loss("bytes_skipped", "bytes skipped", "bytes left out to find the next message again", in_bytes=True),
    Loss("bodies_cut", "bodies cut", "bodies longer than what is kept of one: the rest is not shown"),
    Loss("desyncs", "desyncs", "connections whose state was lost: begun before the capture, or with holes"),
    Loss("tls_lost", "TLS records lost", "plaintext that the helper's ring had no room for: gaps stand in its place"),
    Loss(
        "tls_cut_bytes",
        "TLS bytes cut",
        "plaintext of calls beyond 512 KiB, or not readable: gaps stand in its place",
        in_bytes=True,
    ),
    Loss("tls_failed", "not watched", "processes or files with TLS that cannot be attached to; the notes say why"),
    Loss("tls_ignored", "TLS ignored", "TLS connections that carried no HTTP in their first bytes"),
    Loss(
        "tls_mirrored",
        "TLS mirrored",
        "TLS connections seen at both of their ends here, and kept once: no loss",
        harmless=True,
    ),
    Loss("processes_unknown", "unknown processes", "connections of which no process was found: closed, or not yours"),
    Loss("tls_closed", "TLS closed", "TLS connections that the keys given do not open: their calls are not seen"),
)


def words(counters: Mapping[str, int]) -> str:
    """All losses that are not zero, on one line: `gaps 2, lost bytes 1,448`; empty where nothing was lost."""
    lost = [(loss, counters.get(loss.name, 0)) for loss in LOSSES if not loss.harmless]
    return ", ".join(f"{loss.word} {number:,}" for loss, number in lost if number)
