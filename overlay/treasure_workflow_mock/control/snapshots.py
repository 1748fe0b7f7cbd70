"""An account as one JSON object, and back: all its records, mid-run, so that it goes on as if nothing had happened.

The records are written by the types of their fields, each kind in a table of its own; they refer to each other by id.
A field that has its default value is left out.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import types
import typing
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.control import settings
from treasure_workflow_mock.control.faults import Fault, Faults, from_json, to_json
from treasure_workflow_mock.engine.event_queue import EventQueue
from treasure_workflow_mock.engine.operators import outside
from treasure_workflow_mock.errors import InvalidRequest, ServiceError
from treasure_workflow_mock.model import records
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import (
    Attempt,
    Pool,
    PoolRule,
    Project,
    Revision,
    Schedule,
    Session,
    Task,
    Workflow,
)

VERSION = 1


class Record(Protocol):
    """A record with an id, which no other of its kind in the account has."""

    id: int


_Record = TypeVar("_Record")
_Write = Callable[[Any], Json]  # from a field's value, of whatever type the field has
_Read = Callable[[Json, "_Tables"], Any]  # and back; raises ValueError that says what is wrong
TABLES: dict[str, type] = {
    "projects": Project,
    "revisions": Revision,
    "workflows": Workflow,
    "schedules": Schedule,
    "sessions": Session,
    "attempts": Attempt,
    "tasks": Task,
    "pools": Pool,
    "poolRules": PoolRule,
}
_NOT_KEPT = {"engine", "definitions"}  # found anew from the records
_NAMES = {
    "version",
    "flavour",
    "settings",
    "clock",
    "settledAt",
    "ids",
    *TABLES,
    "events",
    "watchers",
    "scripts",
    "faults",
}


# Writing


def take(account: Account, faults: Faults | None = None) -> JsonObject:
    """All of an account, for `restore`. It shares nothing with the account."""
    copy: JsonObject = json.loads(json.dumps(written(account, faults)))
    return copy


def written(account: Account, faults: Faults | None = None) -> JsonObject:
    """All of an account, to be encoded before the account changes: its parts are the account's own."""
    records = {name: [write_record(record) for record in table] for name, table in tables_of(account).items()}
    return {**write_rest(account, faults), **records}


def tables_of(account: Account) -> dict[str, Iterable[Record]]:
    """The records of an account by the names of their tables."""
    projects, attempts = account.projects.values(), account.attempts.values()
    return {
        "projects": projects,
        "revisions": (revision for project in projects for revision in project.revisions),
        "workflows": account.workflows.values(),
        "schedules": account.schedules.values(),
        "sessions": account.sessions.values(),
        "attempts": attempts,
        "tasks": (task for attempt in attempts for task in attempt.tasks),
        "pools": account.pools.values(),
        "poolRules": account.pool_rules.values(),
    }


def write_rest(account: Account, faults: Faults | None) -> JsonObject:
    """All of an account that is no record, as JSON."""
    events: EventQueue = account.events or EventQueue()
    return {
        "version": VERSION,
        "flavour": account.flavour,
        "settings": account.settings,
        "clock": account.clock.now() if account.clock.frozen else None,
        "settledAt": account.settled_at,
        "ids": account.ids,
        "events": [
            [time, attempt.id, None if task is None else task.id]
            for time, attempt, task in events.entries()
            if not attempt.done
        ],
        "watchers": [[awaited, attempt.id, task.id] for awaited, attempt, task in events.watchers()],
        "scripts": account.scripts,
        "faults": [to_json(fault) for fault in faults or ()],
    }


def write_record(record: object) -> JsonObject:
    """A record as JSON, without the fields that have their default values."""
    result: JsonObject = {}
    for field in _fields(type(record)):
        value = getattr(record, field.name)
        if value != field.default:
            result[field.name] = field.write(value)
    return result


# Restoring


def restore(account: Account, snapshot: Json, faults: Faults | None = None) -> None:
    """Makes an account what it was when the snapshot was taken, its key apart, and `faults` those of the snapshot.

    Raises InvalidRequest that says what is wrong with the snapshot; then nothing is changed.
    """
    try:
        restored = _restored(account, snapshot)
        restored_faults = [_read_fault(fault) for fault in _read_field(list[JsonObject], "faults", snapshot)]
    except ValueError as error:
        raise InvalidRequest(f"No snapshot of an account: {error}") from None
    if faults is not None:
        faults[:] = restored_faults
    clock = account.clock
    if restored.clock.frozen:
        clock.freeze(restored.clock.now())
    else:
        clock.run()
    vars(account).update(
        {name: value for name, value in vars(restored).items() if name not in ("name", "first_flavour", "clock")}
    )


def check_version(value: Json) -> None:
    """ValueError unless `value` is a JSON object of a version that is understood here."""
    if not isinstance(value, dict):
        raise ValueError("it is no JSON object")
    version = value.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ValueError(f"version is no whole number from 1: {version}")
    if version > VERSION:
        raise ValueError(f"version {version} was written by a newer program; this one knows {VERSION}")


def _restored(account: Account, snapshot: Json) -> Account:
    check_version(snapshot)
    for name in snapshot.keys() - _NAMES:
        raise ValueError(f"{name} is nothing that it has")
    for name in sorted(_NAMES - snapshot.keys()):
        raise ValueError(f"{name} is missing")
    new = Account(account.name, account.first_flavour)
    _read_settings(new, snapshot)
    tables = _Tables({name: _table(name, snapshot[name]) for name in TABLES})
    for name in TABLES:
        for row, record in zip(snapshot[name], tables.by_name[name].values(), strict=True):
            try:
                _read_record(record, row, tables)
            except ValueError as error:
                raise ValueError(f"{name}: {row['id']}: {error}") from None
    new.projects = tables.of(Project)
    new.workflows = tables.of(Workflow)
    new.schedules = tables.of(Schedule)
    new.sessions = tables.of(Session)
    new.attempts = tables.of(Attempt)
    new.pools = tables.of(Pool)
    new.pool_rules = tables.of(PoolRule)
    new.session_ids = {(one.project.id, one.workflow_name, one.time): one.id for one in new.sessions.values()}
    new.unfinished = {one.id: one for one in new.attempts.values() if not one.done}
    new.events = _read_events(snapshot, tables)
    return new


def _read_settings(new: Account, snapshot: JsonObject) -> None:
    """Reads all that is no record."""
    clock, settled_at = snapshot["clock"], snapshot["settledAt"]
    if clock is not None:
        new.clock.freeze(_number(clock, "clock"))
    new.settled_at = _number(settled_at, "settledAt")
    ids = _read_field(dict[str, int], "ids", snapshot)
    scripts = _read_field(dict[str, Json], "scripts", snapshot)
    changes = _read_field(JsonObject, "settings", snapshot)
    try:
        settings.change(new, {**changes, "flavour": snapshot["flavour"]})
        for script in scripts.values():
            outside.check_script(script)
    except ServiceError as error:
        raise ValueError(error.message) from None
    new.ids, new.scripts = ids, scripts


def _read_fault(value: JsonObject) -> Fault:
    try:
        return from_json(value)
    except ServiceError as error:
        raise ValueError(error.message) from None


def _read_field(hint: Any, name: str, snapshot: JsonObject) -> Any:
    try:
        return _reader(hint)(snapshot[name], _Tables({}))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _number(value: Json, name: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"{name} is no number: {value}")
    return value


def _read_events(snapshot: JsonObject, tables: _Tables) -> EventQueue:
    try:
        entries = [
            (
                _number(time, "a time"),
                tables.find(Attempt, attempt),
                None if task is None else tables.find(Task, task),
            )
            for time, attempt, task in snapshot["events"]
        ]
        watchers = [
            (tables.find(Attempt, awaited).id, tables.find(Attempt, attempt), tables.find(Task, task))
            for awaited, attempt, task in snapshot["watchers"]
        ]
    except (TypeError, ValueError) as error:
        raise ValueError(f"events or watchers: {error}") from None
    return EventQueue(entries, watchers)


class _Tables:
    """The records of a snapshot by table and id; they are all there before the first is filled."""

    def __init__(self, by_name: dict[str, dict[int, Any]]) -> None:
        self.by_name = by_name
        self._by_type = {TABLES[name]: table for name, table in by_name.items()}

    def of(self, kind: type[_Record]) -> dict[int, _Record]:
        """All records of a kind."""
        return self._by_type[kind]

    def find(self, kind: type[_Record], id: Json) -> _Record:
        """The record of an id; ValueError if there is none."""
        record: _Record | None = self._by_type[kind].get(id) if isinstance(id, int) else None
        if record is None:
            raise ValueError(f"there is no {kind.__name__.lower()} {id}")
        return record


def _table(name: str, rows: Json) -> dict[int, Any]:
    """The records of a table, still empty."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f"{name} is no list of objects")
    kind = TABLES[name]
    table: dict[int, Any] = {}
    for row in rows:
        id = row.get("id")
        if not isinstance(id, int) or isinstance(id, bool) or id in table:
            raise ValueError(f"{name}: no id, or not the first of it: {id}")
        table[id] = object.__new__(kind)
    return table


def _read_record(record: object, row: JsonObject, tables: _Tables) -> None:
    fields = _fields(type(record))
    if unknown := row.keys() - {field.name for field in fields}:
        raise ValueError(f"{min(unknown)} is nothing that it has")
    for field in fields:
        if field.name in row:
            try:
                value = field.read(row[field.name], tables)
            except ValueError as error:
                raise ValueError(f"{field.name}: {error}") from None
        elif field.default is _REQUIRED:
            raise ValueError(f"{field.name} is missing")
        else:
            value = field.new_default()
        setattr(record, field.name, value)
    for name in _NOT_KEPT & set(type(record).__annotations__):
        setattr(record, name, None)


# Fields by their types

_REQUIRED = object()


@dataclasses.dataclass(frozen=True, slots=True)
class _Field:
    name: str
    default: Any  # of the field's type, or _REQUIRED
    new_default: Callable[[], Any]
    write: _Write
    read: _Read


_fields_by_type: dict[type, list[_Field]] = {}


def _fields(kind: type) -> list[_Field]:
    """What is kept of a record of this kind."""
    if kind not in _fields_by_type:
        hints = typing.get_type_hints(kind, dict(vars(records)))
        _fields_by_type[kind] = [
            _field(field, hints[field.name])
            for field in dataclasses.fields(kind)  # pyright: ignore[reportArgumentType] # all records are dataclasses
            if field.name not in _NOT_KEPT
        ]
    return _fields_by_type[kind]


def _field(field: dataclasses.Field[Any], hint: Any) -> _Field:
    if field.default_factory is not dataclasses.MISSING:
        new_default: Callable[[], Any] = field.default_factory
    elif field.default is not dataclasses.MISSING:
        new_default = lambda: field.default  # noqa: E731 # one of two, of the same type
    else:
        new_default = lambda: _REQUIRED  # noqa: E731
    return _Field(field.name, new_default(), new_default, _writer(hint), _reader(hint))


def _writer(hint: Any) -> _Write:
    """How values of a type are written."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        write = _writer(_without_none(arguments))
        return lambda value: None if value is None else write(value)
    if origin is list:
        write = _writer(arguments[0])
        return lambda value: [write(item) for item in value]
    if origin is dict and arguments[1] is not Any:
        write = _writer(arguments[1])
        return lambda value: {key: write(item) for key, item in value.items()}
    if hint is bytes:
        return lambda value: base64.b64encode(value).decode()
    if hint in TABLES.values():
        return lambda value: value.id
    if dataclasses.is_dataclass(hint):
        return write_record
    return lambda value: value


def _reader(hint: Any) -> _Read:
    """How values of a type are read, and checked."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        read = _reader(_without_none(arguments))
        return lambda value, tables: None if value is None else read(value, tables)
    if origin is list:
        read = _reader(arguments[0])
        return lambda value, tables: [read(item, tables) for item in _of_type(value, list)]
    if origin is dict:
        read = _reader(arguments[1])
        return lambda value, tables: {key: read(item, tables) for key, item in _of_type(value, dict).items()}
    if origin is typing.Literal:
        return lambda value, _: _one_of(value, arguments)
    if hint is Any:
        return lambda value, _: value
    if hint is bytes:
        return lambda value, _: _bytes(value)
    if hint is float:
        return lambda value, _: _number(value, "it")
    if hint in TABLES.values():
        return lambda value, tables: tables.find(hint, value)
    if dataclasses.is_dataclass(hint):
        return lambda value, tables: _part(hint, value, tables)
    return lambda value, _: _of_type(value, hint)


def _without_none(arguments: tuple[Any, ...]) -> Any:
    [hint] = [argument for argument in arguments if argument is not types.NoneType]
    return hint


def _of_type(value: Json, kind: type) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"it is no {kind.__name__}: {value}")
    return value


def _one_of(value: Json, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"it is none of {', '.join(known)}: {value}")
    return str(value)


def _bytes(value: Json) -> bytes:
    try:
        return base64.b64decode(_of_type(value, str), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def _part(kind: Any, value: Json, tables: _Tables) -> Any:
    """A record that belongs to another one and has no id."""
    record = object.__new__(kind)
    _read_record(record, _of_type(value, dict), tables)
    return record
