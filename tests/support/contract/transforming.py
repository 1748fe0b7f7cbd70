"""Scenarios told with other names, and with their fixed times moved: what a service by rules answers alike.

A renaming keeps what may depend on a name: its length, its characters' kinds, the order of the names among each other
and the order in which a folder lists its files. Times move by whole weeks.
"""

from __future__ import annotations

import functools
import json
import random
import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from tests.support.contract.replaying import RECORDED
from treasure_workflow_api._operations import OPERATIONS
from treasure_workflow_contract.phases.replay.scenarios import Json, Scenario, Step
from treasure_workflow_mock.http.openapi import find_contract
from treasure_workflow_mock.java.directory_order import directory_position

# Percent-encoding leaves no word boundary before a name.
_START, _END = r"(?:(?<![A-Za-z0-9_])|(?<=%[0-9A-Fa-f]{2}))", r"(?![A-Za-z0-9_])"
_WORD = re.compile(rf"{_START}[a-z][a-z0-9_]*{_END}")
_NAME = re.compile(r"[a-z][a-z0-9_.-]*")
_PATTERNS = {"name_pattern", "search_project_name"}  # parts of names
_MOST_AT_ONCE = 5  # files of a folder whose order is kept when all are renamed at once; of more, one by one
_DRAWS = 20_000
_DRAWS_OF_ONE = 300  # a name that none of them fits stays

# Words of expressions, formats, schedules and archives that the contract does not name.
_OWN_WORDS = """
add after am and api apikey attempt attempt_id before blocking by cron date day days dig digdag echo else end
exponential fail failed false file format from group groups hour hours if in is json key last
last_executed_session_time last_local_session_time last_session_time last_session_unixtime length limit list local
loop map math max min minute minutes moment month monthly n next next_local_session_time next_session_time
next_session_unixtime nightly_ no not null number object ok one or parallel parse path plain pm project project_id
project_name range retry schedule second seconds self session session_date session_date_compact session_id
session_local_time session_time session_tz_offset session_unixtime session_uuid slices start string stringify sub task
task_name tasks td text time timezone to true type undefined unix utc var wait week weekly year yes zone
"""


class NothingToRename(Exception):
    """No renaming keeps what has to be kept."""


def renamed(scenario: Scenario) -> Scenario:
    """The scenario with its projects, workflows and keys renamed. Raises NothingToRename."""
    folders = list(_folders(scenario.steps))
    names = _names(scenario.steps) | {name for folder in folders for name in folder}
    crowded = {name for folder in folders if len(folder) > _MOST_AT_ONCE for name in folder}
    taken = _all_words(scenario.steps) | vocabulary()
    changing = sorted(name for name in names if _NAME.fullmatch(name) and not _words_of(name) & vocabulary())
    draw = random.Random(scenario.name)
    new: dict[str, str] = {}
    for group in [
        [name for name in changing if name not in crowded],
        *([name] for name in changing if name in crowded),
    ]:
        for _ in range(_DRAWS if len(group) > 1 else _DRAWS_OF_ONE):
            candidate = {**new, **_draw(group, draw)}
            fresh = [candidate[name] for name in group if name in candidate]
            if fresh and not taken & set(fresh) and _keeps_orders(names, folders, candidate):
                new = candidate
                taken |= set(fresh)
                break
    if not new:
        raise NothingToRename(scenario.name)
    return replace(scenario, steps=_mapped(scenario.steps, _replacer(new)))


def _words_of(name: str) -> set[str]:
    """The words of a name with dots or dashes."""
    return set(_WORD.findall(name))


def moved(scenario: Scenario, weeks: int) -> Scenario:
    """The scenario with each fixed date, written in whatever form, later by that many weeks."""
    return replace(scenario, steps=_mapped(scenario.steps, functools.partial(_move, days=7 * weeks)))


def has_fixed_times(scenario: Scenario) -> bool:
    """Whether a date stands in what the scenario sends."""
    sent = [{key: value for key, value in step.items() if key != "answer"} for step in scenario.steps]
    return bool(_mapped(sent, functools.partial(_move, days=7)) != sent)


def _names(steps: list[Step]) -> set[str]:
    """What the scenario calls its projects, workflows, secrets and parameters, where it is a plain name."""
    found: set[str] = set()
    for step in steps:
        query = step.get("query") or {}
        pairs = query.items() if isinstance(query, dict) else query
        if step["send"].startswith("PUT /api/projects"):
            found |= {value for name, value in pairs if name == "project"}
        found |= {value for name, value in pairs if name in _PATTERNS}
        if key := re.search(r"/secrets/([^/?]+)", step["send"]):
            found.add(unquote(key[1]))
        if isinstance(step.get("json"), dict) and isinstance(step["json"].get("params"), dict):
            found |= step["json"]["params"].keys()
    found |= {name for folder in _folders(steps) for name in folder}
    return {name for name in found if _NAME.fullmatch(str(name))}


def _folders(steps: list[Step]) -> Iterator[list[str]]:
    """The names of the workflows that lie together in a folder."""
    for step in steps:
        entries = step.get("archive") or []
        files = [entry["name"] if isinstance(entry, dict) else entry for entry in entries]
        for folder in {file.rpartition("/")[0] for file in files}:
            inside = [file.rpartition("/")[2] for file in files if file.rpartition("/")[0] == folder]
            yield [name.removesuffix(".dig") for name in inside if name.endswith(".dig")]


@functools.cache
def vocabulary() -> frozenset[str]:
    """The words that mean something to the service, and so stay what they are."""
    words = set(_OWN_WORDS.split()) | {word for op in OPERATIONS.values() for word in _WORD.findall(op.path)}
    words |= _keys_and_values(json.loads(find_contract().read_text(encoding="utf-8")))
    for path in RECORDED.glob("*.json"):  # operators
        words |= set(re.findall(r"\b([a-z_]+)>", path.read_text(encoding="utf-8")))
    return frozenset(words)


def _keys_and_values(schema: Json) -> set[str]:
    """The names of parameters and fields, and the values of enums, in the contract."""
    found: set[str] = set()
    if isinstance(schema, list):
        schema = dict(enumerate(schema))
    if isinstance(schema, dict):
        found |= set(schema.get("properties", ()))
        found |= {value for value in schema.get("enum", ()) if isinstance(value, str)}
        if "in" in schema and isinstance(schema.get("name"), str):
            found.add(schema["name"])
        for value in schema.values():
            found |= _keys_and_values(value)
    return found


def _all_words(steps: list[Step]) -> set[str]:
    return set(_WORD.findall(json.dumps(steps, ensure_ascii=False)))


def _draw(names: Iterable[str], draw: random.Random) -> dict[str, str]:
    """Other names, their letters changed by one table in which the order of the alphabet is kept."""
    used = sorted({letter for name in names for letter in name if letter in string.ascii_lowercase})
    table = str.maketrans("".join(used), "".join(sorted(draw.sample(string.ascii_lowercase, len(used)))))
    return {name: name.translate(table) for name in names if name.translate(table) != name}


def _keeps_orders(names: Iterable[str], folders: list[list[str]], new: Mapping[str, str]) -> bool:
    def order(key: Callable[[str], Json], of: Iterable[str]) -> bool:
        before = sorted(of, key=key)
        return [new.get(name, name) for name in before] == sorted((new.get(name, name) for name in of), key=key)

    return order(str, list(names)) and all(
        order(lambda name: directory_position(f"{name}.dig"), folder) for folder in folders
    )


def _replacer(new: Mapping[str, str]) -> Callable[[str], str]:
    longest_first = sorted(new, key=len, reverse=True)
    pattern = re.compile(_START + "(" + "|".join(map(re.escape, longest_first)) + ")" + _END)
    return lambda text: pattern.sub(lambda match: new[match[1]], text)


_DATES = {
    re.compile(r"(?<!\d)(?:19|20)\d\d-\d\d-\d\d(?!\d)"): "%Y-%m-%d",
    re.compile(r"(?<!\d)(?:19|20)\d\d/\d\d/\d\d(?!\d)"): "%Y/%m/%d",
    re.compile(r"(?<![\d.])(?:19|20)\d\d(?:0\d|1[0-2])[0-3]\d(?![\d.])"): "%Y%m%d",
}
_UNIX = re.compile(r"(?<![\d.])(1\d{9})(000)?(?![\d.])")  # in seconds or milliseconds


def _move(text: str, days: int) -> str:
    for pattern, form in _DATES.items():
        text = pattern.sub(lambda match, form=form: _later(match[0], form, days), text)  # type: ignore[misc]
    return _UNIX.sub(lambda match: str(int(match[1]) + days * 86_400) + (match[2] or ""), text)


def _later(date: str, form: str, days: int) -> str:
    try:
        return (datetime.strptime(date, form).replace(tzinfo=UTC) + timedelta(days=days)).strftime(form)
    except ValueError:  # a date that does not exist, here as there
        return date


def _mapped(value: Json, change: Callable[[str], str]) -> Json:
    """The value with each text and whole number in it changed, but for the names of steps; keys keep their places."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(change(str(value)))
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    if isinstance(value, dict):
        is_step = "send" in value
        return {
            change(key): item if is_step and key in {"name", "base64"} else _mapped(item, change)
            for key, item in value.items()
        }
    return value
