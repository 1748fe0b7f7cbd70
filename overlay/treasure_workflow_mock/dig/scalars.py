"""What a scalar of a `.dig` file means: YAML 1.1 with the engine's own rules for plain words and numbers.

Fewer words are booleans than elsewhere in YAML 1.1, times of day are text, and a float may not begin with 0.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import decimal
import math
import re
from collections.abc import Callable

from treasure_workflow_mock._types import Json

_WORDS: dict[str, Json] = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
}
_NUMBER_START = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[1-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*"
    r"|[-+]?\.(?:inf|Inf|INF)"
    r"|\.(?:nan|NaN|NAN)"
)
_TIMESTAMP = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"(?:(?:[Tt]|[ \t]+)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]*))?"
    r"(?:[ \t]*(?:Z|(?P<offset_hours>[-+][0-9]{1,2})(?::?(?P<offset_minutes>[0-9]{2}))?))?)?"
)
_TAGGED_BOOLEANS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_MAX_BITS = 14_000  # Python turns integers of up to 4,300 digits into text and back
_MAX_DIGITS = 4_000


def plain_value(text: str) -> Json:
    """What a scalar without quotes and tag stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_START:
        return text
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        return _float(text)
    return text


def tagged_value(tag: str, text: str) -> Json:
    """What a scalar with one of YAML's own tags (`int` for `!!int`) stands for; KeyError if the tag is none of scalars.

    ValueError with the reason if the text does not fit the tag.
    """
    return _TAGGED[tag](text)


def double_text(value: float) -> str:
    """A float as Java writes it: plain between 0.001 and 10 million, else with an exponent."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    number = decimal.Decimal(repr(value)).as_tuple()
    digits = "".join(map(str, number.digits)).rstrip("0")
    sign = "-" if number.sign else ""
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{decimal.Decimal(repr(value)).adjusted()}"


def _integer(text: str) -> int:
    digits = text.replace("_", "")
    sign = -1 if digits.startswith("-") else 1
    digits = digits.lstrip("+-")
    if len(digits) > _MAX_BITS:
        raise ValueError("The number has too many digits")
    if ":" in digits:
        value = 0
        for part in digits.split(":"):
            value = value * 60 + _of_base(part, 10)
    elif digits.startswith("0b"):
        value = _of_base(digits[2:], 2)
    elif digits.startswith("0x"):
        value = _of_base(digits[2:], 16)
    elif digits.startswith("0") and digits != "0":
        value = _of_base(digits[1:], 8)
    else:
        value = _of_base(digits, 10)
    return sign * value


def _of_base(digits: str, base: int) -> int:
    if base == 10 and len(digits) > _MAX_DIGITS:
        raise ValueError("The number has too many digits")
    try:
        value = int(digits, base)
    except ValueError:
        raise ValueError(f'For input string: "{digits}"') from None
    if value.bit_length() > _MAX_BITS:
        raise ValueError("The number has too many digits")
    return value


def _float(text: str) -> Json:
    """A float; infinities and "not a number" are text, for JSON has no such numbers."""
    digits = text.replace("_", "").lower()
    sign = -1.0 if digits.startswith("-") else 1.0
    digits = digits.lstrip("+-")
    if digits in (".inf", ".nan"):
        return "NaN" if digits == ".nan" else ("Infinity" if sign > 0 else "-Infinity")
    value = 0.0
    for part in digits.split(":"):
        try:
            value = value * 60 + float(part)
        except ValueError:
            raise ValueError(f'For input string: "{text}"') from None
    value *= sign
    return value if math.isfinite(value) else double_text(value)


def _timestamp(text: str) -> int:
    """Milliseconds since the epoch."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise ValueError(f"Unexpected timestamp: {text}")
    year, month, day, hour, minute, second = (
        int(match[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    try:
        date = datetime.datetime(year, month, day, tzinfo=datetime.UTC)
    except ValueError:
        raise ValueError(f"Unexpected timestamp: {text}") from None
    offset = int(match["offset_hours"] or 0) * 60
    offset_minutes = int(match["offset_minutes"] or 0)
    offset += -offset_minutes if (match["offset_hours"] or "").startswith("-") else offset_minutes
    milliseconds = int(f"{match['fraction'] or '':0<3}"[:3])
    return (int(date.timestamp()) + hour * 3600 + (minute - offset) * 60 + second) * 1000 + milliseconds


def _binary(text: str) -> str:
    try:
        return base64.b64encode(base64.b64decode("".join(text.split()), validate=True)).decode()
    except binascii.Error:
        raise ValueError("Length of Base64 encoded input string is not a multiple of 4.") from None


_TAGGED: dict[str, Callable[[str], Json]] = {
    "str": str,
    "int": _integer,
    "float": _float,
    "bool": lambda text: _TAGGED_BOOLEANS.get(text.lower()),
    "null": lambda text: None,
    "timestamp": _timestamp,
    "binary": _binary,
}
