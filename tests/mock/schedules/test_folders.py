"""Schedules of a folder: times without a service."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from treasure_workflow_mock import schedule_rules

NOON = datetime(2024, 3, 30, 12, tzinfo=UTC)


def test_times_are_those_of_the_engine(tmp_path: Path) -> None:
    """With the offset that the zone has then; includes are followed, workflows without a schedule left out."""
    (tmp_path / "nightly.dig").write_text("timezone: Europe/Berlin\nschedule:\n  !include : config/when.yml\n+a: {}\n")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "when.yml").write_text("daily>: 03:00:00\n")
    (tmp_path / "plain.dig").write_text("+a: {echo>: x}\n")
    rules = schedule_rules(tmp_path)
    assert list(rules) == ["nightly"]
    first = rules["nightly"].first(NOON)
    assert first is not None
    assert [time.isoformat() for time in first] == ["2024-03-31T00:00:00+01:00", "2024-03-31T02:00:00+00:00"]
    following = rules["nightly"].next(first[0])
    assert following is not None
    assert [time.isoformat() for time in following] == ["2024-04-01T00:00:00+02:00", "2024-04-01T01:00:00+00:00"]


def test_a_schedule_that_is_over_has_no_times(tmp_path: Path) -> None:
    """After its end there is neither a first nor a next session."""
    (tmp_path / "a.dig").write_text("schedule:\n  daily>: 03:00:00\n  end: 2024-03-30\n+a: {}\n")
    rule = schedule_rules(tmp_path)["a"]
    assert rule.first(NOON) is None
    assert rule.next(NOON) is None


@pytest.mark.parametrize(
    "text",
    ["+a: [", "schedule:\n  dayly>: 03:00:00\n+a: {}\n", "schedule:\n  daily>: 03:00:00\n  at: x\n+a: {}\n", "x: 1\n"],
)
def test_a_folder_that_an_upload_would_refuse_has_none(tmp_path: Path, text: str) -> None:
    """For one bad workflow, as none of them would get there."""
    (tmp_path / "good.dig").write_text("schedule:\n  daily>: 03:00:00\n+a: {}\n")
    (tmp_path / "bad.dig").write_text(text)
    assert schedule_rules(tmp_path) == {}


def test_what_is_no_folder_is_told(tmp_path: Path) -> None:
    """Not taken for one without schedules."""
    with pytest.raises(NotADirectoryError, match="none"):
        schedule_rules(tmp_path / "none")
