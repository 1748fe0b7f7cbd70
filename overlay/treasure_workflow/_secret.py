"""A text that nobody gets to see: in no repr, traceback, JSON or pickle."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn, Self
from urllib.parse import quote


class Secret:
    """Holds an API key or a secret's value. Only `reveal` gives it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            self._value.encode("utf-8", "surrogatepass"), other._value.encode("utf-8", "surrogatepass")
        )

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is not pickled: hand it to the other process in its environment")


def secret_or_none(value: str | Secret | None) -> Secret | None:
    """A text that a caller gave, hidden from here on."""
    return Secret(value) if isinstance(value, str) else value


_LEAST_HIDDEN = 4  # characters; what is shorter stands in any text by chance


class Redaction:
    """Takes secrets out of what a server says, which may be what it was told."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._secrets = tuple(secrets)

    def with_also(self, secrets: Iterable[Secret]) -> Redaction:
        """The same with more to hide."""
        return Redaction((*self._secrets, *secrets))

    def bytes(self, data: bytes) -> bytes:
        """The data, with dots in place of every secret, of the part of a key behind its account, and of both quoted."""
        for word in self._words():
            data = data.replace(word.encode("utf-8", "surrogatepass"), "…".encode())
        return data

    def text(self, text: str) -> str:
        """The same for a text."""
        for word in self._words():
            text = text.replace(word, "…")
        return text

    def _words(self) -> Iterator[str]:
        for secret in self._secrets:
            whole = secret.reveal()
            for word in (whole, whole.partition("/")[2], json.dumps(whole)[1:-1], quote(whole, safe="")):
                if len(word) >= _LEAST_HIDDEN:
                    yield word

    def __repr__(self) -> str:
        return "Redaction()"
