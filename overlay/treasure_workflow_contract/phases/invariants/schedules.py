"""Invariants of schedules: sessions come when the workflow says; skips, backfills and disabling do what they say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from typing import Any, NamedTuple

from hypothesis import strategies as st

from treasure_workflow_contract.phases.invariants._invariant import Caller, invariant, looked_at
from treasure_workflow_contract.phases.invariants.attempts import wait_until_begun
from treasure_workflow_contract.sandbox.archives import pack
from treasure_workflow_contract.sandbox.contents import Sandbox

_DAY, _HOUR, _SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# Zones that keep one offset all year round, so that times of day and times between two sessions are the same thing.
_ZONES = {
    "UTC": UTC,
    "Asia/Tokyo": timezone(9 * _HOUR),
    "Asia/Kolkata": timezone(5.5 * _HOUR),
    "-03:00": timezone(-3 * _HOUR),
}
_END_OF_TIME = "9999-01-01T00:00:00Z"
# Long after any run, so that nothing starts by itself.
_TIMES = st.datetimes(datetime(2090, 1, 1), datetime(2098, 12, 31)).map(lambda time: time.replace(microsecond=0))


class Pattern(NamedTuple):
    """A `schedule:` entry, and the rule it stands for.

    Sessions are every `step` from `begin` after midnight on, on this day of the week or month if one is given, in local
    time; each runs `delay` after its session time.
    """

    text: str
    step: timedelta
    delay: timedelta = timedelta(0)
    begin: timedelta = timedelta(0)
    weekday: int | None = None
    day: int | None = None

    def after(self, time: datetime) -> Iterator[datetime]:
        """The session times strictly after a local time."""
        session = time.replace(hour=0, minute=0, second=0) + self.begin
        while True:
            on_its_day = self.weekday in (None, session.weekday()) and self.day in (None, session.day)
            if session > time and on_its_day:
                yield session
            session += self.step

    def first(self, time: datetime) -> datetime:
        """The earliest session that runs at a local time or after it."""
        return next(self.after(time - self.delay - _SECOND))


@st.composite
def _patterns(draw: st.DrawFn) -> Pattern:
    hours, minutes, seconds = draw(st.tuples(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59)))
    clock = f"{hours:02}:{minutes:02}:{seconds:02}"
    delay = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    weekday, day = draw(st.integers(0, 6)), draw(st.integers(1, 28))
    every = draw(st.sampled_from([1, 5, 10, 30]))
    return draw(
        st.sampled_from(
            [
                Pattern(f"hourly>: '{clock[3:]}'", _HOUR, delay - timedelta(hours=hours)),
                Pattern(f"daily>: '{clock}'", _DAY, delay),
                Pattern(f"weekly>: '{_WEEKDAYS[weekday]},{clock}'", _DAY, delay, weekday=weekday),
                Pattern(f"monthly>: '{day},{clock}'", _DAY, delay, day=day),
                Pattern(f"minutes_interval>: {every}", timedelta(minutes=every)),
                Pattern(f"seconds_interval>: {every * 60}", timedelta(minutes=every)),
                Pattern(f"cron>: '{minutes} {hours} * * *'", _DAY, begin=timedelta(hours=hours, minutes=minutes)),
            ]
        )
    )


class Scheduled(NamedTuple):
    """A workflow that was pushed with a schedule, whose first session is due from `since` on (local time)."""

    pattern: Pattern
    zone: timezone
    since: datetime
    project: dict[str, Any]
    schedule: dict[str, Any]

    @property
    def id(self) -> int:
        """The schedule's id."""
        return int(self.schedule["id"])

    def times(self, session: datetime) -> dict[str, str]:
        """What a schedule shows whose next session is at this local time."""
        run = (session + self.pattern.delay).replace(tzinfo=self.zone).astimezone(UTC)
        return {"nextScheduleTime": self.shown(session), "nextRunTime": run.strftime("%Y-%m-%dT%H:%M:%SZ")}

    def shown(self, session: datetime) -> str:
        """A local time as the service writes it."""
        return session.replace(tzinfo=self.zone).isoformat()

    def check(self, call: Caller, what: str, shown: dict[str, Any], session: datetime) -> None:
        """Raises Broken unless the schedule shown has this next session."""
        times = self.times(session)
        call.equal(what, {name: shown[name] for name in times}, times)


def _pushed(call: Caller, sandbox: Sandbox, data: st.DataObject) -> Scheduled:
    pattern, zone_name = data.draw(_patterns()), data.draw(st.sampled_from(sorted(_ZONES)))
    since, zone = data.draw(_TIMES), _ZONES[zone_name]
    text = f"timezone: '{zone_name}'\nschedule:\n  {pattern.text}\n+load:\n  echo>: '1'\n"
    project = call(
        "putProject",
        project=sandbox.new_project_name("scheduled"),
        revision="1",
        schedule_from=since.replace(tzinfo=zone).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        body=pack({"scheduled.dig": text}),
    )
    schedules = call("getProjectSchedules", id=int(project["id"]))["schedules"]
    call.equal("workflows with a schedule", [row["workflow"]["name"] for row in schedules], ["scheduled"])
    return Scheduled(pattern, zone, since, project, schedules[0])


@invariant("putProject", "getProjectSchedules", "getSchedule", "getWorkflowTruncatedSessionTime")
def sessions_come_at_their_times(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """The first session, and those before and after any time, are the pattern's, in the workflow's zone."""
    pushed = _pushed(call, sandbox, data)
    pushed.check(call, "the first session", pushed.schedule, pushed.pattern.first(pushed.since))
    call.equal("disabledAt", pushed.schedule.get("disabledAt"), None)
    time = data.draw(_TIMES)
    expected = {
        None: time,
        "hour": time.replace(minute=0, second=0),
        "day": time.replace(hour=0, minute=0, second=0),
        "schedule": pushed.pattern.first(time),
        "next_schedule": next(pushed.pattern.after(time)),
    }
    if call.target.flavour == "hosted":
        expected |= {"minute": time.replace(second=0), "second": time}
    mode = data.draw(st.sampled_from(list(expected)))
    asked = data.draw(st.sampled_from([time.isoformat(), pushed.shown(time)]))
    workflow = int(pushed.schedule["workflow"]["id"])
    response = call("getWorkflowTruncatedSessionTime", id=workflow, session_time=asked, mode=mode)
    call.equal(f"the time, mode {mode}", response["sessionTime"], pushed.shown(expected[mode]))
    reference = {"id": pushed.project["id"], "name": pushed.project["name"]}
    call("getWorkflowTruncatedSessionTime", id=workflow, mode=mode, status=(400,))
    for wrong in ({"mode": "week"}, {"mode": "HOUR"}, {"session_time": "soon"}):
        answered = call.response("getWorkflowTruncatedSessionTime", {"session_time": asked, **wrong}, id=workflow)
        call.equal(f"status, {wrong}", answered.status, 404)
    unscheduled = sandbox.some("workflow")[sandbox.some("workflow name").index("report")]
    for mode in ("schedule", "next_schedule"):
        call("getWorkflowTruncatedSessionTime", id=unscheduled, session_time=asked, mode=mode, status=(400,))
    call.equal("project and revision", [response["project"], response["revision"]], [reference, "1"])


@invariant("putProject", "getProjectSchedules", "getSchedule", "skipSchedule")
def a_skip_moves_to_a_later_session(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """By a time or by a number of sessions, never back, and not at all in a dry run."""
    pushed = _pushed(call, sandbox, data)
    first = pushed.pattern.first(pushed.since)
    count = data.draw(st.integers(1, 3))
    target = list(islice(pushed.pattern.after(first), count))[-1]
    origin = pushed.shown(first + pushed.pattern.delay)
    run_at = data.draw(st.none() | st.just("2099-03-04T05:06:07Z"))
    by_time = {
        "nextTime": data.draw(
            st.sampled_from([(target + pushed.pattern.delay).isoformat(), pushed.shown(target + pushed.pattern.delay)])
        )
    }
    form: dict[str, Any] = data.draw(st.sampled_from([by_time, {"fromTime": origin, "count": count}]))
    if run_at:
        form["nextRunTime"] = run_at
    expected = pushed.times(target) | ({"nextRunTime": run_at} if run_at else {})
    dry = call("skipSchedule", id=pushed.id, body={**form, "dryRun": True})
    call.equal("what a dry run shows", {name: dry[name] for name in expected}, expected)
    call.equal("the schedule after a dry run", call("getSchedule", id=pushed.id), pushed.schedule)
    done = call("skipSchedule", id=pushed.id, body={**form, "dryRun": False})
    call.equal("the schedule shown", {name: done[name] for name in expected}, expected)
    after = call("getSchedule", id=pushed.id)
    call.equal("the schedule", after, {**pushed.schedule, **expected})
    call("skipSchedule", id=pushed.id, body={**form, "dryRun": False}, status=(409,))
    call("skipSchedule", id=pushed.id, body={"dryRun": False}, status=(400,))
    call("skipSchedule", id=pushed.id, body={"nextTime": "soon", "dryRun": False}, status=(400,))
    call.equal("the schedule after refusals", call("getSchedule", id=pushed.id), after)


@invariant("putProject", "getProjectSchedules", "getSchedule", "enableSchedule", "disableSchedule")
def a_schedule_is_disabled_until_it_is_enabled(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Its times stay as they are meanwhile, unless it is enabled from a later time on."""
    pushed = _pushed(call, sandbox, data)
    disabled = call("disableSchedule", id=pushed.id)
    call.true("disabledAt is not set", disabled["disabledAt"])
    shown = call("getSchedule", id=pushed.id)
    call.equal("the schedule", shown, {**pushed.schedule, "disabledAt": disabled["disabledAt"]})
    call.equal("the summary", {name: disabled[name] for name in shown}, shown)
    # Where nothing was missed there is nothing to skip.
    options = data.draw(st.sampled_from([{}, {"skipSchedule": False}, {"skipSchedule": False, "nextTime": "soon"}]))
    enabled = call("enableSchedule", id=pushed.id, body=options)
    call.equal("disabledAt", enabled.get("disabledAt"), None)
    call.equal("the schedule", call("getSchedule", id=pushed.id), pushed.schedule)
    call("disableSchedule", id=pushed.id)
    target = next(pushed.pattern.after(pushed.pattern.first(pushed.since)))
    later = pushed.shown(target + pushed.pattern.delay)
    call("enableSchedule", id=pushed.id, body={"skipSchedule": True, "nextTime": "soon"}, status=(400,))
    past = {"skipSchedule": True, "nextTime": pushed.shown(pushed.since)}
    call("enableSchedule", id=pushed.id, body=past, status=(409,))
    call.true("a refused call enables the schedule", call("getSchedule", id=pushed.id)["disabledAt"])
    enabled = call("enableSchedule", id=pushed.id, body={"skipSchedule": True, "nextTime": later})
    pushed.check(call, "the schedule shown", enabled, target)
    pushed.check(call, "the schedule", call("getSchedule", id=pushed.id), target)


@invariant("putProject", "getProjectSchedules", "skipSchedule")
def a_schedule_begins_and_ends(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """It has the sessions that run from the day of its start on to the day of its end, and then no more."""
    hour, zone_name = data.draw(st.sampled_from([0, 7, 23])), data.draw(st.sampled_from(sorted(_ZONES)))
    pattern = Pattern(f"daily>: '{hour:02}:00:00'", _DAY, hour * _HOUR)
    start = data.draw(_TIMES).replace(hour=0, minute=0, second=0)
    end = start + data.draw(st.integers(0, 2)) * _DAY
    text = f"timezone: '{zone_name}'\nschedule:\n  {pattern.text}\n  start: {start:%Y-%m-%d}\n  end: {end:%Y-%m-%d}\n"
    name = sandbox.new_project_name("with an end")
    from_ = "2089-01-01T00:00:00Z"
    project = call("putProject", project=name, revision="1", schedule_from=from_, body=pack({"ending.dig": text}))
    (schedule,) = call("getProjectSchedules", id=int(project["id"]))["schedules"]
    pushed = Scheduled(pattern, _ZONES[zone_name], start, project, schedule)
    pushed.check(call, "the first session", schedule, start)
    last = end + pattern.delay
    if end > start:
        shown = call("skipSchedule", id=pushed.id, body={"nextTime": last.isoformat(), "dryRun": True})
        pushed.check(call, "the last session", shown, end)
    after = {"nextTime": (last + _SECOND).isoformat(), "dryRun": False}
    shown = call("skipSchedule", id=pushed.id, body=after)
    call.equal("the run after the last", shown["nextRunTime"], _END_OF_TIME)
    call.equal(
        "the session after the last",
        datetime.fromisoformat(shown["nextScheduleTime"]),
        datetime.fromisoformat(_END_OF_TIME),
    )
    call("skipSchedule", id=pushed.id, body=after, status=(409,))


@invariant("putProject", "getProjectSchedules", "getProjectSessions", once=True)
def a_schedule_starts_what_is_due(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """One session a day since the day before yesterday; what a push changes of that, and what it does not."""
    name = sandbox.new_project_name("that is due")
    files = {"due.dig": "schedule:\n  daily>: 00:00:00\n+load:\n  echo>: '1'\n"}
    today = datetime.fromisoformat(call("getProject", id=sandbox.some("project")[0])["createdAt"])
    since = (today - 2 * _DAY).strftime("%Y-%m-%dT00:00:00Z")
    project = call("putProject", project=name, revision="1", schedule_from=since, body=pack(files))
    id = int(project["id"])
    expected = [(today - days * _DAY).strftime("%Y-%m-%dT00:00:00+00:00") for days in (0, 1, 2)]
    tomorrow = (today + _DAY).strftime("%Y-%m-%dT00:00:00")
    _check_due(call, id, expected, f"{tomorrow}+00:00")
    # The same once more changes nothing, whatever it is to begin from.
    never = "2099-01-01T00:00:00Z"
    call("putProject", project=name, revision="2", schedule_from=never, body=pack(files))
    _check_due(call, id, expected, f"{tomorrow}+00:00")
    if call.target.flavour == "hosted":
        # A schedule that is changed goes on from now, unless it is asked to go on from its last session.
        for revision, hours, skip in (("3", 6, None), ("4", 3, False)):
            files = {"due.dig": f"schedule:\n  cron>: '0 */{hours} * * *'\n+load:\n  echo>: '1'\n"}
            pushed = call("putProject", project=name, revision=revision, skip_schedule=skip, body=pack(files))
            now = datetime.fromisoformat(pushed["updatedAt"])
            if skip is False:
                missed = [f"{today:%Y-%m-%d}T{hour:02}:00:00+00:00" for hour in range(hours, now.hour + 1, hours)]
                expected = missed[::-1] + expected
            begun = now.replace(hour=now.hour // hours * hours, minute=0, second=0)
            _check_due(call, id, expected, (begun + hours * _HOUR).isoformat())
    for revision, clearing in (("5", {"clear_schedule": ["due"]}), ("6", {"clear_schedule_all": True})):
        call("putProject", clearing, project=name, revision=revision, schedule_from=never, body=pack(files))
        _check_due(call, id, expected, never.replace("Z", "+00:00"))
        never = "2098-01-01T00:00:00Z"


def _check_due(call: Caller, id: int, sessions: list[str], following: str) -> None:
    """Waits until a project has these sessions, newest first, and no longer than that takes."""
    found: list[dict[str, Any]] = looked_at(
        lambda: call("getProjectSessions", id=id)["sessions"], lambda rows: len(rows) >= len(sessions), seconds=20
    )
    call.equal("sessions that were due", [row["sessionTime"] for row in found], sessions)
    (schedule,) = call("getProjectSchedules", id=id)["schedules"]
    call.equal("the next session", schedule["nextScheduleTime"], following)


@invariant("putProject", "disableSchedule", "enableSchedule", "getProjectSchedules", "getProjectSessions", once=True)
def what_a_disabled_schedule_missed_is_left_out_if_asked(
    call: Caller, sandbox: Sandbox, _: None, data: st.DataObject
) -> None:
    """The hosted service need not be asked; an open-source server starts all of it otherwise."""
    files = {"late.dig": "schedule:\n  daily>: 00:00:00\n+load:\n  echo>: '1'\n"}
    today = datetime.fromisoformat(call("getProject", id=sandbox.some("project")[0])["createdAt"])
    since = (today - _DAY).strftime("%Y-%m-%dT00:00:00Z")
    missed = [(today - days * _DAY).strftime("%Y-%m-%dT00:00:00+00:00") for days in (0, 1)]
    tomorrow = (today + _DAY).strftime("%Y-%m-%dT00:00:00+00:00")
    skips = call.target.flavour == "hosted"
    ways: list[tuple[dict[str, Any], list[str]]] = [
        ({}, [] if skips else missed),
        ({"skipSchedule": True}, []),
        ({"skipSchedule": False}, missed),
    ]
    future = "2099-01-01T00:00:00Z"
    for number, (options, sessions) in enumerate(ways):
        name = sandbox.new_project_name(f"that is late {number}")
        project = call("putProject", project=name, revision="1", schedule_from=future, body=pack(files))
        id = int(project["id"])
        (schedule,) = call("getProjectSchedules", id=id)["schedules"]
        call("disableSchedule", id=int(schedule["id"]))
        call("putProject", project=name, revision="2", schedule_from=since, clear_schedule_all=True, body=pack(files))
        call.equal("sessions of a disabled schedule", call("getProjectSessions", id=id)["sessions"], [])
        call("enableSchedule", id=int(schedule["id"]), body=options)
        _check_due(call, id, sessions, tomorrow)
        if skips:
            call("enableSchedule", id=int(schedule["id"]), body={})


def _sessions_missed(pushed: Scheduled, data: st.DataObject) -> tuple[datetime, list[datetime]]:
    """A time before the first session, and the sessions from then on to it, which there are one to four of."""
    far = 30 if pushed.pattern.day else 7 if pushed.pattern.weekday is not None else 1
    since = pushed.since - data.draw(st.integers(1, 3)) * pushed.pattern.step * far
    first = pushed.pattern.first(since)
    nexts = pushed.pattern.first(pushed.since)
    sessions = [first, *islice(pushed.pattern.after(first), 3)]
    return since, [session for session in sessions if session < nexts]


@invariant("putProject", "getProjectSchedules", "backfillSchedule", "getSchedule")
def a_backfill_may_leave_out_and_move_on(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """The hosted service's options: sessions that have attempts are left out, and the schedule moves on."""
    if call.target.flavour == "digdag":
        return
    pushed = _pushed(call, sandbox, data)
    since, sessions = _sessions_missed(pushed, data)
    named = {"fromTime": pushed.shown(since), "attemptName": "first", "count": 1, "dryRun": False}
    call("backfillSchedule", id=pushed.id, body=named)
    rest = {"fromTime": named["fromTime"], "skipExisting": True, "count": len(sessions)}
    for dry in (True, False):
        shown = call("backfillSchedule", id=pushed.id, body={**rest, "dryRun": dry})["attempts"]
        call.equal("sessions", [row["sessionTime"] for row in shown], [pushed.shown(one) for one in sessions[1:]])
    call.equal("no sessions", call("backfillSchedule", id=pushed.id, body={**rest, "dryRun": False})["attempts"], [])
    refused: list[dict[str, Any]] = [
        {"fromTime": named["fromTime"]},
        {"attemptName": "second"},
        {"skipExisting": True},
        {"advanceSchedule": True},
        {**rest, "advanceSchedule": True, "attemptName": "second"},
        {"fromTime": named["fromTime"], "attemptName": "second", "advanceSchedule": True},
    ]
    for body in refused:
        call("backfillSchedule", id=pushed.id, body={**body, "dryRun": True}, status=(400,))
    call.equal("the schedule", call("getSchedule", id=pushed.id), pushed.schedule)
    first = pushed.pattern.first(pushed.since)
    second, third = islice(pushed.pattern.after(first), 2)
    moving = {"skipExisting": True, "advanceSchedule": True, "count": 2}
    for dry, session in ((True, first), (False, third)):
        shown = call("backfillSchedule", id=pushed.id, body={**moving, "dryRun": dry})["attempts"]
        call.equal("sessions", [row["sessionTime"] for row in shown], [pushed.shown(first), pushed.shown(second)])
        pushed.check(call, "the schedule", call("getSchedule", id=pushed.id), session)


@invariant("putProject", "getProjectSchedules", "getSchedule", "backfillSchedule", "getProjectSessions", "getAttempt")
def a_backfill_starts_the_sessions_that_were(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """From a time on and in their order, once under each name, and none in a dry run."""
    pushed = _pushed(call, sandbox, data)
    project = int(pushed.project["id"])
    since, sessions = _sessions_missed(pushed, data)
    count = data.draw(st.integers(0, min(len(sessions), 3)))
    expected = [pushed.shown(session) for session in sessions[:count]]
    body = {"fromTime": pushed.shown(since), "attemptName": "fill + in", "count": count}
    dry = call("backfillSchedule", id=pushed.id, body={**body, "dryRun": True})
    call.equal("what a dry run shows", [row["sessionTime"] for row in dry["attempts"]], expected)
    call.equal("sessions after a dry run", call("getProjectSessions", id=project)["sessions"], [])
    for name in (body["attemptName"], "once more"):
        named = {**body, "attemptName": name, "dryRun": False}
        done = call("backfillSchedule", id=pushed.id, body=named)
        call.equal(
            "schedule, project and workflow",
            [done["id"], done["project"], done["workflow"]],
            [pushed.schedule[name] for name in ("id", "project", "workflow")],
        )
        call.equal("sessions", [row["sessionTime"] for row in done["attempts"]], expected)
        for before, row in zip([None, *expected], done["attempts"], strict=False):
            call.equal("retryAttemptName", row["retryAttemptName"], name)
            call.equal("the session before", row["params"].get("last_executed_session_time"), before)
            call.equal("the attempt's time", call("getAttempt", id=int(row["id"]))["sessionTime"], row["sessionTime"])
        if count:
            call("backfillSchedule", id=pushed.id, body=named, status=(409,))
    found = call("getProjectSessions", id=project)["sessions"]
    call.equal("sessions listed", [row["sessionTime"] for row in found], expected[::-1])
    call.equal("the schedule", call("getSchedule", id=pushed.id), pushed.schedule)
    fewest = {**body, "attemptName": "none", "count": -(2**31), "dryRun": True}
    call.equal("less than nothing", call("backfillSchedule", id=pushed.id, body=fewest)["attempts"], [])
    too_many = {**body, "attemptName": "more", "count": 10_000_000, "dryRun": False}
    if pushed.pattern.step >= _HOUR:
        call("backfillSchedule", id=pushed.id, body=too_many, status=(400,))
    found = call("getProjectSessions", id=project)["sessions"]
    call.equal("sessions after refusals", [row["sessionTime"] for row in found], expected[::-1])


@invariant("putProject", "getProjectSchedules", "backfillSchedule", "killAttempt", "getTasks", "getAttempt", once=True)
def a_backfill_runs_one_session_after_another(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Each waits for the one before it, whatever becomes of that."""
    text = "schedule:\n  daily>: 00:00:00\n+pause:\n  wait>: 1h\n  poll_interval: 1s\n"
    name = sandbox.new_project_name("one after another")
    from_ = "2090-01-04T00:00:00Z"
    project = call("putProject", project=name, revision="1", schedule_from=from_, body=pack({"slow.dig": text}))
    (schedule,) = call("getProjectSchedules", id=int(project["id"]))["schedules"]
    body = {"fromTime": "2090-01-01T00:00:00Z", "attemptName": "slow", "dryRun": False}
    attempts = call("backfillSchedule", id=int(schedule["id"]), body=body)["attempts"]
    first, second, third = (int(attempt["id"]) for attempt in attempts)
    for running, waiting in ((first, (second, third)), (second, (third,))):
        wait_until_begun(call, running)
        for id in waiting:
            call.equal("tasks of an attempt that waits", call("getTasks", id=id)["tasks"], [])
            call("killAttempt", id=id, status=(409,))
            if call.target.flavour == "hosted":
                call.equal("status of an attempt that waits", call("getAttempt", id=id)["status"], "blocked")
        call("killAttempt", id=running)
        killed = sandbox.wait_until_done(str(running))
        call.equal("how a killed attempt ends", [killed["success"], killed["status"]], [False, "killed"])


@invariant("putProject", "getProjectSchedules", "getSchedule", "skipSchedule")
def a_push_sets_schedules_anew(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """A workflow keeps its schedule's id and loses a skip; one without `schedule:` loses the schedule."""
    pushed = _pushed(call, sandbox, data)
    name = pushed.project["name"]
    target = next(pushed.pattern.after(pushed.pattern.first(pushed.since)))
    later = pushed.shown(target + pushed.pattern.delay)
    call("skipSchedule", id=pushed.id, body={"nextTime": later, "dryRun": False})
    since = data.draw(_TIMES)
    zone_name = next(key for key, zone in _ZONES.items() if zone == pushed.zone)
    text = f"timezone: '{zone_name}'\nschedule:\n  {pushed.pattern.text}\n+load:\n  echo>: '2'\n"
    instant = since.replace(tzinfo=pushed.zone).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    archive = pack({"scheduled.dig": text})
    call(
        "putProject",
        project=name,
        revision="2",
        schedule_from=instant,
        skip_schedule=False if call.target.flavour == "hosted" else None,
        body=archive,
    )
    (schedule,) = call("getProjectSchedules", id=int(pushed.project["id"]))["schedules"]
    call.equal("id", schedule["id"], pushed.schedule["id"])
    call.true("the schedule names the old workflow", schedule["workflow"]["id"] != pushed.schedule["workflow"]["id"])
    pushed.check(call, "the schedule of the next revision", schedule, pushed.pattern.first(since))
    another = sandbox.new_project_name("another")
    other = call("putProject", project=another, revision="1", schedule_from=instant, body=archive)
    (theirs,) = call("getProjectSchedules", id=int(other["id"]))["schedules"]
    call.true("two projects share a schedule", theirs["id"] != schedule["id"])
    call.equal("the schedule after another project's push", call("getSchedule", id=pushed.id), schedule)
    call("putProject", project=name, revision="3", body=pack({"scheduled.dig": "+load:\n  echo>: '3'\n"}))
    call.equal("schedules", call("getProjectSchedules", id=int(pushed.project["id"])), {"schedules": []})
    call("getSchedule", id=pushed.id, status=(404,))
