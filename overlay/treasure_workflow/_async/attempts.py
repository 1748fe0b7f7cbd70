"""Attempts: runs of a workflow, started, watched and killed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Literal

from treasure_workflow import errors
from treasure_workflow._arguments import checked
from treasure_workflow._async import _lookups
from treasure_workflow._async._calls import AsyncCalls
from treasure_workflow._async._work import attempts as work
from treasure_workflow._async._work import starts
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._http.responses import or_unset
from treasure_workflow._ids import ATTEMPT, id_of
from treasure_workflow._logic.diagnosis import Diagnosis
from treasure_workflow._logic.filters import Moment, Status, moment, sifting, statuses
from treasure_workflow._logic.reports import Report
from treasure_workflow.session_time import SessionTime, wanted

if TYPE_CHECKING:
    from treasure_workflow._ids import AttemptLike, ProjectLike, RevisionLike, WorkflowLike
    from treasure_workflow._results import StartedAttempt
    from treasure_workflow_api.models import RestSessionAttempt, RestTask, ResumeFailed, ResumeFrom


@checked
class AsyncAttempts:
    """What `client.attempts` offers."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    def list(
        self,
        *,
        project: ProjectLike | None = None,
        workflow: str | None = None,
        include_retried: bool = False,
        status: Status | Collection[Status] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        limit: int | None = None,
    ) -> AsyncPages[RestSessionAttempt]:
        """Attempts, newest first. Operation getAttempts.

        The service filters by project and workflow alone. Status and times are looked at here, as rows arrive: with
        `since` no more are asked for once one is older, and `limit` counts only what is left.

        Args:
            project: Only attempts of this project.
            workflow: Only attempts of the project's workflow of this name.
            include_retried: Every attempt, not only the newest of each session.
            status: Only attempts in this status, or in one of these.
            since: Only attempts created at this time or later: a datetime with a zone, ISO 8601 text with an offset, or
                how long ago as a timedelta.
            until: Only attempts created before this time.
            limit: At most so many.

        Raises:
            ValueError: A workflow without its project, which the service would ignore; a status that there is not; a
                time without a zone.

        Example:
            >>> for attempt in client.attempts.list(status="error", since=timedelta(hours=12)):
            ...     print(attempt.id, attempt.workflow.name)
        """
        now = self._calls.clock.utcnow()
        sift = sifting(statuses(status), moment(since, "since", now), moment(until, "until", now))
        return work.listing(self._calls, project, workflow, sift, include_retried=include_retried, limit=limit)

    async def get(self, attempt: AttemptLike) -> RestSessionAttempt:
        """The attempt as it is now. Operation getAttempt.

        Raises:
            NotFound: There is none.
        """
        from treasure_workflow_api.api.attempt import get_attempt

        return await self._calls.call(get_attempt, id_of(ATTEMPT, attempt))

    async def start(
        self,
        project: ProjectLike | None,
        workflow: WorkflowLike,
        *,
        session_time: SessionTime = "now",
        params: Mapping[str, Any] | None = None,
        retry_attempt_name: str | None = None,
        resume: ResumeFailed | ResumeFrom | None = None,
        revision: RevisionLike | None = None,
        allow_queueing: bool | None = None,
        wait_for_slot: float = 0.0,
    ) -> StartedAttempt:
        """Starts a workflow for a session time. Operation startAttempt.

        When the response to a try is lost, the request is sent again, and an attempt that this very call had started is
        recognised: by its session time, params, name and time of creation.

        Args:
            project: The workflow's project; may be None when the workflow is given by its id or as a model.
            workflow: The workflow.
            session_time: `"now"`; `"hourly"` or `"daily"`, the begin of the hour or day in the workflow's zone;
                `"schedule"` or `"next_schedule"`, the session time of the schedule's next run at or after now, or
                strictly after it; a datetime with a time zone; a date, which is its midnight in the workflow's zone; or
                ISO 8601 text, local time in the workflow's zone when it has no offset. Kept in whole seconds.
            params: Parameters for the workflow, JSON values by name.
            retry_attempt_name: Tells this attempt from others of the same session time.
            resume: Which attempt to take finished tasks from.
            revision: The revision to start, when the workflow is given by name; the latest when None.
            allow_queueing: Let the attempt wait for a free slot of its pool, where the service has pools. The hosted
                service has announced that it will always do so.
            wait_for_slot: Seconds to try again while as many attempts run as may.

        Returns:
            The attempt. Its `outcome` is `created`, or `already_ours` when an earlier try of this call had worked.

        Raises:
            AttemptExists: The session has an attempt of that name, or one without a name, already.
            TooManyAttempts: As many attempts run or wait as may.
            NotFound: There is no such project or workflow.
            TypeError: The session time is none of these types.
            ValueError: The session time is a datetime without a zone, or text that is no time.
        """
        from treasure_workflow_api.models import RestSessionAttemptRequest

        time = wanted(session_time, now=self._calls.clock.utcnow())
        id = await _lookups.workflow_id(self._calls, project, workflow, revision)
        request = RestSessionAttemptRequest(
            workflow_id=str(id),
            session_time=await work.session_time(self._calls, id, time),
            params=dict(params or {}),
            retry_attempt_name=or_unset(retry_attempt_name),
            resume=or_unset(resume),
            allow_queueing=or_unset(allow_queueing),
        )
        return await starts.start(self._calls, request, wait_for_slot)

    async def wait(
        self,
        attempt: AttemptLike,
        *,
        timeout: float,
        poll_interval: float = 2.0,
        on_progress: Callable[[RestSessionAttempt], object] | None = None,
    ) -> RestSessionAttempt:
        """The attempt when it has ended well. Asks for it again and again. Operation getAttempt.

        Args:
            attempt: The attempt.
            timeout: Seconds to wait at most. The attempt runs on when they are over.
            poll_interval: Seconds between two looks at it.
            on_progress: Called with the attempt after each look.

        Raises:
            AttemptFailed: It ended otherwise: a task failed, or it was killed. It tells the task that failed first, its
                error and the end of its log.
            WaitTimeout: It was not done in time.
        """
        from treasure_workflow_api.api.attempt import get_attempt

        id = id_of(ATTEMPT, attempt)
        if poll_interval <= 0:
            raise ValueError(f"poll_interval must be above 0: {poll_interval}")
        clock = self._calls.clock
        end = clock.monotonic() + timeout
        calls = self._calls.until(end)
        current: RestSessionAttempt | None = None
        while True:
            try:
                current = await calls.call(get_attempt, id)
            except (errors.TransportError, errors.ServerError, errors.RateLimited) as error:
                left = end - clock.monotonic()
                if left > poll_interval:
                    raise
                await clock.sleep(max(0.0, left))
                raise errors.WaitTimeout(current, timeout, id) from error
            if on_progress is not None:
                on_progress(current)
            if current.done:
                if current.success:
                    return current
                raise errors.AttemptFailed(current, *await work.first_cause(self._calls, current))
            await clock.sleep(max(0.0, min(poll_interval, end - clock.monotonic())))
            if clock.monotonic() >= end:
                raise errors.WaitTimeout(current, timeout, id)

    def tasks(self, attempt: AttemptLike) -> AsyncPages[RestTask]:
        """The attempt's tasks, parents before their children. Operation getTasks."""
        id = id_of(ATTEMPT, attempt)

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.attempt import get_tasks

            return await self._calls.call(get_tasks, id, **position)

        return AsyncPages(fetch, "getTasks")

    def retries(self, attempt: AttemptLike) -> AsyncPages[RestSessionAttempt]:
        """All attempts of the attempt's session, itself among them, oldest first. Operation getAttemptRetries."""
        id = id_of(ATTEMPT, attempt)

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.attempt import get_attempt_retries

            return await self._calls.call(get_attempt_retries, id, **position)

        return AsyncPages(fetch, "getAttemptRetries")

    async def retry(
        self,
        attempt: AttemptLike,
        *,
        rerun: Literal["failed", "all"] = "failed",
        from_task: str | None = None,
        revision: RevisionLike | None = None,
        latest_revision: bool = False,
        params: Mapping[str, Any] | None = None,
        keep_params: bool = True,
        name: str | None = None,
        allow_queueing: bool | None = None,
        wait_for_slot: float = 0.0,
    ) -> StartedAttempt:
        """Runs an attempt's session again, as a new attempt. Operations getAttempt, startAttempt.

        Args:
            attempt: The attempt to go on from.
            rerun: Run what did not succeed (`"failed"`) and take over the rest, or run everything (`"all"`).
            from_task: Run this task and what comes after it, and take over what came before: the task's full name or
                the end of it, such as `+load`, that no other task's name ends with.
            revision: The revision to run; the attempt's own when None.
            latest_revision: Run the project's latest revision.
            params: Parameters that change, laid over the attempt's own.
            keep_params: Whether the attempt's own parameters are kept.
            name: The new attempt's name, which no attempt of the session has had; made up when None.
            allow_queueing: As for `start`.
            wait_for_slot: As for `start`.

        Returns:
            The new attempt, with `outcome` as `start` tells it.

        Raises:
            NotFound: There is no such attempt, or its project was deleted.
            BadRequest: The attempt succeeded, so nothing failed; or `from_task` fits no task or several.
            AttemptExists: The session has an attempt of that name.
            TooManyAttempts: The account runs as many attempts as it may.
            ValueError: Arguments that exclude each other.

        Example:
            >>> again = client.attempts.retry(901, latest_revision=True, params={"country": "DE"})
            >>> client.attempts.wait(again, timeout=3600)
        """
        from uuid import uuid4

        from treasure_workflow_api.models import ResumeFailed, ResumeFrom

        if from_task is not None and rerun == "all":
            raise ValueError('give either from_task or rerun="all": everything is run, or what comes after a task')
        if revision is not None and latest_revision:
            raise ValueError("give either a revision or latest_revision")
        if from_task is not None and (len(from_task) < 2 or not from_task.strip("+^")):
            raise ValueError(f"from_task must be a task's name such as '+load', not {from_task!r}")
        _lookups.revision_name(revision)
        old = await self.get(attempt)
        same = revision is None and not latest_revision and old.workflow.id is not None
        resume: ResumeFailed | ResumeFrom | None = None
        if from_task is not None:
            resume = ResumeFrom(attempt_id=old.id, from_=from_task, mode="from")
        elif rerun == "failed":
            resume = ResumeFailed(attempt_id=old.id, mode="failed")
        workflow: WorkflowLike = old.workflow
        if not same:
            workflow = await _lookups.find_workflow(self._calls, old.project, old.workflow.name, revision)
        try:
            return await self.start(
                old.project,
                workflow,
                session_time=old.session_time,
                params=work.retried_params(old, params, keep_params=keep_params),
                retry_attempt_name=name or f"retry-of-{old.id}-{uuid4().hex[:12]}",
                resume=resume,
                allow_queueing=allow_queueing,
                wait_for_slot=wait_for_slot,
            )
        except (errors.ServerError, errors.BadRequest) as error:
            everything = f'client.attempts.retry({old.id}, rerun="all") runs everything'
            if resume is not None and isinstance(error, errors.ServerError):
                again = "the service cannot resume an attempt in which a group with _retry has run again"
                error.advice = "; ".join(part for part in (error.advice, f"{again}: {everything}") if part)
            elif resume is not None and old.success:
                error.advice = f"it succeeded: {everything}"
            raise

    async def kill(self, attempt: AttemptLike, *, wait: bool = False, timeout: float = 600.0) -> RestSessionAttempt:
        """Asks for the attempt's end. Operation killAttempt.

        Tasks at work are told to stop; the attempt ends when they have, which can take until a waiting task is due.

        Args:
            attempt: The attempt.
            wait: Come back only when it has ended.
            timeout: Seconds to wait at most for that.

        Returns:
            The attempt as it was just before; with `wait`, as it ended.

        Raises:
            Conflict: Nothing is left to kill.
            NotFound: There is no such attempt.
            WaitTimeout: It has not ended in time. The request to end stays.
        """
        from treasure_workflow_api.api.attempt import kill_attempt

        id = id_of(ATTEMPT, attempt)
        try:
            before = await self._calls.telling_own().call(kill_attempt, id)
        except errors.Conflict as error:
            if not error.lost:
                raise
            before = await self.get(id)
            if not before.cancel_requested:
                raise error from None
        if not wait:
            return before
        try:
            return await self.wait(attempt, timeout=timeout)
        except errors.AttemptFailed as error:
            return error.attempt

    async def diagnose(self, attempt: AttemptLike) -> Diagnosis:
        """What became of an attempt and what to do next. Operations getAttempt, getTasks, getFileHandles, getFile.

        Args:
            attempt: The attempt, or the address of a page of the console about it or its session.

        Returns:
            The first cause, the end of its log, what ran long, what never ran, and the call that goes on from here;
            its text is a short report.

        Raises:
            NotFound: There is no such attempt.
            ValueError: The address names neither an attempt nor a session.

        Example:
            >>> print(client.attempts.diagnose(901))
        """
        return await work.diagnose(self._calls, attempt)

    async def kill_all(
        self,
        *,
        project: ProjectLike | None = None,
        workflow: str | None = None,
        status: Status | Collection[Status] = ("running", "queued", "blocked"),
        since: Moment | None = None,
        until: Moment | None = None,
        dry_run: bool = True,
        concurrency: int = 4,
    ) -> Report[RestSessionAttempt]:
        """Asks for the end of many attempts. A dry run unless told otherwise. Operations getAttempts, killAttempt.

        Args:
            project: Only attempts of this project.
            workflow: Only attempts of the project's workflow of this name.
            status: Only attempts in this status, or in one of these.
            since: Only attempts created at this time or later, as for `list`. Without it all attempts there ever were
                are looked through.
            until: Only attempts created before this time: `timedelta(hours=3)` for those older than three hours.
            dry_run: Only tell which attempts would be killed.
            concurrency: How many at once.

        Returns:
            What happened to each attempt.

        Raises:
            ValueError: As for `list`.

        Example:
            >>> print(client.attempts.kill_all(project="shop", until=timedelta(hours=3)))
            >>> client.attempts.kill_all(project="shop", until=timedelta(hours=3), dry_run=False).failed
        """
        attempts = self.list(
            project=project, workflow=workflow, include_retried=True, status=status, since=since, until=until
        )
        return await work.for_all("kill", attempts, self.kill, dry_run=dry_run, concurrency=concurrency)

    async def retry_all(
        self,
        *,
        project: ProjectLike | None = None,
        workflow: str | None = None,
        status: Status | Collection[Status] = "error",
        since: Moment | None = None,
        until: Moment | None = None,
        rerun: Literal["failed", "all"] = "failed",
        latest_revision: bool = False,
        params: Mapping[str, Any] | None = None,
        allow_queueing: bool | None = None,
        wait_for_slot: float = 0.0,
        dry_run: bool = True,
        concurrency: int = 4,
    ) -> Report[RestSessionAttempt]:
        """Runs many sessions again whose newest attempt failed. A dry run unless told otherwise.

        Operations getAttempts, startAttempt. A session that was run again since is left alone.

        Args:
            project: Only attempts of this project.
            workflow: Only attempts of the project's workflow of this name.
            status: Only sessions whose newest attempt is in this status, or in one of these.
            since: Only attempts created at this time or later, as for `list`. Without it all attempts there ever were
                are looked through.
            until: Only attempts created before this time.
            rerun: As for `retry`.
            latest_revision: As for `retry`.
            params: As for `retry`.
            allow_queueing: As for `start`.
            wait_for_slot: As for `start`.
            dry_run: Only tell which attempts would be retried.
            concurrency: How many at once.

        Returns:
            What happened to each attempt; `result` is the new attempt.

        Raises:
            ValueError: As for `list`.

        Example:
            >>> report = client.attempts.retry_all(project="shop", since=timedelta(hours=12), dry_run=False)
            >>> print(report)
        """

        async def again(attempt: RestSessionAttempt) -> RestSessionAttempt:
            return await self.retry(
                attempt,
                rerun=rerun,
                latest_revision=latest_revision,
                params=params,
                allow_queueing=allow_queueing,
                wait_for_slot=wait_for_slot,
            )

        attempts = self.list(project=project, workflow=workflow, status=status, since=since, until=until)
        return await work.for_all("retry", attempts, again, dry_run=dry_run, concurrency=concurrency)
