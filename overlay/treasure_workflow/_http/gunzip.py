"""Logs unpacked as they arrive. A log that is still being written, or empty, gives what there is of it."""

from __future__ import annotations

import zlib

_MAGIC = b"\x1f\x8b"


class Gunzip:
    """Unpacks gzip members that follow each other; passes through what is not gzip (storage may have unpacked it)."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)  # 31: with gzip's header and checksum
        self._start = b""
        self._plain = False
        self.whole = False
        """Whether what came so far ends where a member ends; what is not gzip is always as whole as it gets."""

    def feed(self, data: bytes) -> bytes:
        """What can be unpacked with the next piece.

        Raises:
            zlib.error: The data is damaged.
        """
        if self._plain:
            return data
        if len(self._start) < len(_MAGIC):
            self._start += data
            if len(self._start) < len(_MAGIC):
                return b""
            data = self._start
            if not data.startswith(_MAGIC):
                self._plain = self.whole = True
                return data
        unpacked = bytearray()
        while data:
            unpacked += self._member.decompress(data)
            data = self._member.unused_data
            self.whole = self._member.eof
            if self._member.eof:
                self._member = zlib.decompressobj(wbits=31)
        return bytes(unpacked)
