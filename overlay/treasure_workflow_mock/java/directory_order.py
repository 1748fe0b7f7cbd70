"""The order in which the service meets the files of a folder.

Workflows get their ids in the order in which the server's file system lists an unpacked archive. On the recorded
server that is the order of ext4: by a hash of the name, a shortened MD4 with its usual starting values.
It depends on nothing but the name, so it is the same for every project.
"""

from __future__ import annotations

import struct
from functools import lru_cache

_WORD = 0xFFFFFFFF
_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
_CHUNK = 32  # bytes of a name that one round of the hash takes in
# Each of the three passes: a constant that is added, the order of the words, the rotations.
_PASSES = (
    (0, (0, 1, 2, 3, 4, 5, 6, 7), (3, 7, 11, 19)),
    (0x5A827999, (1, 3, 5, 7, 0, 2, 4, 6), (3, 5, 9, 13)),
    (0x6ED9EBA1, (3, 7, 2, 6, 1, 5, 0, 4), (3, 9, 11, 15)),
)


def _mix(number: int, x: int, y: int, z: int) -> int:
    if number == 0:
        return z ^ (x & (y ^ z))
    if number == 1:
        return (x & y) + ((x ^ y) & z)
    return x ^ y ^ z


def _words(name: bytes) -> list[int]:
    """Up to 32 bytes of a name as eight words, filled up with the length of what is left of the name."""
    length = len(name) & 0xFF
    filling = length * 0x01010101
    words = []
    for start in range(0, _CHUNK, 4):
        word = filling
        for (byte,) in struct.iter_unpack("b", name[start : start + 4]):  # bytes have a sign here
            word = (byte + (word << 8)) & _WORD
        words.append(word)
    return words


def _round(state: tuple[int, int, int, int], words: list[int]) -> tuple[int, int, int, int]:
    a, b, c, d = state
    for number, (constant, order, rotations) in enumerate(_PASSES):
        for step, position in enumerate(order):
            total = (a + _mix(number, b, c, d) + words[position] + constant) & _WORD
            rotation = rotations[step % 4]
            a, b, c, d = d, ((total << rotation) | (total >> (32 - rotation))) & _WORD, b, c
    return (
        (state[0] + a) & _WORD,
        (state[1] + b) & _WORD,
        (state[2] + c) & _WORD,
        (state[3] + d) & _WORD,
    )


@lru_cache(maxsize=4096)
def directory_position(name: str) -> tuple[int, int]:
    """Where a file of this name stands in its folder: a sort key."""
    rest = name.encode("utf-8", "surrogateescape")
    state = _START
    while rest:
        state = _round(state, _words(rest))
        rest = rest[_CHUNK:]
    return state[1] & ~1, state[2]
