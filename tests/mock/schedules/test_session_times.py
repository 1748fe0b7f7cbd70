"""Truncated session times: by the units of the clock and by the workflow's schedule."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treasure_workflow_mock._types import JsonObject
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.java import times
from treasure_workflow_mock.model.records import Project, Revision, Workflow
from treasure_workflow_mock.schedules.session_times import Mode, truncate
from treasure_workflow_mock.service.statuses import status_of

DAILY: JsonObject = {"schedule": {"daily>": "07:00:00"}}
BOUNDED: JsonObject = {"schedule": {"daily>": "07:00:00", "start": "2030-05-10", "end": "2030-05-12"}}


def workflow(timezone: str, config: JsonObject) -> Workflow:
    """A workflow definition with nothing but a zone and a configuration."""
    project = Project(1, "clock", 0)
    revision = Revision(1, "r1", project, 0, b"", "", {})
    return Workflow(1, "main", project, revision, timezone, config)


def truncated(text: str, mode: Mode | None, timezone: str, config: JsonObject | None = None) -> str:
    """What the service shows for a time given as text."""
    seconds = truncate(workflow(timezone, config or {}), times.parse_local_time_or_instant(text), mode)
    return times.zoned_text(seconds, timezone)


@pytest.mark.parametrize(
    ("text", "mode", "timezone", "expected"),
    [
        ("2030-05-06T07:08:09.987Z", None, "Asia/Kolkata", "2030-05-06T12:38:09+05:30"),
        ("2030-05-06T07:08:09.9Z", "second", "UTC", "2030-05-06T07:08:09+00:00"),
        ("2030-05-06T07:08:09Z", "minute", "UTC", "2030-05-06T07:08:00+00:00"),
        ("2030-05-06T07:08:09Z", "hour", "Asia/Kolkata", "2030-05-06T12:00:00+05:30"),
        ("2030-05-06T07:08:09", "day", "Asia/Kolkata", "2030-05-06T00:00:00+05:30"),
        ("1965-03-04T05:06:07Z", "hour", "Asia/Tokyo", "1965-03-04T14:00:00+09:00"),
        ("2030-03-10T02:30:00", "hour", "America/Los_Angeles", "2030-03-10T03:00:00-07:00"),
        ("2030-11-03T01:30:00-08:00", "hour", "America/Los_Angeles", "2030-11-03T01:00:00-08:00"),
        ("2030-11-03T01:30:00-07:00", "hour", "America/Los_Angeles", "2030-11-03T01:00:00-07:00"),
        ("2030-11-03T12:30:00", "day", "America/Los_Angeles", "2030-11-03T00:00:00-07:00"),
        ("2030-04-07T01:45:00+11:00", "hour", "Australia/Lord_Howe", "2030-04-07T01:00:00+11:00"),
        ("2030-04-07T01:45:00+10:30", "hour", "Australia/Lord_Howe", "2030-04-07T01:00:00+11:00"),
        ("2030-10-06T02:10:00", "hour", "Australia/Lord_Howe", "2030-10-06T02:30:00+11:00"),
        ("2030-03-31T12:00:00", "day", "Asia/Beirut", "2030-03-31T01:00:00+03:00"),
    ],
)
def test_units_of_the_clock(text: str, mode: Mode | None, timezone: str, expected: str) -> None:
    """A time is cut on the clock of the workflow's zone, on days when it changes as well."""
    assert truncated(text, mode, timezone) == expected


@pytest.mark.parametrize(
    ("text", "mode", "config", "expected"),
    [
        ("2030-05-06T05:00:00Z", "schedule", DAILY, "2030-05-06T00:00:00+00:00"),
        ("2030-05-06T07:00:00Z", "schedule", DAILY, "2030-05-06T00:00:00+00:00"),
        ("2030-05-06T07:00:01Z", "schedule", DAILY, "2030-05-07T00:00:00+00:00"),
        ("2030-05-06T00:00:00Z", "next_schedule", DAILY, "2030-05-07T00:00:00+00:00"),
        ("2030-05-06T23:59:59.9Z", "next_schedule", DAILY, "2030-05-07T00:00:00+00:00"),
        ("2020-01-01T00:00:00Z", "schedule", BOUNDED, "2030-05-10T00:00:00+00:00"),
        ("2030-05-12T07:00:01Z", "schedule", BOUNDED, "9999-01-01T00:00:00+00:00"),
        ("2030-05-12T00:00:00Z", "next_schedule", BOUNDED, "9999-01-01T00:00:00+00:00"),
    ],
)
def test_schedules(text: str, mode: Mode, config: JsonObject, expected: str) -> None:
    """`schedule` rounds forward by run time, `next_schedule` is strictly later; start and end apply."""
    assert truncated(text, mode, "UTC", config) == expected


@pytest.mark.parametrize("mode", ["schedule", "next_schedule"])
def test_a_workflow_without_schedule(mode: Mode) -> None:
    """There is nothing to truncate to: a 400 that says so."""
    with pytest.raises(ServiceError) as refusal:
        truncated("2030-05-06T05:00:00Z", mode, "UTC")
    assert status_of(refusal.value) == 400
    assert refusal.value.message == (f"session_time_truncate={mode} is set but schedule is not set to this workflow")


MODES: list[Mode] = ["second", "minute", "hour", "day"]
ZONES = ["UTC", "Asia/Kathmandu", "America/Los_Angeles", "Australia/Lord_Howe", "Africa/Cairo"]


@given(st.integers(1_880_000_000, 1_943_000_000), st.sampled_from(MODES), st.sampled_from(ZONES))
@settings(deadline=None)
def test_truncating_again_changes_nothing(instant: int, mode: Mode, timezone: str) -> None:
    """A truncated time is its own truncation, and never lies after the time it came from unless a gap moved it."""
    definition = workflow(timezone, {})
    once = truncate(definition, times.LocalTimeOrInstant(instant, is_local=False), mode)
    assert truncate(definition, times.LocalTimeOrInstant(once, is_local=False), mode) == once
    assert once <= instant
