"""A run as JUnit XML, which continuous integration reads: a testcase for each operation and phase."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from treasure_workflow_contract.results.findings import Finding
from treasure_workflow_contract.results.printable import printable
from treasure_workflow_contract.results.run_results import Results

_NAME = "treasure_workflow_contract"


def junit(results: Results) -> bytes:
    """The XML document, in UTF-8."""
    cases = [*_tested(results), *_skipped(results), *_missing(results)]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(len(results.missing)),
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": f"{results.seconds:.3f}",
    }
    root = Element("testsuites", counts)
    suite = SubElement(root, "testsuite", {"name": _NAME, **counts})
    properties = SubElement(suite, "properties")
    for name in ("target", "flavour", "seed", "seconds"):
        SubElement(properties, "property", name=name, value=printable(str(getattr(results, name))))
    suite.extend(cases)
    indent(root)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _tested(results: Results) -> Iterator[Element]:
    keys = {(operation, phase) for operation, tally in results.tallies.items() for phase in tally.cases}
    keys |= {(finding.operation, finding.phase) for finding in results.findings}
    for operation, phase in sorted(keys):
        case = Element("testcase", classname=f"{_NAME}.{phase}", name=printable(operation))
        found = [each for each in results.findings if (each.operation, each.phase) == (operation, phase)]
        unknown = [each for each in found if each.known is None]
        if unknown:
            more = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
            failure = SubElement(case, "failure", type=phase, message=printable(unknown[0].complaint) + more)
            failure.text = "\n\n".join(map(_told, unknown))
        known = [f"known: {printable(each.known)}\n{_told(each)}" for each in found if each.known is not None]
        if known:
            SubElement(case, "system-out").text = "\n\n".join(known)
        yield case


def _skipped(results: Results) -> Iterator[Element]:
    for subject, reason in sorted(results.skipped.items()):
        if not (subject in results.tallies and results.tallies[subject].cases):
            case = Element("testcase", classname=_NAME, name=printable(subject))
            SubElement(case, "skipped", message=printable(reason))
            yield case


def _missing(results: Results) -> Iterator[Element]:
    for line in results.missing:
        case = Element("testcase", classname=_NAME, name=printable(line.partition(":")[0]))
        SubElement(case, "error", message=f"incomplete: {printable(line)}")
        yield case


def _told(finding: Finding) -> str:
    return f"{printable(finding.complaint)}\n{printable(finding.call)}"
