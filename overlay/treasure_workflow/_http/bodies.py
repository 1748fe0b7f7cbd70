"""Bodies of responses, unpacked a little at a time, so that what a few bytes unpack to is bounded by its reader."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

ACCEPTED = "gzip, deflate"
"""What requests say they take: what the standard library unpacks in bounded pieces."""

_PIECE_BYTES = 64 * 1024
_WBITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class Undecodable(ValueError):
    """A body that is not packed as its header says, or in a way that was not asked for."""


class _Unpacking(Protocol):
    """What zlib gives to unpack with, whose own class has no public name."""

    @property
    def unconsumed_tail(self) -> bytes: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Decoder:
    """Undoes a response's `Content-Encoding`."""

    def __init__(self, encoding: str) -> None:
        """Takes the header's value, "" for a body that is sent as it is.

        Raises:
            Undecodable: The encoding was not asked for.
        """
        name = encoding.strip().lower()
        if name not in ("", "identity", *_WBITS):
            raise Undecodable(f"Content-Encoding {encoding[:40]!r} was not asked for")
        self._wbits = _WBITS.get(name)
        self._packed = self._fresh()
        self._begun = False

    def _fresh(self) -> _Unpacking | None:
        return None if self._wbits is None else zlib.decompressobj(self._wbits)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What the next piece unpacks to, in pieces of 64 KiB at most; one that is not packed is given as it is.

        Raises:
            Undecodable: The data is damaged.
        """
        if self._packed is None:
            yield data
            return
        more = bool(data)
        while more:
            self._begun = True
            try:
                unpacked = self._packed.decompress(data, _PIECE_BYTES)
            except zlib.error as error:
                raise Undecodable(f"the body is not packed as its header says ({error})") from None
            if unpacked:
                yield unpacked
            data = self._packed.unconsumed_tail
            if self._packed.eof:
                data = self._packed.unused_data
                self._packed = self._fresh() or self._packed
                self._begun = False
            # A full piece may leave more behind than the tail that was not looked at.
            more = bool(data) or len(unpacked) == _PIECE_BYTES

    def finish(self) -> None:
        """Told that nothing follows.

        Raises:
            Undecodable: The data is not whole.
        """
        if self._begun:
            raise Undecodable("the packed body is cut short")
