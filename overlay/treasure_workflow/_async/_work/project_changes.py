"""Changes of a project: what a push would do, the push itself, and a stored revision sent on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from tempfile import SpooledTemporaryFile, TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple, Self, cast

from treasure_workflow import errors
from treasure_workflow._async import _lookups
from treasure_workflow._async._work import archives
from treasure_workflow._async._work.schedule_times import AsyncScheduleTimes
from treasure_workflow._http.responses import or_unset
from treasure_workflow._logic.project_plan import (
    Changes,
    Contents,
    ProjectPlan,
    changes_between,
    contents_of,
    schedule_changes,
    warnings_of,
    workflow_changes,
)
from treasure_workflow._logic.stored_archive import stored
from treasure_workflow._runtime import arun
from treasure_workflow.archive import Archive, extract
from treasure_workflow.session_time import aware

if TYPE_CHECKING:
    from treasure_workflow._async._calls import AsyncCalls
    from treasure_workflow._ids import ProjectLike, RevisionLike
    from treasure_workflow._logic.schedule_rules import ScheduleRules
    from treasure_workflow_api.models import RestProject

_SPOOL_BYTES = 1024 * 1024


class PushOptions(NamedTuple):
    """What a push says of the project's schedules."""

    schedule_from: datetime | None
    clear_schedules: tuple[str, ...] | Literal["all"]
    skip_schedule: bool

    @classmethod
    def of(
        cls, schedule_from: datetime | None, clear_schedules: Iterable[str] | Literal["all"], skip_schedule: bool
    ) -> Self:
        """The options, once they are seen to make sense. Raises ValueError."""
        cleared: tuple[str, ...] | Literal["all"] = "all" if isinstance(clear_schedules, str) else (*clear_schedules,)
        if schedule_from is not None:
            aware(schedule_from, "schedule_from")
        return cls(schedule_from, cleared, skip_schedule)

    @property
    def changes_schedules(self) -> bool:
        """Whether a push does something even when the contents are the same."""
        return self.schedule_from is not None or bool(self.clear_schedules)


async def upload(
    calls: AsyncCalls,
    archive: Archive,
    name: str,
    revision: str,
    options: PushOptions,
    on_progress: Callable[[int, int], object] | None = None,
) -> RestProject:
    """Sends an archive as a new revision. Operation putProject.

    Raises:
        Conflict: The project has a revision of that name with other contents.
    """
    from treasure_workflow_api.api.project import put_project
    from treasure_workflow_api.types import File

    begin = None
    if options.schedule_from is not None:
        # With Z for the zone: servers on older Java refuse an offset.
        begin = options.schedule_from.astimezone(UTC).isoformat().replace("+00:00", "Z")
    every = options.clear_schedules == "all"
    try:
        return await calls.telling_own().upload(
            put_project,
            _AsyncUpload(archive, on_progress),
            body=File(payload=BytesIO()),
            project=name,
            revision=revision,
            schedule_from=or_unset(begin),
            clear_schedule=or_unset(None if every else [*options.clear_schedules] or None),
            clear_schedule_all=every,
            skip_schedule=options.skip_schedule,
            content_length=archive.size,
        )
    except errors.Conflict as error:
        there = await _lookups.project_named(calls, name) if error.lost else None
        if there is None or not await _is_there(calls, there, revision, archive.md5):
            raise
        return there  # an earlier try, whose response was lost, had worked


async def _is_there(calls: AsyncCalls, project: RestProject, revision: str, md5: str) -> bool:
    """Whether the project has a revision of that name with these very contents."""
    from treasure_workflow_api.api.project import get_revisions

    if (project.revision, project.archive_md5) == (revision, md5):
        return True
    found = await calls.call(get_revisions, int(project.id), name=revision)
    return any((each.revision, each.archive_md5) == (revision, md5) for each in found.revisions or ())


async def fetch(calls: AsyncCalls, project: ProjectLike, revision: RevisionLike | None) -> Archive:
    """The archive of a stored revision, which the caller closes. Operation getArchive."""
    name = _lookups.revision_name(revision)
    id = await _lookups.project_id(calls, project)
    spool = SpooledTemporaryFile[bytes](max_size=_SPOOL_BYTES)
    try:
        with archives.temporary_space():
            await archives.fetch_checked(calls, id, name, cast("BinaryIO", spool))
            return await arun(stored, spool)
    except BaseException:
        spool.close()
        raise


async def plan(
    calls: AsyncCalls,
    archive: Archive,
    name: str,
    options: PushOptions,
    schedule_rules: ScheduleRules | None,
    *,
    stored_before: bool = True,
) -> ProjectPlan:
    """What pushing the archive would do. Raises ArchiveError for one that no service has stored before, nor would."""
    new = await arun(_unpacked, archive, schedule_rules)
    if new.problems and not stored_before:
        raise errors.ArchiveError(f"the service would refuse this push: {'; '.join(new.problems)}")
    now = await _lookups.project_named(calls, name)
    old = Contents({}, {})
    unchanged = now is not None and now.archive_md5 == archive.md5 and not options.changes_schedules
    if now is not None:
        with await fetch(calls, now, None) as stored_archive:
            old = await arun(_unpacked, stored_archive, schedule_rules)
    files = changes_between(old.files, new.files)
    times = AsyncScheduleTimes(calls, now, options, old.rules, new.rules)
    schedules = await times.added_to(schedule_changes(old, new, options.clear_schedules), unchanged=unchanged)
    cleared = () if options.clear_schedules == "all" else options.clear_schedules
    return ProjectPlan(
        name,
        None if now is None else now.revision,
        archive.md5,
        archive.size,
        unchanged,
        files,
        workflow_changes(files, old, new) if files else Changes(),
        tuple(schedules),
        (*warnings_of(new.schedules, schedules, cleared), *times.warnings),
    )


def _unpacked(archive: Archive, schedule_rules: ScheduleRules | None) -> Contents:
    with TemporaryDirectory() as folder, BytesIO(b"".join(archive.chunks())) as packed:
        extract(packed, Path(folder, "project"))
        return contents_of(Path(folder, "project"), schedule_rules)


async def secret_keys(calls: AsyncCalls, project: RestProject) -> set[str]:
    """The keys of a project's secrets."""
    from treasure_workflow._async.secrets import AsyncSecrets

    return {secret.key async for secret in AsyncSecrets(calls).list(project)}


class _AsyncUpload:
    """An archive as the body of a request; from its start each time that the request is sent."""

    def __init__(self, archive: Archive, on_progress: Callable[[int, int], object] | None) -> None:
        self._archive = archive
        self._on_progress = on_progress
        self._chunks: Iterator[bytes] = iter(())
        self._sent = 0

    def __aiter__(self) -> Self:
        self._chunks = self._archive.chunks()
        self._sent = 0
        return self

    async def __anext__(self) -> bytes:
        if self._sent and self._on_progress is not None:
            self._on_progress(self._sent, self._archive.size)
        for chunk in self._chunks:
            self._sent += len(chunk)
            return chunk
        raise StopAsyncIteration
