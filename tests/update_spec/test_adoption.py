"""A newer document is adopted whole, once, and in our words; looking at it alone changes nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scripts.update_spec import __main__ as command
from scripts.update_spec.adoption.contract_file import REVIEW
from scripts.update_spec.report import STATUS, Report
from tests.support.update_spec.corpus import CASES
from tests.support.update_spec.corpus.case import operation, prop, schema
from tests.support.update_spec.judging import contract, mutated
from tests.support.update_spec.project import Project

_CHECKS = (("scripts.codegen.generate", "--check"), ("openapi_spec_validator", "openapi.yaml"))


def _checked(project: Project) -> None:
    for check in _CHECKS:
        done = subprocess.run([sys.executable, "-m", *check], cwd=project.root, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_realistic_release_is_adopted_once(project: Project) -> None:
    """New field, word, parameter and list, a moved path and OpenAPI 3.1 give a tree that its checks accept."""
    document = mutated(CASES["a_release_with_everything"])
    before = project.state()
    foretold = project.run(document, check=True)
    assert project.state() == before
    done = project.run(document)
    assert foretold.as_json() == done.as_json()
    assert (done.verdict, done.callers) == ("needs-hands", "breaking")
    _checked(project)
    adopted_state = project.state()
    assert b"getLabels" in adopted_state["generated/treasure_workflow_api/openapi.json"]
    assert (
        adopted_state["generated/treasure_workflow_api/generation.json"]
        != before["generated/treasure_workflow_api/generation.json"]
    )
    assert b"getLabels" not in before["CHANGELOG.md"]
    assert b"/api/labels" in adopted_state["CHANGELOG.md"]
    again = project.run(document)
    assert (again.verdict, again.changes) == ("none", [])
    assert project.state() == adopted_state


def test_what_is_to_be_done_by_hand_has_file_and_line(project: Project) -> None:
    """Every entry points at a line that there is, in the files as they were written."""
    document = mutated(CASES["a_release_with_everything"])
    report = project.run(document)
    told = {hand.what: hand for hand in report.hands}
    for hand in report.hands:
        assert 0 < hand.line <= len((project.root / hand.file).read_text().splitlines()), hand
    pagination = next(hand for what, hand in told.items() if "x-pagination" in what)
    overlay = (project.root / pagination.file).read_text().splitlines()
    assert any("/api/labels" in row for row in overlay[pagination.line - 1 : pagination.line + 2])
    assert any("no handler for getLabels" in what for what in told)
    assert any("3.1.0" in what for what in told)


def test_calls_that_no_longer_fit_are_found_before_they_are_made(project: Project) -> None:
    """A required parameter that a paging closure does not pass, and a field that the client sets, are both named."""
    document = contract()
    extra = {"in": "query", "name": "zone", "required": True, "schema": {"type": "string"}}
    operation(document, "getSessions")["parameters"].append(extra)
    fields = schema(document, "RestScheduleSkipRequest")["properties"]
    fields["runTime"] = fields.pop("nextRunTime")
    report = project.run(document, check=True)
    assert report.verdict == "needs-hands"
    client = [hand.what for hand in report.hands if hand.file.startswith("overlay/treasure_workflow/") and hand.holds]
    assert any("getSessions needs zone" in what for what in client)
    assert any("no longer type-checks" in what and "next_run_time" in what for what in client), client


def test_the_report_says_it_for_machines_and_people(project: Project, tmp_path: Path) -> None:
    """changes.json has the documented keys, changes.md a table of the changes, the terminal the verdict first."""
    report = project.run(mutated(CASES["a_release_that_repairs_and_adds"]), check=True)
    report.write(tmp_path / "report")
    content = json.loads((tmp_path / "report" / "changes.json").read_text())
    assert list(content) == ["verdict", "callers", "version", "changes", "corrections", "hands"]
    assert content["version"] == {"from": "0.1.0", "to": "0.1.1", "bump": "patch"}
    assert set(content["changes"][0]) == {"kind", "where", "operation", "effect", "before", "after"}
    assert {"name": "log-file-bytes", "state": "repaired"}.items() <= content["corrections"][0].items() or any(
        {"name": "log-file-bytes", "state": "repaired"}.items() <= one.items() for one in content["corrections"]
    )
    page = (tmp_path / "report" / "changes.md").read_text()
    assert page.startswith("# The published document: compatible")
    assert "RestLogFileHandle.host" in page
    assert next(report.terminal()) == "compatible"
    assert STATUS[report.verdict] == 4


def test_wording_that_changed_is_shown_and_ours_is_kept(project: Project) -> None:
    """Published and own wording stand side by side in the report; in the contract a comment asks to look at it."""
    document = contract()
    prop(document, "RestProject", "name")["description"] = "What the service calls it now."
    report = project.run(document)
    assert (report.verdict, report.callers) == ("prose", "prose")
    text = (project.root / "openapi.yaml").read_text()
    assert text.count(REVIEW) == 1
    assert yaml.safe_load(text) == contract()
    page = "\n".join(report.as_markdown())
    assert "What the service calls it now." in page
    assert prop(contract(), "RestProject", "name")["description"] in page
    assert project.run(document).verdict == "none"


def test_text_of_a_document_steers_neither_terminal_nor_page(project: Project) -> None:
    """Control characters, direction marks and markup of a document come out as harmless text."""
    document = contract()
    prop(document, "RestProject", "name")["description"] = "\x9b31m\u202e<script>alert(1)</script> | [x](javascript:1)"
    report = project.run(document, check=True)
    told = "\n".join([*report.terminal(), *report.as_markdown()])
    assert "\u202e" not in told
    assert "\x9b" not in told
    assert "<script" not in told.replace("\\<script", "")


def test_a_refusal_says_so_and_nothing_else() -> None:
    """A report on a refused document has no class for callers and no changes."""
    report = Report("refused", None, ("0.1.0", "0.1.0", "none"), refusal="it is HTML")
    assert report.as_json()["callers"] is None
    assert next(report.terminal()) == "refused: it is HTML"


def test_the_command_says_the_verdict_first_and_exits_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A refused document gives status 2, one line, and a report without a class for callers."""
    file = tmp_path / "page.html"
    file.write_text("<html></html>")
    assert command.main([str(file), "--check", "--report", str(tmp_path / "report")]) == 2
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1
    assert printed[0].startswith("refused: ")
    content = json.loads((tmp_path / "report" / "changes.json").read_text())
    assert (content["verdict"], content["callers"], content["version"]["bump"]) == ("refused", None, "none")
