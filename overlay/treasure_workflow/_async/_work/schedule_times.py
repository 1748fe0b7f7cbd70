"""When a project's schedules go on after a push, as far as it can be known before.

The service goes on after the last session that a schedule ran. One that has run nothing, or is told to forget it,
begins at `schedule_from`; one whose definition changed leaves out what would be overdue. The service itself tells the
times of a definition that it has; those of a new one are known where somebody tells its rule.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from treasure_workflow._logic.project_plan import SchedulePlan
from treasure_workflow._logic.schedules import ENDED

if TYPE_CHECKING:
    from treasure_workflow._async._calls import AsyncCalls
    from treasure_workflow._async._work.project_changes import PushOptions
    from treasure_workflow._logic.schedule_rules import ScheduleRule
    from treasure_workflow_api.models import RestProject, RestSchedule

_LOOKED_AT = 100
"""How many of a workflow's newest sessions are looked through for the last one on its schedule."""
_ASKED_FOR = 10
"""For how many of them the service is asked, where it alone can tell."""


class _Next(NamedTuple):
    """A session that comes next. Without a session time there is none; without a run time nobody knows that yet."""

    session: datetime | None
    run: datetime | None

    @classmethod
    def of(cls, times: tuple[datetime, datetime] | None) -> _Next:
        """What a rule tells."""
        return cls(None, None) if times is None else cls(*times)


def _when(following: _Next) -> datetime:
    return following.session or ENDED


def _due(following: _Next, schedule: RestSchedule | None) -> datetime:
    """When a session runs; where nobody tells, as long after its time as the schedule's next one does now."""
    if following.session is None:
        return ENDED
    if following.run is not None:
        return following.run
    later = timedelta() if schedule is None else schedule.next_run_time - schedule.next_schedule_time
    return following.session + later


class _AsyncRule(Protocol):
    async def first(self, at: datetime) -> _Next: ...
    async def next(self, after: datetime) -> _Next: ...


class _AsyncGivenRule:
    """What somebody else tells of a definition."""

    def __init__(self, rule: ScheduleRule) -> None:
        self._rule = rule

    async def first(self, at: datetime) -> _Next:
        """The first session that runs at a time or after it."""
        return _Next.of(self._rule.first(at))

    async def next(self, after: datetime) -> _Next:
        """The first session after another."""
        return _Next.of(self._rule.next(after))


class _AsyncServiceRule:
    """What the service tells of a definition that it has: session times alone."""

    def __init__(self, calls: AsyncCalls, schedule: RestSchedule) -> None:
        self._calls = calls
        self._schedule = schedule

    async def first(self, at: datetime) -> _Next:
        """The first session that runs at a time or after it."""
        return await self._told(at, "schedule")

    async def next(self, after: datetime) -> _Next:
        """The first session after another."""
        return await self._told(after, "next_schedule")

    async def _told(self, time: datetime, mode: Literal["schedule", "next_schedule"]) -> _Next:
        from treasure_workflow._async.workflows import AsyncWorkflows

        workflow = self._schedule.workflow
        found = (await AsyncWorkflows(self._calls).truncate_session_time(workflow, time, mode=mode)).session_time
        if found >= ENDED:
            return _Next(None, None)
        now = self._schedule
        return _Next(found, now.next_run_time if found == now.next_schedule_time else None)


class AsyncScheduleTimes:
    """Tells the next sessions of one project's schedules before and after a push."""

    def __init__(
        self,
        calls: AsyncCalls,
        project: RestProject | None,
        options: PushOptions,
        before: Mapping[str, ScheduleRule],
        after: Mapping[str, ScheduleRule],
    ) -> None:
        """`before` and `after`: rules of the current revision and of the new one, where somebody tells them."""
        self._calls = calls
        self._project = project
        self._options = options
        self._before = before
        self._after = after
        self._now = calls.clock.utcnow()
        self.warnings: list[str] = []
        """Where the times that were told rest on a guess, or are past."""

    async def added_to(self, plans: list[SchedulePlan], *, unchanged: bool) -> list[SchedulePlan]:
        """The plans with the times. `unchanged`: nothing would be sent."""
        from treasure_workflow._async.schedules import AsyncSchedules

        there: dict[str, RestSchedule] = {}
        if self._project is not None and plans:
            async for found in AsyncSchedules(self._calls).list(project=self._project):
                there[found.workflow.name] = found
        return [await self._timed(plan, there.get(plan.workflow), unchanged=unchanged) for plan in plans]

    async def _timed(self, plan: SchedulePlan, schedule: RestSchedule | None, *, unchanged: bool) -> SchedulePlan:
        if schedule is not None:
            now = schedule.next_schedule_time
            plan = dataclasses.replace(
                plan,
                disabled=schedule.disabled_at is not None,
                next_session_before=None if now >= ENDED else now,
                next_run_before=None if now >= ENDED else schedule.next_run_time,
            )
        if plan.change == "removed":
            return plan
        if unchanged and schedule is not None:
            after = _Next(plan.next_session_before, plan.next_run_before)
            return _with(plan, after, "service")
        rule: _AsyncRule | None = None
        if plan.workflow in self._after:
            rule = _AsyncGivenRule(self._after[plan.workflow])
        elif schedule is not None and plan.change == "same":
            rule = _AsyncServiceRule(self._calls, schedule)
        if rule is None:
            return plan
        after = await self._next(plan, schedule, rule)
        if not plan.disabled and _due(after, schedule) <= self._now:
            self.warnings.append(
                f"schedule {plan.workflow} goes on in the past: what it missed since then runs at once"
            )
        return _with(plan, after, "rules" if isinstance(rule, _AsyncGivenRule) else "service")

    async def _next(self, plan: SchedulePlan, schedule: RestSchedule | None, rule: _AsyncRule) -> _Next:
        begun = await rule.first(self._options.schedule_from or self._now)
        last = None if schedule is None or plan.cleared else await self._last_session(schedule, plan)
        if last is None:
            return begun
        goes_on = await rule.next(last)
        if plan.change == "changed" and self._options.skip_schedule:
            goes_on = max(goes_on, await rule.first(self._now), key=_when)
        if goes_on.session != begun.session:
            other = "ends" if begun.session is None else f"goes on with session {begun.session.isoformat()}"
            self.warnings.append(
                f"schedule {plan.workflow} goes on after its session {last.isoformat()}; "
                f"had it not run that one itself, but somebody by hand, it {other}"
            )
        return goes_on

    async def _last_session(self, schedule: RestSchedule, plan: SchedulePlan) -> datetime | None:
        """The session time of the last session that the schedule ran, as far as sessions tell.

        They do not tell who started them: it is taken for the newest one that lies on the schedule.
        """
        from treasure_workflow._async.sessions import AsyncSessions

        given = self._before.get(plan.workflow)
        rule = _AsyncServiceRule(self._calls, schedule) if given is None else _AsyncGivenRule(given)
        assert self._project is not None  # it has the schedule
        newest = AsyncSessions(self._calls).list(project=self._project, workflow=plan.workflow, limit=_LOOKED_AT)
        times = [one.session_time async for one in newest if one.session_time < schedule.next_schedule_time]
        for time in sorted(times, reverse=True)[: _LOOKED_AT if given is not None else _ASKED_FOR]:
            if (await rule.next(time - timedelta(seconds=1))).session == time:
                return time
        return None


def _with(plan: SchedulePlan, after: _Next, told_by: Literal["service", "rules"]) -> SchedulePlan:
    return dataclasses.replace(plan, next_session_after=after.session, next_run_after=after.run, after_told_by=told_by)
