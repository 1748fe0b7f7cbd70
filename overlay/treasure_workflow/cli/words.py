"""What the words of a command line stand for: attempts, parameters, times, workflows as `project.workflow`, secrets."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from treasure_workflow.cli.exit_codes import UsageError

if TYPE_CHECKING:
    from treasure_workflow import TreasureWorkflow


_CALLS = (
    (re.compile(r"wait_for_slot=600"), "--wait-for-slot 600"),
    (re.compile(r"allow_queueing=True"), "--queue"),
    (re.compile(r"client\.pool_rules\.list\(\)"), "twf pools rules"),
    (re.compile(r"client\.config\.explain\(\)"), "twf whoami"),
    (re.compile(r"client\.projects\.revisions\(\.\.\.\)"), "twf revisions PROJECT"),
    (re.compile(r"client\.workflows\.of_project\(\.\.\.\)"), "twf workflows PROJECT"),
    (re.compile(r"client\.logs\.files\(\.\.\.\)"), "twf logs ATTEMPT"),
    (re.compile(r"client\.(attempts|pools|projects|schedules|sessions|workflows)\.list\(\)"), r"twf \1"),
    (re.compile(r"client\.attempts\.retry\((\d+), rerun=\"all\"\)"), r"twf retry \1 --all"),
    (re.compile(r"client\.attempts\.retry\((\d+)\)"), r"twf retry \1 --resume"),
    (re.compile(r"client\.attempts\.wait\((\d+), timeout=\.\.\.\)"), r"twf wait \1"),
    (re.compile(r"client\.attempts\.diagnose\((\d+)\)"), r"twf diagnose \1"),
    (re.compile(r"client\.logs\.text\((\d+), task='([^']*)'\)"), r"twf logs \1 \2"),
)
_SETTINGS = (
    (re.compile(r"\bregion='([^']*)'"), r"--site \1"),
    (re.compile(r"\bregion="), "--site"),
    (re.compile(r"\bapi_key="), "--api-key-file"),
    (re.compile(r"\bbase_url="), "--url"),
    (re.compile(r"\bprofile="), "--profile"),
    (re.compile(r"\ballow_no_workflows=True"), "--allow-no-workflows"),
)


def as_typed(text: str, *, settings: bool = False) -> str:
    """A text of the client with the calls that it proposes as one types them here.

    Args:
        text: The text.
        settings: Whether arguments that it names are ours, and not words of somebody's log.
    """
    for call, line in (*_CALLS, *(_SETTINGS if settings else ())):
        text = call.sub(line, text)
    return text


def attempt_id(client: TreasureWorkflow, word: str) -> int:
    """The attempt that `123` or `session:45` (its last attempt) names.

    Raises:
        UsageError: It is neither.
        NotFound: There is no such session.
    """
    kind, colon, number = word.rpartition(":")
    if kind not in ("", "attempt", "session") or (colon and not kind) or not (number.isascii() and number.isdigit()):
        raise UsageError(f"expected the id of an attempt, or session:ID for its last, got {word!r}")
    if kind != "session":
        return int(number)
    last = client.sessions.get(int(number)).last_attempt
    if not last:
        raise UsageError(f"session {number} has no attempt")
    return int(last.id)


def project_and_workflow(first: str, second: str | None) -> tuple[str, str]:
    """A project and its workflow from `PROJECT WORKFLOW` or `PROJECT.WORKFLOW`, which is split at its last dot.

    Raises:
        UsageError: The workflow is missing.
    """
    if second is not None:
        return first, second
    project, dot, workflow = first.rpartition(".")
    if not (dot and project and workflow):
        raise UsageError(f"expected PROJECT WORKFLOW or PROJECT.WORKFLOW, got {first!r} alone")
    return project, workflow


def params(pairs: Sequence[str], file: Path | None, text: str | None = None) -> dict[str, Any]:
    """Parameters from `-P FILE`, `--params JSON` and `-p KEY=VALUE`; a later one of these wins. `-p` gives texts.

    Raises:
        UsageError: One of them cannot be read.
    """
    found: dict[str, Any] = {}
    if file is not None:
        found.update(_mapping(file))
    if text is not None:
        try:
            value = json.loads(text)
        except ValueError as error:
            raise UsageError(f"--params is no JSON: {error}") from None
        if not isinstance(value, dict):
            raise UsageError(f"--params: expected a JSON object, got {text!r}")
        found.update(cast("dict[str, Any]", value))
    for pair in pairs:
        key, equals, given = pair.partition("=")
        if not (equals and key):
            raise UsageError(f"expected KEY=VALUE, got {pair!r}")
        found[key] = given
    return found


def _mapping(file: Path) -> Mapping[str, Any]:
    from treasure_workflow._logic.yaml_files import read_mapping

    try:
        return read_mapping(file, "the file of parameters")
    except (ValueError, OSError) as error:
        raise UsageError(str(error)) from None


def instant(word: str, option: str, zone: tzinfo | None) -> datetime:
    """A time; a date or a time without a zone is one of the zone that `--tz` names.

    Raises:
        UsageError: It is none.
    """
    try:
        found = datetime.fromisoformat(word.replace(" UTC", "Z"))
    except ValueError:
        found = None
    if found is not None and found.tzinfo is None and zone is not None:
        found = found.replace(tzinfo=zone)
    if found is None or found.tzinfo is None:
        expected = "a time with its zone such as 2025-01-01T00:00:00+09:00, or a date and --tz ZONE"
        raise UsageError(f"{option}: expected {expected}, got {word!r}")
    return found


def session_time(word: str) -> str | date | datetime:
    """A session time: a word such as `daily`, a date, a local time, or a time with its zone."""
    try:
        return date.fromisoformat(word)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(word)
    except ValueError:
        return word
    return word if found.tzinfo is None else found


def secret_value(word: str) -> str:
    """The value that `-` (stdin) or `@FILE` stands for; a line end at its end goes.

    Raises:
        UsageError: The value itself stands on the command line, or the file cannot be read.
    """
    if word == "-":
        return sys.stdin.read().removesuffix("\n")
    if word.startswith("@"):
        try:
            return Path(word[1:]).read_text(encoding="utf-8").removesuffix("\n")
        except (OSError, UnicodeError) as error:
            raise UsageError(f"{word[1:]} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    raise UsageError(
        "a secret on the command line is seen by others and kept by the shell. Three ways work: "
        "KEY alone asks for the value, KEY=- reads it from stdin, KEY=@FILE from a file"
    )
