"""PyYAML's parser with the habits of the service's: what tabs separate, which escapes there are, words for faults."""

from __future__ import annotations

import ast
import re

import yaml

_CANNOT_START = re.compile(r"found character (.*) that cannot start any token", re.DOTALL)
_BUT_GOT = re.compile(r"but got '(.*)'")
_UNKNOWN_ESCAPE = re.compile(r"(found unknown escape character )(.*)", re.DOTALL)
_ONE_CHARACTER = re.compile(
    r"(expected (?:alphabetic or numeric character|a digit|a digit or ' '|a comment or a line break"
    r"|chomping or indentation indicators|URI), but found )(.*)",
    re.DOTALL,
)


class DigLoader(yaml.SafeLoader):
    """A parser to which tabs inside and behind a plain text are blanks, and a slash is nothing to escape."""

    ESCAPE_REPLACEMENTS = {  # type: ignore[misc] # noqa: RUF012 # a table of PyYAML's, final in its types only
        name: character for name, character in yaml.SafeLoader.ESCAPE_REPLACEMENTS.items() if name not in "/\t"
    }

    def scan_plain_spaces(self, indent: int, start_mark: yaml.Mark) -> list[str] | None:
        """The blanks and line breaks after a word of a plain text, as they count; None at the end of a document."""
        length = 0
        while self.peek(length) in " \t":
            length += 1
        blanks = self.prefix(length)
        if "\t" in blanks:
            self.forward(length)
        rest: list[str] | None = super().scan_plain_spaces(indent, start_mark)
        return [blanks] if rest == [] and "\t" in blanks else rest


def service_wording(problem: str | None) -> str | None:
    """PyYAML's problem in the words of the service's parser, where the two differ."""
    if problem is None:
        return None
    if match := _CANNOT_START.fullmatch(problem):
        found = "\\t(TAB)" if match[1] == r"'\t'" else match[1][1:-1]
        return f"found character '{found}' that cannot start any token. (Do not use {found} for indentation)"
    if match := _UNKNOWN_ESCAPE.fullmatch(problem) or _ONE_CHARACTER.fullmatch(problem):
        character: str = ast.literal_eval(match[2])
        return f"{match[1]}{character}({ord(character)})"
    return _BUT_GOT.sub(r"but got \1", problem)
