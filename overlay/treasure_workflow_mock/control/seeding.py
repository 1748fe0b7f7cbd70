"""What an account can begin with: a project from a directory, or one of the data sets `demo` and `large`.

All comes about as it does at the service: by uploads, schedules and attempts, in the past of the account's clock.
"""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

from treasure_workflow_mock._types import Json
from treasure_workflow_mock.api import HANDLERS
from treasure_workflow_mock.control import snapshots
from treasure_workflow_mock.engine import attempts, scheduler
from treasure_workflow_mock.errors import InvalidRequest, ServiceError
from treasure_workflow_mock.http.messages import Request
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.records import Project, Workflow

_HOUR = 3600
_DAY = 24 * _HOUR

_DEMO = {
    "nightly.dig": (
        "timezone: Asia/Tokyo\n"
        "schedule:\n  daily>: 02:00:00\n"
        "_export:\n  country: JP\n"
        "+load:\n  _parallel: true\n"
        "  +orders:\n    td>: queries/orders.sql\n"
        "  +customers:\n    td>: queries/customers.sql\n"
        "+report:\n  echo>: sales of ${country} on ${session_date}\n"
    ),
    "hourly.dig": "schedule:\n  hourly>: '15:00'\n+import:\n  td_load>: config/load.yml\n+done:\n  echo>: imported\n",
    "broken.dig": "+check:\n  fail>: the table has no rows\n  _error:\n    echo>: told the team\n",
    "long.dig": "+wait:\n  wait>: 12h\n+done:\n  echo>: at last\n",
    "queries/orders.sql": "select count(*) from orders\n",
    "queries/customers.sql": "select count(*) from customers\n",
    "config/load.yml": "in: {type: s3}\nout: {mode: append}\n",
}
_LARGE = {"good.dig": "+greet:\n  echo>: hello\n", "bad.dig": "+check:\n  fail>: on purpose\n"}
_LARGE_PROJECTS = 120
_LARGE_REVISIONS = 120
_LARGE_SESSIONS = 10_000
_AT_ONCE = 50  # attempts that are started before they run
_ONE_IN_BAD = 10


def push_directory(
    account: Account,
    directory: str | os.PathLike[str],
    name: str | None = None,
    *,
    revision: str | None = None,
) -> Project:
    """Uploads a directory as a new revision of a project, by default of the directory's name.

    Left out are files and folders whose names begin with a dot, except `.digdagignore`. `revision` is the revision's
    name, by default the time by the account's clock.
    Raises ServiceError with what the service has against it, NotADirectoryError if it is none.
    """
    root = Path(directory).resolve()
    if not root.is_dir():
        raise NotADirectoryError(f"no directory: {directory}")
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and _is_shown(path.relative_to(root))
    }
    return push_files(account, files, name or root.name, now=account.clock.now(), revision=revision)


def push_files(
    account: Account, files: Mapping[str, str | bytes], name: str, *, now: float, revision: str | None = None
) -> Project:
    """Uploads files, by their paths, as a new revision of a project. Raises ServiceError as the service does."""
    content = _packed(files)
    request = Request(
        now,
        query={"project": name, "revision": revision or f"at-{now:.6f}"},
        content=content,
        content_length=len(content),
    )
    response = HANDLERS["putProject"](account, request)
    return account.projects[int(response["id"])]


def _is_shown(path: Path) -> bool:
    return path.as_posix() == ".digdagignore" or not any(part.startswith(".") for part in path.parts)


def _packed(files: Mapping[str, str | bytes]) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), mtime=0)


# Data sets


def demo(account: Account) -> None:
    """A project whose schedules have run for three days, with attempts that succeeded, failed and still run."""
    now = account.clock.now()
    first, second, third = now - 3 * _DAY, now - _DAY, now - _HOUR
    account.settled_at = first
    project = push_files(account, _DEMO, "demo", now=first, revision="v1")
    scheduler.settle(account, second)
    changed = {**_DEMO, "queries/orders.sql": "select count(1) from orders\n"}
    push_files(account, changed, "demo", now=second, revision="v2")
    scheduler.settle(account, third)
    for name in ("broken", "long"):
        _start(account, _workflow(project, name), third)
    scheduler.settle(account, now)


def large(account: Account) -> None:
    """120 projects, one of them with 120 revisions, and 10,000 sessions that have ended, one in ten of them badly."""
    now = account.clock.now()
    first = now - (_LARGE_SESSIONS + _LARGE_REVISIONS) * 60
    projects = [
        push_files(account, _LARGE, f"project-{n:03}", now=first, revision="v1") for n in range(1, _LARGE_PROJECTS + 1)
    ]
    for n in range(2, _LARGE_REVISIONS + 1):
        push_files(account, _LARGE, projects[0].name, now=first, revision=f"v{n}")
    for n in range(_LARGE_SESSIONS):
        time = now - (_LARGE_SESSIONS - n) * 60
        project = projects[n % _LARGE_PROJECTS]
        _start(account, _workflow(project, "bad" if n % _ONE_IN_BAD == 0 else "good"), time)
        if n % _AT_ONCE == _AT_ONCE - 1:
            attempts.advance(account, time)
    scheduler.settle(account, now)


DATA_SETS: dict[str, Callable[[Account], None]] = {"demo": demo, "large": large}


def seed(account: Account, name: Json) -> None:
    """Adds the data set of this name to an account.

    Raises ServiceError if there is none of that name, or no room for it; then nothing is added.
    """
    data_set = DATA_SETS.get(name) if isinstance(name, str) else None
    if data_set is None:
        raise InvalidRequest(f"data must be one of {', '.join(DATA_SETS)}, got {name!r}")
    before = snapshots.take(account)
    try:
        data_set(account)
    except ServiceError:
        snapshots.restore(account, before)
        raise


def _workflow(project: Project, name: str) -> Workflow:
    return next(one for one in project.revisions[-1].workflows if one.name == name)


def _start(account: Account, workflow: Workflow, now: float) -> None:
    attempts.start_attempt(account, workflow, session_time=int(now), params={}, now=now)
