"""What a run leaves behind in a folder: a page to read, files for other programs, and a baseline to accept it with."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from treasure_workflow_contract.reporting.baseline import baseline
from treasure_workflow_contract.reporting.junit import junit
from treasure_workflow_contract.reporting.report_page import page
from treasure_workflow_contract.results.curl import curl
from treasure_workflow_contract.results.findings import Exchange, Finding
from treasure_workflow_contract.results.printable import decoded
from treasure_workflow_contract.results.run_results import Results

PAGE, JUNIT, FAILURES, BASELINE = "report.html", "junit.xml", "failures.jsonl", "baseline.toml"
"""The files of a report: to be read; for continuous integration; all findings; what would accept them."""


def write_report(results: Results, folder: Path) -> None:
    """Writes the files into `folder`, which is made if it is not there. Raises OSError when it cannot be."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PAGE).write_text(page(results), encoding="utf-8")
    (folder / JUNIT).write_bytes(junit(results))
    (folder / FAILURES).write_text(
        "".join(f"{json.dumps(_record(finding, results.target))}\n" for finding in results.findings), encoding="ascii"
    )
    (folder / BASELINE).write_text(baseline(results), encoding="utf-8")


def _record(finding: Finding, base_url: str) -> dict[str, Any]:
    """A finding as JSON; `known` is the reason why it is accepted, null for what makes the run fail."""
    return {
        "operation": finding.operation,
        "phase": finding.phase,
        "complaint": finding.complaint,
        "known": finding.known,
        "call": finding.call,
        "curl": None if finding.exchange is None else curl(finding.exchange, base_url),
        "exchange": None if finding.exchange is None else _exchange(finding.exchange),
    }


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "request": {
            "method": exchange.method,
            "target": exchange.target,
            "headers": exchange.request_headers,
            "body": _body(exchange.request_body),
        },
        "response": {
            "status": exchange.status,
            "headers": exchange.response_headers,
            "body": _body(exchange.response_body),
        },
        "seconds": exchange.seconds,
    }


def _body(body: bytes) -> dict[str, str]:
    text = decoded(body)
    return {"base64": base64.b64encode(body).decode()} if text is None else {"text": text}
