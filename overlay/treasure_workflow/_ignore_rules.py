"""`.digdagignore`, read as git reads its `.gitignore`.

Own code, because no library of ours gives git's results: pathspec takes a tab at the end of a line off, lets `s/**/`
leave out the files of `s` itself, knows no `[[:alpha:]]` and refuses a rule that ends with a backslash, which git lets
match nothing (tests/client/test_ignore_rules.py compares with git itself). Names are compared as bytes, as git does.
A rule is followed in all its readings at once, so that no rule takes longer than its length times the name's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from treasure_workflow.errors import ArchiveError

IGNORE_FILE = ".digdagignore"

_CLASSES: dict[str, Callable[[str], bool]] = {
    "alnum": lambda c: c.isascii() and c.isalnum(),
    "alpha": lambda c: c.isascii() and c.isalpha(),
    "blank": lambda c: c in " \t",
    "cntrl": lambda c: c < " " or c == "\x7f",
    "digit": lambda c: "0" <= c <= "9",
    "graph": lambda c: "!" <= c <= "~",
    "lower": lambda c: "a" <= c <= "z",
    "print": lambda c: " " <= c <= "~",
    "punct": lambda c: "!" <= c <= "~" and not c.isalnum(),
    "space": lambda c: c in " \t\n\v\f\r",
    "upper": lambda c: "A" <= c <= "Z",
    "xdigit": lambda c: c in "0123456789abcdefABCDEF",
}


def _no_slash(character: str) -> bool:
    return character != "/"


def _anything(_: str) -> bool:
    return True


class _Step(NamedTuple):
    """A piece of a rule: what it takes, and whether it takes any number of such characters.

    `folders` takes whole folders, down to one of their slashes.
    """

    takes: Callable[[str], bool]
    repeats: bool = False
    folders: bool = False


class _Rule(NamedTuple):
    steps: tuple[_Step, ...]
    leaves_out: bool
    folders_only: bool
    names_only: bool  # it is about the last part of a path, wherever that lies

    def matches(self, path: str, *, is_folder: bool) -> bool:
        if self.folders_only and not is_folder:
            return False
        subject = path.rpartition("/")[2] if self.names_only else path
        at = self._arrive(0)
        for character in subject:
            at = {
                later
                for index in at
                if index < len(self.steps) and self.steps[index].takes(character)
                for later in self._taken(index, character)
            }
        return len(self.steps) in at

    def _arrive(self, index: int) -> set[int]:
        found = {index}
        while index < len(self.steps) and self.steps[index].repeats:
            index += 1
            found.add(index)
        return found

    def _taken(self, index: int, character: str) -> set[int]:
        step = self.steps[index]
        if step.folders:
            return {index} | (self._arrive(index + 1) if character == "/" else set())
        return self._arrive(index) if step.repeats else self._arrive(index + 1)


class IgnoreRules:
    """What a folder's `.digdagignore` leaves out."""

    def __init__(self, rules: tuple[_Rule, ...]) -> None:
        self._rules = rules

    @classmethod
    def of(cls, root: str) -> IgnoreRules:
        """The rules of a project's folder; none when it has no such file.

        Raises:
            ArchiveError: The file cannot be read, or is no UTF-8 text.
        """
        path = os.path.join(root, IGNORE_FILE)
        try:
            with open(path, encoding="utf-8-sig", newline="") as file:
                return cls(tuple(_rules(file.read())))
        except FileNotFoundError:
            return cls(())
        except (OSError, ValueError) as error:
            raise ArchiveError(
                f"{path} cannot be used ({error}): it has to be UTF-8 text in the syntax of .gitignore"
            ) from error

    def leave_out(self, name: str, *, is_folder: bool) -> bool:
        """Whether the last rule that speaks of an entry leaves it out; `name` is its path in the project."""
        path = os.fsencode(name).decode("latin-1")
        for rule in self._rules:
            if rule.matches(path, is_folder=is_folder):
                return rule.leaves_out
        return False


def _rules(text: str) -> Iterator[_Rule]:
    """The rules of a file, the last one first: it is the one that decides."""
    for line in reversed(text.encode().decode("latin-1").split("\n")):
        pattern = _trimmed(line.removesuffix("\r"))
        if not pattern or pattern.startswith("#"):
            continue
        leaves_out = not pattern.startswith("!")
        pattern = pattern if leaves_out else pattern[1:]
        folders_only = pattern.endswith("/")
        pattern = pattern[:-1] if folders_only else pattern
        names_only = "/" not in pattern
        steps = _steps(pattern.removeprefix("/"), names_only=names_only) if pattern else None
        if steps is not None:
            yield _Rule(tuple(steps), leaves_out, folders_only, names_only)


def _trimmed(line: str) -> str:
    """A line without the blanks at its end, of which a backslash keeps one."""
    end = index = 0
    while index < len(line):
        if line[index] == "\\":
            index += 1
            if index == len(line):
                return line
        elif line[index] == " ":
            index += 1
            continue
        index += 1
        end = index
    return line[:end]


def _steps(pattern: str, *, names_only: bool) -> list[_Step] | None:
    """The pieces of a rule; None for one that matches nothing."""
    steps: list[_Step] = []
    index = 0
    while index < len(pattern):
        character = pattern[index]
        if character == "*":
            stars = len(pattern[index:]) - len(pattern[index:].lstrip("*"))
            # git compares what stands before the first special character apart from the rest.
            begins = index == 0 or pattern[index - 1] == "/" or not set(pattern[:index]) & set("*?[\\")
            rest = pattern[index + stars :]
            index += stars
            if names_only or stars < 2 or not begins or rest[:1] not in ("", "/"):
                steps.append(_Step(_no_slash, repeats=True))
            elif rest:
                steps.append(_Step(_anything, repeats=True, folders=True))
                index += 1
            else:
                steps.append(_Step(_anything, repeats=True))
            continue
        if character == "?":
            steps.append(_Step(_no_slash))
        elif character == "[":
            found = _set(pattern, index + 1)
            if found is None:
                return None
            takes, index = found
            steps.append(_Step(takes))
            continue
        else:
            if character == "\\":
                index += 1
                if index == len(pattern):
                    return None
            steps.append(_Step(pattern[index].__eq__))
        index += 1
    return steps


def _set(pattern: str, index: int) -> tuple[Callable[[str], bool], int] | None:
    """What a set in brackets takes, and where it ends; None for one that does not end."""
    negated = pattern[index : index + 1] in ("!", "^")
    index += negated
    single: set[str] = set()
    ranges: list[tuple[str, str]] = []
    classes: list[Callable[[str], bool]] = []
    before = ""
    first = True
    while first or pattern[index : index + 1] != "]":
        first = False
        character = pattern[index : index + 1]
        following = pattern[index + 1 : index + 2]
        if not character:
            return None
        if character == "-" and before and following and following != "]":
            index += 1
            if following == "\\":
                index += 1
                following = pattern[index : index + 1]
            if not following:
                return None
            ranges.append((before, following))
            before = ""
        elif character == "[" and following == ":":
            end = pattern.find("]", index + 2)
            if end < 0:
                return None
            if pattern[end - 1] == ":" and end - 1 > index + 1:
                known = _CLASSES.get(pattern[index + 2 : end - 1])
                if known is None:
                    return None
                classes.append(known)
                before, index = "", end
            else:
                single.add("[")
                before = "["
        else:
            if character == "\\":
                index += 1
                character = following
                if not character:
                    return None
            single.add(character)
            before = character
        index += 1

    def takes(c: str) -> bool:
        found = c in single or any(low <= c <= high for low, high in ranges) or any(known(c) for known in classes)
        return c != "/" and found != negated

    return takes, index + 1
