"""A report's files: their structure, nothing secret in them, and nothing from outside at work in them."""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.contract.sample_run import ADDRESS, HOSTILE, KEY, SECRET, sample_results
from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.reporting.report import BASELINE, FAILURES, JUNIT, PAGE, write_report
from treasure_workflow_contract.results.printable import printable
from treasure_workflow_contract.results.run_results import Results

VOID = {"meta", "br", "col"}


class Page(HTMLParser):
    """A page read: its elements, which have to be nested well, their attributes, and the text in each kind."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
            self.texts.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open:
            tag, text = self.texts[-1]
            self.texts[-1] = (tag, text + data) if tag == self._open[-1] else self.texts[-1]

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def texts_of(self, tag: str) -> list[str]:
        return [text.strip() for name, text in self.texts if name == tag]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "not" / "there"
    write_report(sample_results(), folder)
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return Page((folder / PAGE).read_text(encoding="utf-8"))


def test_a_report_has_its_files(folder: Path) -> None:
    """The folder is made, and holds four files."""
    assert sorted(path.name for path in folder.iterdir()) == sorted((PAGE, JUNIT, FAILURES, BASELINE))


def test_nothing_secret_is_in_a_report(folder: Path) -> None:
    """Neither the key nor a secret's value nor a cookie is in any file, not in base64 either."""
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8")
        for secret in (KEY, SECRET):
            assert secret not in text
            assert base64.b64encode(secret.encode()).decode().rstrip("=")[:-1] not in text


def test_the_page_has_a_row_for_each_operation(page: Page) -> None:
    """All operations of the contract are rows, called or not, those left out with the reason."""
    rows = [text for text in page.texts_of("th") if text in effective().operations]
    assert rows == list(effective().operations)
    pools = sum(operation.tag == "Pool" for operation in effective().operations.values())
    assert Counter(page.texts_of("td"))["an open-source server has no pools"] == pools
    cells = page.texts_of("td")
    assert {"260", "200", "380 (300, 80)", "412, 131, 90, 44, 40", "3"} <= set(cells)
    assert Counter(page.texts_of("span"))["418\N{MULTIPLICATION SIGN}2"] == 2  # among the statuses, and as undocumented


def test_the_page_has_head_findings_known_differences_and_chains(page: Page) -> None:
    """Target, flavour, seed, duration, cases and verdict; findings with call, curl, request and response; the rest."""
    assert {ADDRESS, "digdag", "7", "2 min 5 s", "15,989 (128 a second)"} <= set(page.texts_of("dd"))
    assert [each for each in page.of("p") if each.get("class") == "verdict bad"]
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    links = {(attributes["href"] or "").removeprefix("#") for attributes in page.of("a")}
    assert links == {"findings", *(f"finding-{number}" for number in range(1, 5))}
    assert links <= ids
    blocks = "\n".join(page.texts_of("pre"))
    for shown in (
        "get_attempt.sync_detailed(id=7, client=client)",
        "curl -i -X GET -H \"Authorization: TD1 $TD_API_KEY\" -H 'accept: */*'",
        "GET /api/attempts/7\nhost: workflow.example.com",
        'application/json\nset-cookie: ***\n\n{"id":"7","status":"finished"}',
        "(5 bytes, in base64) H4sIAP8=",
    ):
        assert shown in blocks
    assert "Accepted: as it goes" in page.texts_of("p")
    assert any("(12 calls, none differed)" in text for text in page.texts_of("li"))
    assert "getProjects → getProject" in page.texts_of("th")
    assert any(text.startswith("4 of 43 operations were reached") for text in page.texts_of("p"))


def test_the_page_can_be_read_by_everyone(page: Page) -> None:
    """A language, a width for phones, both colour schemes, tables with captions, and headers with a scope."""
    assert page.of("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.of("meta")
    assert {"name": "color-scheme", "content": "light dark"} in page.of("meta")
    assert len(page.of("caption")) == len(page.of("table")) == 2
    assert all(attributes.get("scope") in ("row", "col") for attributes in page.of("th"))


def test_what_comes_from_outside_does_nothing_in_the_page(folder: Path, page: Page) -> None:
    """No script, no handler, nothing loaded, no control characters; harmful text is there to be read as text."""
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "link", "iframe", "object", "form", "base", "svg"}
    for _, attributes in page.elements:
        assert not {name for name in attributes if name.startswith("on") or name in ("src", "style")}
        assert (attributes.get("href") or "#").startswith("#")
    (policy,) = [each["content"] for each in page.of("meta") if each.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    text = (folder / PAGE).read_text(encoding="utf-8")
    assert all(each.isprintable() or each == "\n" for each in text)
    assert "url(" not in text
    assert printable(HOSTILE) in page.texts_of("p")
    assert printable(HOSTILE) in page.texts_of("th")


def test_the_junit_file_counts_and_tells(folder: Path) -> None:
    """A testcase for each operation and phase; failures for what nobody knows, skipped with reasons, properties."""
    suite = ElementTree.fromstring((folder / JUNIT).read_bytes()).find("testsuite")
    assert suite is not None
    results = sample_results()
    cases = {(case.get("classname", "").rpartition(".")[2], case.get("name")): case for case in suite.iter("testcase")}
    assert len(cases) == int(suite.get("tests", "")) == len(list(suite.iter("testcase")))
    for operation, tally in results.tallies.items():
        assert all((phase, operation) in cases for phase in tally.cases)
    failed = {key for key, case in cases.items() if case.find("failure") is not None}
    assert failed == {(finding.phase, finding.operation) for finding in results.unknown}
    assert int(suite.get("failures", "")) == len(failed)
    skipped = [case.find("skipped") for case in cases.values() if case.find("skipped") is not None]
    assert len(skipped) == int(suite.get("skipped", "")) == len(results.skipped)
    assert all(each is not None and each.get("message") for each in skipped)
    failure = cases["fuzzing", "putProject"].find("failure")
    assert failure is not None
    assert failure.get("message") == printable(HOSTILE)
    told = cases["client", "getPools"].find("system-out")
    assert told is not None
    assert "known: as it goes" in (told.text or "")
    properties = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert properties == {"target": ADDRESS, "flavour": "digdag", "seed": "7", "seconds": "125.4"}


def test_the_lines_of_json_hold_every_finding(folder: Path) -> None:
    """Each finding with its call, its curl line, and its exchange with bodies as they were, as text or base64."""
    records = [json.loads(line) for line in (folder / FAILURES).read_text(encoding="ascii").splitlines()]
    findings = sample_results().findings
    assert [(r["operation"], r["phase"], r["complaint"], r["known"], r["call"]) for r in records] == [
        (f.operation, f.phase, f.complaint, f.known, f.call) for f in findings
    ]
    for record, finding in zip(records, findings, strict=True):
        if finding.exchange is None:
            assert record["exchange"] is record["curl"] is None
            continue
        assert "curl " in record["curl"]
        request, response = record["exchange"]["request"], record["exchange"]["response"]
        assert (request["method"], request["target"]) == (finding.exchange.method, finding.exchange.target)
        assert response["status"] == finding.exchange.status
        assert ["authorization", "TD1 ***"] in request["headers"]
        for shown, body in ((request, finding.exchange.request_body), (response, finding.exchange.response_body)):
            (encoding,) = shown["body"]
            value = shown["body"][encoding]
            assert (value.encode() if encoding == "text" else base64.b64decode(value)) == body


def test_a_run_without_findings_says_so(tmp_path: Path) -> None:
    """The verdict is good, no failure, no line, and an empty baseline."""
    write_report(Results(ADDRESS), tmp_path)
    page = Page((tmp_path / PAGE).read_text(encoding="utf-8"))
    assert [each for each in page.of("p") if each.get("class") == "verdict good"]
    assert Counter(page.texts_of("td"))["not called"] == len(effective().operations)
    assert (tmp_path / FAILURES).read_text() == ""
    assert b"<failure" not in (tmp_path / JUNIT).read_bytes()
    assert "[[difference]]" not in (tmp_path / BASELINE).read_text()


def test_an_incomplete_run_is_told(tmp_path: Path) -> None:
    """By the page, and to continuous integration as an error: no finding is not good enough."""
    missing = ["client: no case of getProject, getPools"]
    write_report(Results(ADDRESS, missing=missing), tmp_path)
    page = (tmp_path / PAGE).read_text("utf-8")
    assert "Incomplete" in page
    assert missing[0] in page
    assert "Passed" not in page
    root = ElementTree.parse(tmp_path / JUNIT).getroot()
    assert root.get("errors") == "1"
    (error,) = root.iter("error")
    assert missing[0] in str(error.get("message"))


def test_the_table_is_as_wide_as_the_page(folder: Path) -> None:
    """On a screen of 1,280 pixels as on a wider one: its columns have their shares of the width, whatever they hold."""
    text = (folder / PAGE).read_text("utf-8")
    style = text.partition("<style>")[2].partition("</style>")[0]
    widths = {name: float(share) for name, share in re.findall(r"col\.(\w+) \{ width: ([\d.]+)%; \}", style)}
    shares = [widths[str(col["class"])] for col in Page(text).of("col")]
    assert sum(shares) == pytest.approx(100, abs=0.2)
    (rule,) = re.findall(r"^table\.operations \{([^}]*)\}", style, re.MULTILINE)
    assert "table-layout: fixed" in rule
    assert "min-width" not in re.sub(r"@media[^{]*", "", style)
    heads = re.findall(r"<th [^>]*>([^<]*)</th>", text.partition("<thead>")[2].partition("</thead>")[0])
    assert len(heads) == len(shares)
    # No word is broken: a letter of a common font is 0.57 em wide, the head's are 0.72 rem high, the others 0.8 rem.
    room = [share / 100 * (1280 - 15 - 2 * 24) - 2 * 4.8 for share in shares]
    for head, left in zip(heads, room, strict=True):
        assert all(len(word) * 0.57 * 0.72 * 16 <= left for word in re.split(r" |&shy;", head)), head
    assert max(map(len, effective().operations)) * 0.57 * 0.8 * 16 <= room[0]
