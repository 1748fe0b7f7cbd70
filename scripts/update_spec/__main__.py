"""Adopts a newer published document, or (--check) only says what adopting it would mean.

The exit status is the verdict: 0 nothing changed, 3 prose only, 4 compatible, 5 breaking, 6 needs hands, 2 refused.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scripts.update_spec import pipeline
from scripts.update_spec.published.reading import Allowed
from scripts.update_spec.report import STATUS


def main(arguments: list[str] | None = None) -> int:
    """Command line. Gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m scripts.update_spec", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("file", type=Path, help="the document: YAML or JSON, OpenAPI 3.0, 3.1 or 3.2")
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("--report", type=Path, metavar="DIR", help="write changes.json and changes.md there")
    parser.add_argument("--accept-host", action="append", default=[], metavar="H", help="a host that keys may go to")
    parser.add_argument("--accept-title", action="store_true", help="the API has another title now")
    given = parser.parse_args(arguments)
    allowed = Allowed(tuple(given.accept_host), given.accept_title)
    report = pipeline.run(given.file, check=given.check, allowed=allowed)
    if given.report is not None:
        report.write(given.report)
    for line in report.terminal():
        print(line)
    return STATUS[report.verdict]


if __name__ == "__main__":
    sys.exit(main())
