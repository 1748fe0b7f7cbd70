"""The file that a long-lived mock keeps its accounts in, so that it goes on after a restart.

The file holds API keys and secrets, so only its owner may read it. It is always whole: a new one is written beside it
and then put in its place.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import time
from pathlib import Path

from treasure_workflow_mock import snapshots
from treasure_workflow_mock.accounts import Accounts
from treasure_workflow_mock.state import Json, ServiceError

_log = logging.getLogger(__name__)
# Nothing is answered while a file is written: a large one takes a second, and is written less often for it.
_SHARE_OF_TIME = 0.05


class StateFileError(Exception):
    """A state file that cannot be read or written; it is left as it was."""


class StateFile:
    """The state file of a service."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path).resolve()  # of a link, the file that it stands for is replaced
        self._saved_changes = 0
        self._not_before = 0.0

    def load(self, accounts: Accounts) -> None:
        """Brings back the accounts of the file; a file that is not there yet has none.

        Raises StateFileError that names file and fault, a newer version among them.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            if not self.path.parent.is_dir():
                raise StateFileError(f"{self.path}: there is no such folder") from None
            return
        except (OSError, UnicodeDecodeError) as error:
            raise StateFileError(f"{self.path}: {error}") from None
        try:
            for name, snapshot in _accounts(text).items():
                try:
                    snapshots.restore(accounts.named(name), snapshot)
                except ServiceError as error:
                    raise ValueError(error.message) from None
        except (ValueError, RecursionError) as error:
            raise StateFileError(f"{self.path}: cannot be read: {error}") from None

    def save(self, accounts: Accounts, changes: int) -> None:
        """Writes all accounts. Raises StateFileError; then the file is what it was.

        `changes` is how many calls have changed something, for `save_if_due`.
        """
        begun = time.monotonic()
        content = {
            "version": snapshots.VERSION,
            "accounts": {account.name: snapshots.written(account) for account in accounts.all()},
        }
        try:
            _write(self.path, json.dumps(content, separators=(",", ":")).encode())
        except OSError as error:
            raise StateFileError(f"{self.path}: cannot be written: {error}") from None
        finally:
            now = time.monotonic()
            self._not_before = now + (now - begun) / _SHARE_OF_TIME
        self._saved_changes = changes

    def save_if_due(self, accounts: Accounts, changes: int) -> None:
        """Writes all accounts if something has changed and the last time is long enough ago."""
        if changes == self._saved_changes or time.monotonic() < self._not_before:
            return
        try:
            self.save(accounts, changes)
        except StateFileError as error:  # perhaps there is room again next time
            _log.error("%s", error)


def _accounts(text: str) -> dict[str, Json]:
    content = json.loads(text)
    snapshots.check_version(content)
    accounts = content.get("accounts")
    if not isinstance(accounts, dict):
        raise ValueError("accounts is no JSON object")
    return accounts


def _write(path: Path, content: bytes) -> None:
    """Puts a file with this content in the place of `path`, all at once."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
