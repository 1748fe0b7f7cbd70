"""The file that a long-lived mock keeps its accounts in, so that it goes on after a restart.

It is an SQLite database with a row for each record. What a call changed is in it before the response is sent, so that
nothing acknowledged is lost however the mock ends. It holds API keys and secrets: only its owner may read it, and only
one mock at a time has it open.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakKeyDictionary

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.control import snapshots
from treasure_workflow_mock.control.faults import FaultsByAccount
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.http.authentication import Accounts
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Attempt, Revision, Session, Workflow

_TABLE = """
CREATE TABLE IF NOT EXISTS record (
    account TEXT NOT NULL, kind TEXT NOT NULL, id INTEGER NOT NULL, content TEXT NOT NULL,
    PRIMARY KEY (account, kind, id)
) WITHOUT ROWID
"""
_Key = tuple[str, int]  # kind and id
_Identity = tuple[int, int]  # device and number of a file
_BEGINNING = b"SQLite format 3\0"
# The files that this process has open. To open and close one of them again, even to look, would unlock it.
_OPEN: set[_Identity] = set()
_REST = "rest"  # the kind of the one row that has all of an account that is no record


class StateFileError(Exception):
    """A state file that cannot be read or written; it is left as it was."""

    __module__ = "treasure_workflow_mock"


@dataclass(slots=True)
class _Written:
    """What the file has of an account: for each record something that changes when the record does."""

    contents: object  # of which account's contents, see `Account.contents`
    marks: dict[_Key, object] = field(default_factory=dict)


class StateFile:
    """The state file of a service."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path).resolve()
        self._database: sqlite3.Connection | None = None
        self._identity: _Identity | None = None  # of the file that was opened
        self._written: WeakKeyDictionary[Account, _Written] = WeakKeyDictionary()

    def load(self, accounts: Accounts, faults: FaultsByAccount) -> None:
        """Opens the file, which is made if it is not there, and brings back the accounts that are in it.

        Raises:
            StateFileError: Names file and fault: no folder, no state file, a newer version, in use by another mock.
        """
        if not self.path.parent.is_dir():
            raise StateFileError(f"{self.path}: there is no such folder")
        try:
            self._open()
            for name, snapshot in self._read():
                account = accounts.named(name)
                snapshots.restore(account, snapshot, faults.of(account))
        except (OSError, sqlite3.Error, ValueError, RecursionError, ServiceError) as error:
            self.close()
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                raise StateFileError(f"{self.path}: is in use by another mock service") from None
            raise StateFileError(f"{self.path}: cannot be read: {error}") from None

    def save(self, account: Account, faults: FaultsByAccount) -> None:
        """Writes what has changed in an account.

        Raises:
            StateFileError: It cannot be written, or the file that was opened is not there any more.
        """
        try:
            if _identity(self.path) != self._identity:
                raise FileNotFoundError("another file has taken its place")
            self._write(account, faults)
        except (OSError, sqlite3.Error) as error:
            self._written.pop(account, None)  # whatever the file has of it now
            raise StateFileError(f"{self.path}: cannot be written: {error}") from None

    def close(self) -> None:
        """Lets go of the file."""
        if self._database is not None:
            self._database.close()
            self._database = None
        if self._identity is not None:
            _OPEN.discard(self._identity)
            self._identity = None
        self._written.clear()

    def _open(self) -> None:
        if self.path.exists() and _identity(self.path) in _OPEN:
            raise sqlite3.OperationalError("database is locked")
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            beginning = os.read(handle, len(_BEGINNING))
        finally:
            os.close(handle)
        if beginning and beginning != _BEGINNING:  # of a short file the library would make a database
            raise ValueError("it is not a database")
        self._identity = _identity(self.path)
        _OPEN.add(self._identity)
        # The service may run in another thread than the one that made it, but never in two at a time.
        database = self._database = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")  # withstands the end of the process, if not that of the machine
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > snapshots.VERSION:
            raise ValueError(f"version {version} was written by a newer program; this one knows {snapshots.VERSION}")
        database.execute("BEGIN EXCLUSIVE")
        database.execute(_TABLE)
        database.execute(f"PRAGMA user_version = {snapshots.VERSION}")
        database.execute("COMMIT")

    def _read(self) -> Iterator[tuple[str, Json]]:
        assert self._database is not None
        found: dict[str, JsonObject] = {}
        for name, kind, content in self._database.execute("SELECT account, kind, content FROM record ORDER BY id"):
            snapshot = found.setdefault(name, {table: [] for table in snapshots.TABLES})
            if kind == _REST:
                snapshot.update(json.loads(content))
            else:
                snapshot[kind].append(json.loads(content))
        yield from found.items()

    def _write(self, account: Account, faults: FaultsByAccount) -> None:
        assert self._database is not None
        written = self._written.get(account)
        is_new = written is None or written.contents is not account.contents
        if written is None or is_new:
            written = self._written[account] = _Written(account.contents)
        marks: dict[_Key, object] = {}
        changed: list[tuple[str, str, int, str]] = []
        for kind, record in _records(account, written.marks):
            key = kind, record.id
            mark = _mark_of(record)
            if mark is None or written.marks.get(key) != mark:
                content = json.dumps(snapshots.write_record(record))
                mark = hash(content) if mark is None else mark
                if written.marks.get(key) != mark:
                    changed.append((account.name, kind, record.id, content))
            marks[key] = mark
        rest = json.dumps(snapshots.write_rest(account, faults.of(account)))
        changed.append((account.name, _REST, 0, rest))
        gone = [(account.name, *key) for key in written.marks if key not in marks and key[0] != "tasks"]
        self._database.execute("BEGIN")
        try:
            if is_new:
                self._database.execute("DELETE FROM record WHERE account = ?", (account.name,))
            self._database.executemany("DELETE FROM record WHERE account = ? AND kind = ? AND id = ?", gone)
            self._database.executemany("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)", changed)
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")
        written.marks = marks


def _records(account: Account, written: dict[_Key, object]) -> Iterator[tuple[str, snapshots.Record]]:
    """The records of an account with their kinds, without the tasks of attempts that are done and written."""
    for kind, records in snapshots.tables_of(account).items():
        if kind != "tasks":
            yield from ((kind, record) for record in records)
    for attempt in account.attempts.values():
        if not attempt.done or written.get(("attempts", attempt.id)) is not _DONE:
            yield from (("tasks", task) for task in attempt.tasks)


def _identity(path: Path) -> _Identity:
    status = path.stat()
    return status.st_dev, status.st_ino


_DONE = "done"


def _mark_of(record: object) -> object:
    """What changes when the record does, or None if only all of its content tells."""
    match record:
        case Revision() | Workflow():
            return True  # never changed
        case Attempt(done=True):
            return _DONE  # nor is an attempt that is done
        case Session(attempts=attempts):
            return len(attempts)
        case _:
            return None
