"""The page of a report: one HTML file that needs nothing else. All that it shows comes from outside and is escaped."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, StrictUndefined

from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.results.curl import curl
from treasure_workflow_contract.results.findings import PHASES, Exchange, Finding
from treasure_workflow_contract.results.printable import decoded, printable
from treasure_workflow_contract.results.run_results import Results, Tally

_BODY_SHOWN = 4000  # characters
_CHAINS_SHOWN = 100


@dataclass(frozen=True)
class _Row:
    """One operation of the table."""

    operation: str
    tally: Tally
    skipped: str
    found: list[int]
    """The numbers of its findings that nobody has accepted."""

    @property
    def note(self) -> str:
        """Why it was left out, wholly or in part."""
        return self.skipped or ("" if self.tally.cases else "not called")


def page(results: Results) -> str:
    """The page as HTML."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(line=printable, milliseconds=_milliseconds, chain=_chain)
    text = (
        resources.files("treasure_workflow_contract.reporting")
        .joinpath("report.html.jinja")
        .read_text(encoding="utf-8")
    )
    rows = list(_rows(results))
    operations = effective().operations.keys()
    reached = results.reached & operations
    chains = sorted(results.chains.items(), key=lambda item: (-item[1], item[0]))
    return environment.from_string(text).render(
        results=results,
        rows=rows,
        elsewhere=sorted(item for item in results.skipped.items() if item[0] not in operations),
        phases=[phase for phase in PHASES if any(row.tally.cases[phase] for row in rows)] or PHASES[:1],
        findings=[_shown(finding, results.target) for finding in results.unknown],
        known=[_shown(finding, results.target) for finding in results.findings if finding.known is not None],
        chains=chains[:_CHAINS_SHOWN],
        more_chains=max(len(chains) - _CHAINS_SHOWN, 0),
        reached=len(reached),
        operations=len(operations),
        unreached=sorted(operations - reached),
    )


def _rows(results: Results) -> Iterator[_Row]:
    """All operations of the contract in its order, then what else was counted."""
    names = [*effective().operations, *results.tallies, *(finding.operation for finding in results.findings)]
    for name in dict.fromkeys(names):
        found = [number for number, each in enumerate(results.unknown, 1) if each.operation == name]
        yield _Row(name, results.tallies.get(name, Tally()), results.skipped.get(name, ""), found)


def _shown(finding: Finding, base_url: str) -> dict[str, object]:
    exchange = finding.exchange
    return {
        "finding": finding,
        "exchange": exchange,
        "curl": None if exchange is None else curl(exchange, base_url),
        "request": None if exchange is None else _message(*_request(exchange)),
        "response": None if exchange is None else _message(*_response(exchange)),
    }


def _request(exchange: Exchange) -> tuple[str, tuple[tuple[str, str], ...], bytes]:
    return f"{exchange.method} {exchange.target}", exchange.request_headers, exchange.request_body


def _response(exchange: Exchange) -> tuple[str, tuple[tuple[str, str], ...], bytes]:
    return str(exchange.status), exchange.response_headers, exchange.response_body


def _message(first: str, headers: tuple[tuple[str, str], ...], body: bytes) -> str:
    lines = [printable(first), *(printable(f"{name}: {value}") for name, value in headers)]
    return "\n".join([*lines, "", _body(body)]) if body else "\n".join(lines)


def _body(body: bytes) -> str:
    text = decoded(body)
    if text is None:
        text = f"({len(body)} bytes, in base64) {base64.b64encode(body).decode()}"
    left = len(text) - _BODY_SHOWN
    shown = printable(text[:_BODY_SHOWN], keep="\n\t")
    return f"{shown}\n… and {left} more characters" if left > 0 else shown


def _chain(chain: tuple[str, ...]) -> str:
    return " → ".join(map(printable, chain))


def _milliseconds(seconds: list[float]) -> str:
    return ", ".join(f"{each * 1000:.0f}" for each in seconds)
