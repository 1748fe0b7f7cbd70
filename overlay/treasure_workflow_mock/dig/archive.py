"""Reading an uploaded project: a gzipped tar, unpacked in memory, as lenient and as strict as the service's reader.

Nothing is ever written to disk. What an archive may unpack to is bounded before it is unpacked, whatever it claims.
"""

from __future__ import annotations

import posixpath
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from treasure_workflow_mock.errors import InvalidDefinition, LimitExceeded

_BLOCK = 512
_CHUNK = 64 * 1024
# Bounds of our own, far above what a project needs: a tar may hold any number of entries that count nothing towards
# the service's limit of unpacked bytes.
_MAX_ENTRIES = 20_000
_MAX_OVERHEAD = 16 * 1024 * 1024  # bytes of headers, padding and long names beside the files
_MAX_NAME = 64 * 1024
_NUL = b"\0"


def read_archive(content: bytes, limit: int, folder: str) -> dict[str, bytes]:
    """The files of an uploaded tar.gz by their path, in the order of the archive; of the same path the last counts.

    `limit` is what one file, and all files together, may hold, in bytes; `folder` is where messages say that the files
    are. Links and special files come out empty.
    Raises InvalidDefinition for what the service refuses.
    """
    stream = _Gunzip(content, limit + _MAX_OVERHEAD)
    files = _Files(folder)
    total = 0
    for entry in _entries(stream):
        if entry.is_folder:
            stream.skip(entry.padded_size)
            continue
        if entry.size > limit:
            raise LimitExceeded(
                f"Size of a file in the archive exceeds limit ({entry.size} > {limit} bytes): {entry.name}"
            )
        path = files.path_of(entry.name)
        total += entry.size
        data = stream.read(entry.size)
        if len(data) < entry.size:
            raise InvalidDefinition("Truncated TAR archive")
        stream.skip(entry.padded_size - entry.size)
        if total <= limit:  # above it nothing is kept, and the whole is refused once its size is known
            files.add(entry.name, path, data)
    if total > limit:
        raise LimitExceeded(f"Total size of the archive exceeds limit ({total} > {limit} bytes)")
    stream.finish()
    return files.by_path


class _Gunzip:
    """The first member of a gzip stream, unpacked piece by piece; what follows that member is ignored."""

    def __init__(self, content: bytes, limit: int) -> None:
        if content[:2] != b"\x1f\x8b":
            raise InvalidDefinition("Input is not in the .gz format")
        self._packed = memoryview(content)
        self._unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._buffer = b""
        self._left = limit

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end."""
        parts = []
        while size > 0:
            if not self._buffer:
                self._buffer = self._more()
                if not self._buffer:
                    break
            part, self._buffer = self._buffer[:size], self._buffer[size:]
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Passes over `size` bytes, or what there is of them."""
        while size > 0 and (part := self.read(min(size, _CHUNK))):
            size -= len(part)

    def finish(self) -> None:
        """Reads to the end, so that a broken tail is noticed."""
        while self._more():
            pass

    def _more(self) -> bytes:
        while not self._unpacker.eof:
            packed = self._unpacker.unconsumed_tail or bytes(self._packed[:_CHUNK])
            if not self._unpacker.unconsumed_tail:
                self._packed = self._packed[_CHUNK:]
                if not packed:
                    raise InvalidDefinition(None)  # cut short: the service finds no words for it
            try:
                data = self._unpacker.decompress(packed, _CHUNK)
            except zlib.error as error:
                checksum = "incorrect data check" in str(error)
                detail = " (CRC32 error)" if checksum else ""
                raise InvalidDefinition(f"Gzip-compressed data is corrupt{detail}") from None
            self._left -= len(data)
            if self._left < 0:
                raise LimitExceeded("The archive unpacks to too much data")
            if data:
                return data
        return b""


@dataclass(slots=True)
class _Entry:
    name: str
    size: int
    is_folder: bool

    @property
    def padded_size(self) -> int:
        return -(-self.size // _BLOCK) * _BLOCK


def _entries(stream: _Gunzip) -> Iterator[_Entry]:
    """The entries of a tar; the caller reads or skips the data of each before it asks for the next."""
    long_name: str | None = None
    extended_size: int | None = None
    for _ in range(_MAX_ENTRIES):
        header = stream.read(_BLOCK)
        if len(header) < _BLOCK or not header.strip(_NUL):
            return
        kind = header[156:157]
        size = _number(header[124:136])
        for field in (header[100:108], header[108:116], header[116:124], header[136:148]):
            _number(field)
        if kind in (b"L", b"K", b"x", b"X", b"g"):
            if size > _MAX_NAME:
                raise InvalidDefinition("Error detected parsing the header")
            data = stream.read(-(-size // _BLOCK) * _BLOCK)[:size]
            if kind == b"L":
                long_name = _text(data.rstrip(_NUL))
            elif kind in (b"x", b"X"):
                records = _extended_header(data)
                long_name = records.get("path", long_name)
                extended_size = _decimal(records["size"]) if "size" in records else extended_size
            continue
        # Of a long name the header has the beginning, which may end inside a character.
        name = long_name if long_name is not None else _name(header)
        is_folder = kind == b"5" or name.endswith("/")
        yield _Entry(name, size if extended_size is None else extended_size, is_folder)
        long_name = extended_size = None
    raise LimitExceeded(f"The archive has more than {_MAX_ENTRIES} entries")


def _name(header: bytes) -> str:
    name = _text(header[:100].partition(_NUL)[0])
    prefix = header[345:500].partition(_NUL)[0]
    return f"{_text(prefix)}/{name}" if header[257:263] == b"ustar\0" and prefix else name


def _number(field: bytes) -> int:
    """A number in a tar header: octal digits between blanks, or binary when the first bit is set."""
    if field[0] & 0x80:
        value = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:])
        if field[0] & 0x40 or value >= 2**63:
            raise InvalidDefinition("Error detected parsing the header")
        return value
    digits = field.lstrip(b" ").rstrip(b" \0") if field[0] else b""
    if digits.strip(b"01234567"):
        raise InvalidDefinition("Error detected parsing the header")
    return int(digits or b"0", 8)


def _decimal(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise InvalidDefinition("Error detected parsing the header")
    return int(text)


def _extended_header(data: bytes) -> dict[str, str]:
    """The records of a pax header: `length key=value` and a line feed each, the length being the whole record's."""
    records: dict[str, str] = {}
    position = 0
    while position < len(data):
        digits, space, _ = data[position : position + 20].partition(b" ")
        length = _decimal(_text(digits))
        key, equals, value = data[position + len(digits) + 1 : position + length - 1].partition(b"=")
        if not space or not equals or length <= len(digits) + 1:
            raise InvalidDefinition("Error detected parsing the header")
        records[_text(key)] = _text(value)
        position += length
    return records


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidDefinition("A name in the archive is not valid UTF-8") from None


class _Files:
    """The unpacked files, checked as if they were written to a folder one after another."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.by_path: dict[str, bytes] = {}
        self._folders = {""}

    def path_of(self, name: str) -> str:
        """The path inside the project that an entry's name stands for."""
        path = _inside(name)
        if path is None:
            raise InvalidDefinition("Bad zip entry")
        if "\0" in name:
            raise InvalidDefinition(f"Nul character not allowed: {name}")
        return path

    def add(self, name: str, path: str, data: bytes) -> None:
        """Puts a file at `path`, which `name` stands for. Raises ServiceError where a file system would refuse it."""
        parents = path.split("/")[:-1]
        for depth in range(1, len(parents) + 1):
            parent = "/".join(parents[:depth])
            if parent in self.by_path:
                raise InvalidDefinition(f"{self._folder}/{parent}")
            self._folders.add(parent)
        # A name that goes through `..` needs each folder on its way to be there already.
        steps = name.split("/")[:-1]
        for depth in range(1, len(steps) + 1):
            if _inside("/".join(steps[:depth])) not in self._folders:
                raise InvalidDefinition(f"{self._folder}/{name}")
        if path in self._folders:
            raise InvalidDefinition(f"{self._folder}/{path}")
        self.by_path.pop(path, None)
        self.by_path[path] = data


def _inside(name: str) -> str | None:
    """The normal form of a relative path, or None when it leaves the project."""
    path = posixpath.normpath(name) if name else "."
    if path.startswith(("/", "../")) or path == "..":
        return None
    return "" if path == "." else path
