"""The results of one process as they come in: cases are counted, findings told apart by whether they are known."""

from __future__ import annotations

from collections.abc import Iterable

from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.results.findings import Exchange, Finding, Phase
from treasure_workflow_contract.results.known_differences import Differences
from treasure_workflow_contract.results.run_results import Results


class Ledger:
    """Takes in what cases find out. `results` are those since they were taken the last time."""

    def __init__(self, results: Results, differences: Differences) -> None:
        self.results = results
        self._differences = differences

    def count(
        self,
        operation: str,
        phase: Phase,
        exchange: Exchange | None = None,
        inputs: str | bytes = b"",
        *,
        line: str,
        violated: bool = False,
    ) -> None:
        """Counts a case: the call on one line. `inputs` tells it from others; without exchange it reached no wire."""
        self._differences.note(operation, phase, line)
        tally = self.results.tally(operation)
        tally.cases[phase] += 1
        if exchange is None:
            return
        tally.statuses[exchange.status] += 1
        if operation in effective().operations and not effective().operations[operation].documents(exchange.status):
            tally.undocumented[exchange.status] += 1
        tally.violations += violated
        text = inputs.encode(errors="surrogatepass") if isinstance(inputs, str) else inputs
        tally.tell_apart(text, exchange.status)
        tally.slowest = sorted([*tally.slowest, exchange.seconds], reverse=True)[: tally.KEPT]

    def set_known_aside(self, findings: Iterable[Finding]) -> list[Finding]:
        """Takes the findings that are known into the results, and gives back the others."""
        marked = [self._differences.mark(finding) for finding in findings]
        for finding in marked:
            if finding.known is not None:
                self.results.add_finding(finding)
        return [finding for finding in marked if finding.known is None]

    def take(self) -> Results:
        """What has been found out since the last time."""
        taken = self.results
        self._differences.hand_over(taken)
        self.results = Results(target=taken.target, flavour=taken.flavour, seed=taken.seed)
        return taken
