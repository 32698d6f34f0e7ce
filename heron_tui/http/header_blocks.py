"""HPACK of one direction (RFC 7541), read on even where the beginning was not seen."""

from hpack import Decoder, HPACKError
from hpack.exceptions import InvalidTableIndex
from hpack.table import HeaderTable

from ..model.headers import Headers
from .head import text

TABLE_MAX = 1 << 20
TABLE_BLIND = 1 << 16
UNKNOWN = b"?"


class HeaderBlocks:
    """Decodes header blocks, which must come in order and without exception.

    The dynamic table counts from its newest entry. So where earlier blocks are missing, entries that were added since
    are still right, and only those from before are unknown: such a header is left out, or named ``?`` if its value is
    there. The table is then kept longer than its owner keeps it, which does no harm, since it will not name what it
    forgot.

    `blind`: blocks are missing.
    """

    def __init__(self, limit: int, blind: bool) -> None:
        """`limit`: bytes of one decoded block."""
        self._limit = limit
        self._decoder = self._new(blind)
        self.blind = blind

    def decode(self, block: bytes) -> Headers | None:
        """The headers of a block, or None if it cannot be read; the decoder is blind then."""
        try:
            headers = self._decoder.decode(block, raw=True)
        except (HPACKError, ValueError, IndexError):
            self.lose()
            return None
        pairs = [(bytes(name), bytes(value)) for name, value in headers]
        return tuple((text(name), text(value)) for name, value in pairs if (name, value) != (UNKNOWN, UNKNOWN))

    def lose(self) -> None:
        """Blocks are missing here."""
        self._decoder = self._new(blind=True)
        self.blind = True

    def _new(self, blind: bool) -> Decoder:
        decoder = Decoder(max_header_list_size=self._limit)
        if blind:
            decoder.header_table = _BlindTable()
            decoder.header_table_size = TABLE_BLIND
        decoder.max_allowed_table_size = TABLE_MAX
        return decoder


class _BlindTable(HeaderTable):
    def get_by_index(self, index: int) -> tuple[bytes, bytes]:
        try:
            return super().get_by_index(index)
        except InvalidTableIndex:
            if index <= self.STATIC_TABLE_LENGTH:
                raise
            return UNKNOWN, UNKNOWN

    def _shrink(self) -> None:
        self._maxsize = max(self._maxsize, TABLE_BLIND)
        super()._shrink()
