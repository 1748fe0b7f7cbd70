"""The places that settings are kept in: environment variables and the configuration files of Treasure Data's tools.

Whatever may be a key is a `Secret` from the moment it is read, also the text of a file that may hold one: a traceback
that shows local variables shows none. Errors are raised where no such text is at hand.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from treasure_workflow._secret import Secret
from treasure_workflow.errors import ConfigError

TDX_FILE = "~/.config/tdx/tdx.json"
TD_FILE = "~/.td/td.conf"
DIGDAG_FILE = "~/.config/digdag/config"
PROJECT_FILE = "tdx.json"

Scheme = Literal["TD1", "Bearer"]


class Found(NamedTuple):
    """A setting that is no secret, and the source that gave it, in words."""

    value: str
    source: str
    line: int | None = None
    """Where in the source, if it is a file."""

    @property
    def place(self) -> str:
        """The source with the line."""
        return self.source if self.line is None else f"{self.source}, line {self.line}"


class FoundKey(NamedTuple):
    """A key, how it is sent, and the source that gave it, in words."""

    key: Secret
    scheme: Scheme
    source: str
    profile: str | None = None
    """The profile of tdx that it belongs to, if it belongs to one."""


def variable(name: str) -> Found | None:
    """An environment variable's value. An empty one counts as unset."""
    value = os.environ.get(name)
    return Found(value, f"environment variable {name}") if value else None


def key_variable(name: str, scheme: Scheme, profile: str | None = None) -> FoundKey | None:
    """The key in an environment variable. An empty one counts as unset."""
    if not os.environ.get(name):
        return None
    return FoundKey(Secret(os.environ[name]), scheme, f"environment variable {name}", profile)


class TdxFile:
    """A `tdx.json`: a user's, or the nearest above the working folder."""

    def __init__(self, place: str, text: str) -> None:
        self.place = place
        self._text = text
        try:
            settings: object = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"{place} is not a tdx configuration: {error}") from None
        except RecursionError:
            raise ConfigError(f"{place} is not a tdx configuration: it is nested too deeply") from None
        self._settings = self._mapping(settings, "it")

    @classmethod
    def of_user(cls) -> TdxFile | None:
        """That of the user, None when there is none."""
        text = text_of(TDX_FILE)
        return None if text is None else cls(TDX_FILE, text.reveal())

    @classmethod
    def of_folder(cls) -> TdxFile | None:
        """The nearest one in the working folder or above it, None when there is none."""
        try:
            folder = Path.cwd()
        except OSError:  # the working folder is gone
            return None
        users = Path(TDX_FILE).expanduser()
        for above in (folder, *folder.parents):
            path = above / PROJECT_FILE
            if path.is_file() and path != users:
                text = text_of(str(path))
                return None if text is None else cls(str(path), text.reveal())
        return None

    @property
    def profiles(self) -> tuple[str, ...]:
        """The names of its profiles."""
        return tuple(self._mapping(self._settings.get("profiles") or {}, "profiles"))

    def site(self, profile: str | None = None) -> Found | None:
        """The site of a profile, or the one for all."""
        settings = self._settings
        start = 0
        if profile is not None:
            profiles = self._mapping(settings.get("profiles") or {}, "profiles")
            settings = self._mapping(profiles.get(profile) or {}, f"profile {profile!r}")
            start = max(0, self._text.find(json.dumps(profile)))
        site: object = settings.get("site")
        if not site:
            return None
        source = self.place if profile is None else f"profile {profile} in {self.place}"
        match = re.compile(r'"site"\s*:\s*').search(self._text, start)
        line = None if match is None else self._text.count("\n", 0, match.end()) + 1
        return Found(str(site), source, line)

    def _mapping(self, value: object, what: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise ConfigError(f"{self.place} is not a tdx configuration: {what} must be an object, got {value!r:.40}")
        return cast("dict[str, Any]", value)


class Setting(NamedTuple):
    """A line of a file: its value may be a key."""

    value: Secret
    line: int

    def found(self, place: str) -> Found:
        """The value in the open."""
        return Found(self.value.reveal(), place, self.line)


class LinesFile(NamedTuple):
    """A file whose lines are `name = value`."""

    place: str
    settings: Mapping[str, Setting]
    """By name in lower case; that of td with its section before a dot."""

    def found(self, name: str) -> Found | None:
        """A setting that is no secret."""
        setting = self.settings.get(name)
        return None if setting is None else setting.found(self.place)


def td_file() -> LinesFile | None:
    """Td's own file: that of TREASURE_DATA_CONFIG_PATH, TD_CONFIG_PATH, or the usual one."""
    named = variable("TREASURE_DATA_CONFIG_PATH") or variable("TD_CONFIG_PATH")
    place = TD_FILE if named is None else named.value
    text = text_of(place)
    if text is None:
        if named is not None:
            raise ConfigError(f"{named.source} names {place}, which is not there")
        return None
    settings: dict[str, Setting] = {}
    section, bad = "", None
    for number, line in _lines(text):
        if header := re.fullmatch(r"\[([^\]]*)\]", line.reveal()):
            section = header[1].strip().lower()
        elif pair := re.fullmatch(r"([^=:]+?)\s*[=:]\s*(.*)", line.reveal()):
            if not section:
                bad = number
                break
            if pair[2]:
                settings[f"{section}.{pair[1].lower()}"] = Setting(Secret(pair[2]), number)
        else:
            bad = number
            break
    pair = None
    if bad is not None:
        raise ConfigError(f"{place} is not a td configuration: line {bad} is no `name = value` below a [section]")
    return LinesFile(place, settings)


def digdag_file() -> LinesFile | None:
    """Digdag's own file, whose lines are Java properties: `name = value` or `name: value`."""
    text = text_of(DIGDAG_FILE)
    if text is None:
        return None
    settings: dict[str, Setting] = {}
    for number, line in _lines(text):
        pair = re.fullmatch(r"([^\s!=:][^\s=:]*)\s*[=:\s]\s*(.*)", line.reveal())
        if pair and pair[2]:
            settings[pair[1].lower()] = Setting(Secret(pair[2].replace("\\:", ":").replace("\\=", "=")), number)
    return LinesFile(DIGDAG_FILE, settings)


def _lines(text: Secret) -> Iterator[tuple[int, Secret]]:
    """The lines that say something, with their numbers."""
    for number, line in enumerate(map(Secret, text.reveal().splitlines()), 1):
        trimmed = Secret(line.reveal().strip())
        if trimmed.reveal() and not line.reveal().startswith("#") and not trimmed.reveal().startswith("#"):
            yield number, trimmed


def text_of(place: str) -> Secret | None:
    """The text of a file, None where there is none. `~` is the home folder."""
    try:
        return Secret(Path(place).expanduser().read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError, RuntimeError):  # RuntimeError: there is no home folder
        return None
    except OSError as error:
        problem = error.strerror or "it cannot be opened"
    except ValueError:
        problem = "it is not UTF-8 text"
    raise ConfigError(f"{place} cannot be read: {problem}")
