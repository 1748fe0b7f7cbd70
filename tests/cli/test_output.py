"""The forms of output: tables, JSON, JSON lines, tab-separated values; files; zones; what is hostile."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.conftest import Twf
from treasure_workflow.cli.output import Output, printable
from treasure_workflow.cli.words import as_typed


def test_json_is_alone_on_stdout(shop: Twf) -> None:
    """A bare array, or a bare object, whatever else there is to say."""
    (project,) = shop("projects", "--json").json
    assert project["name"] == "shop"
    assert shop("--json", "projects").json == [project]
    assert shop("projects", "sh*", "--json").json == [project]
    assert shop("projects", "x*", "--json").json == []


def test_json_lines(shop: Twf) -> None:
    """A line for each row."""
    lines = shop("workflows", "shop", "--jsonl").out.splitlines()
    assert sorted(json.loads(line)["name"] for line in lines) == ["broken", "nightly"]


def test_tab_separated_values(shop: Twf) -> None:
    """A header and a line for each row, as many fields in each."""
    header, *rows = shop("workflows", "shop", "--tsv").out.splitlines()
    assert header.split("\t") == ["id", "project", "workflow", "zone"]
    assert [row.split("\t")[1:] for row in sorted(rows, key=lambda row: row.split("\t")[2])] == [
        ["shop", "broken", "UTC"],
        ["shop", "nightly", "Asia/Tokyo"],
    ]


def test_a_table_has_no_colours_off_a_terminal(shop: Twf) -> None:
    """What is piped can be read by other programs."""
    done = shop("projects")
    assert "shop" in done.out
    assert "\x1b" not in done.out


def test_an_empty_table_says_so_beside_stdout(twf: Twf) -> None:
    """Nothing to show is told to people, and stdout stays empty."""
    done = twf("projects")
    assert (done.code, done.out, done.err) == (0, "", "no projects\n")


def test_a_file_is_written_whole(shop: Twf, tmp_path: Path) -> None:
    """With --output nothing is on stdout, and a failure leaves the file as it was."""
    file = tmp_path / "projects.json"
    done = shop("projects", "--json", "--output", file)
    assert (done.code, done.out) == (0, "")
    before = file.read_text()
    assert json.loads(before)[0]["name"] == "shop"
    assert shop("attempt", "99", "--json", "--output", file).code == 4
    assert file.read_text() == before
    assert [one.name for one in tmp_path.glob(".projects*")] == []
    assert shop("projects", "--output", tmp_path / "nowhere" / "x").code == 2


def test_times_are_shown_in_the_zone_that_is_asked_for(shop: Twf) -> None:
    """Tables convert; JSON has what the service gave."""
    (schedule,) = shop("schedules", "shop", "--json").json
    begin = datetime.fromisoformat(schedule["nextScheduleTime"])
    shown = shop("schedules", "shop", "--tsv", "--tz", "UTC").out.splitlines()[1].split("\t")[3]
    assert shown == f"{begin.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def test_times_in_a_text_are_shown_like_those_in_a_table(shop: Twf) -> None:
    """In the zone that is asked for; and lists are no JSON."""
    assert "(runs 2025-01-31 18:00:00Z)" in Output("table", None, None).readable("(runs 2025-01-31T18:00:00+00:00)")
    shown = shop("reschedule", "shop", "nightly", "--skip", "1", "--dry-run", "--tz", "Asia/Tokyo").out
    assert shown.count("03:00:00+09:00") == 2
    assert Output("table", None, None).shown(["a", "b"]) == "a, b"


@pytest.mark.parametrize("text", ["\x1b[2J", "a\u202eb", "\u2066x", "\x00", "\r"])
def test_nothing_from_outside_steers_the_terminal(text: str) -> None:
    """Control and direction characters are escaped; ordinary text of any script is not."""
    assert "\\u" in printable(text)
    assert printable("売上 été\n") == "売上 été\n"


def test_what_the_client_proposes_is_told_as_one_types_it() -> None:
    """A call of Python is no help on a command line."""
    assert (
        as_typed("see client.attempts.diagnose(1), client.logs.text(1, task='+a+b')")
        == "see twf diagnose 1, twf logs 1 +a+b"
    )
    assert as_typed('client.attempts.retry(1, rerun="all")') == "twf retry 1 --all"
    assert as_typed("client.attempts.retry(1): again") == "twf retry 1 --resume: again"
    told = "from api_key=; use region='aws'"
    assert (as_typed(told), as_typed(told, settings=True)) == (told, "from --api-key-file; use --site aws")
    assert as_typed("wait: client.attempts.wait(1, timeout=...)") == "wait: twf wait 1"


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_table_fits_the_terminal(shop: Twf, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """Where not all columns fit, those that say least go first; times stay on one line from 80 cells on."""
    assert shop("start", "shop", "nightly", "--session", "2025-01-01", "-p", "country=DE").code == 0
    monkeypatch.setenv("COLUMNS", str(width))
    done = shop("attempts")
    assert max(map(cell_len, done.out.splitlines())) <= width
    assert ("2025-01-01 00:00:00+09:00" in done.out) == (width >= 80)
    assert ("finished" in done.out) == (width >= 200)
    shop("start", "shop", "broken", "--session", "2025-01-01T00:00:00+09:00", "--wait")
    planned = shop("retry-all", "--project", "shop", "--dry-run").out
    assert max(map(cell_len, planned.splitlines())) <= width
    assert ("2024-12-31 15:00:00Z" in planned) == (width >= 80)
