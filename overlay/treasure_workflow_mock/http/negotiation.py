"""Media types in `Accept` and `Content-Type`, and compression by `Accept-Encoding`, as the service reads them."""

from __future__ import annotations

import gzip
import zlib
from functools import lru_cache

from treasure_workflow_mock.errors import InvalidRequest, LimitExceeded

MediaType = tuple[str, str]  # type and subtype, in lower case

# What may not stand in the type or subtype of a media type.
_SEPARATORS = frozenset('()<>@,;:\\"/[]?= \t')


@lru_cache(maxsize=512)
def parse_media_type(text: str) -> MediaType:
    """Type and subtype of a media type, without its parameters. Raises ValueError when it cannot be parsed."""
    name = text.partition(";")[0]
    if "/" not in name:
        if name != "*":
            raise ValueError(text)
        return "*", "*"
    major, _, minor = name.partition("/")
    if not major or not minor or _SEPARATORS.intersection(major + minor):
        raise ValueError(text)
    return major.lower(), minor.lower()


@lru_cache(maxsize=512)
def parse_accept(text: str) -> tuple[MediaType, ...]:
    """The media types of an `Accept` header; none means that anything is accepted. Raises ValueError."""
    accepted = []
    for item in text.split(","):
        if not (item := item.strip()):
            continue
        accepted.append(parse_media_type(item))
        for parameter in item.split(";")[1:]:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                float(value.strip())
    return tuple(accepted)


@lru_cache(maxsize=512)
def accepts(accepted: tuple[MediaType, ...], produced: MediaType) -> bool:
    """Whether one of the accepted types takes what is produced. Weights do not matter, not even 0."""
    return not accepted or any(compatible(one, produced) for one in accepted)


def compatible(one: MediaType, other: MediaType) -> bool:
    """Whether two media types match, wildcards on either side."""
    if "*" in (one[0], other[0]):
        return True
    return one[0] == other[0] and (one[1] == other[1] or "*" in (one[1], other[1]))


@lru_cache(maxsize=512)
def choose_encoding(accept_encoding: str) -> str | None:
    """The compression of the response: `gzip`, `deflate` or None. The names count only in lower case."""
    weights: dict[str, float] = {}
    for item in accept_encoding.split(","):
        name, _, parameters = item.strip().partition(";")
        weight = 1.0
        if parameters.strip().startswith("q="):
            try:
                weight = float(parameters.strip()[2:])
            except ValueError:
                weight = 0.0
        weights[name.strip()] = weight
    best = max(("gzip", "deflate"), key=lambda name: weights.get(name, 0.0))
    return best if weights.get(best, 0.0) > 0 else None


def compress(content: bytes, encoding: str) -> bytes:
    """`content` in the given encoding; deflate goes without zlib's header."""
    if encoding == "gzip":
        return gzip.compress(content, 6, mtime=0)
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def decompress_request(content: bytes, encoding: str, limit: int) -> bytes:
    """A request body with its content encoding undone; an encoding that the service does not know is ignored.

    Raises ServiceError when it cannot be undone, or when more than `limit` bytes come out.
    """
    if encoding == "gzip":
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        problem = "Not in GZIP format"
    elif encoding == "deflate":
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        problem = "java.util.zip.DataFormatException: invalid stored block lengths"
    else:
        return content
    try:
        unpacked = unpacker.decompress(content, limit)
    except zlib.error:
        raise InvalidRequest(problem) from None
    if unpacker.unconsumed_tail:
        raise LimitExceeded(f"Size of the request body exceeds limit ({limit} bytes)")
    if not unpacker.eof:
        raise InvalidRequest("Unexpected end of ZLIB input stream")
    return unpacked
