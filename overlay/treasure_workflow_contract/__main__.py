"""Contract tests against a target: `treasure-workflow-contract TARGET`, or `python -m treasure_workflow_contract`."""

from __future__ import annotations

import argparse
import dataclasses
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from treasure_workflow.errors import ConfigError
from treasure_workflow_contract import differences, jobs, places
from treasure_workflow_contract.contract import effective
from treasure_workflow_contract.report import write_report
from treasure_workflow_contract.results import Results
from treasure_workflow_contract.summary import Progress, print_summary
from treasure_workflow_contract.target import TargetError

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the tests. 0: nothing undocumented was seen; 1: something was; 2: no test could be run as asked."""
    options = _parser().parse_args(arguments)
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(options)
    except (ConfigError, TargetError, differences.DifferencesError, OSError) as error:
        print(f"treasure-workflow-contract: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; what the run made is removed", file=sys.stderr)
        return _INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="treasure-workflow-contract",
        description="Tests a Treasure Workflow service against its contract, with the generated client and without it.",
        epilog="The key comes from TDX_API_KEY or TD_API_KEY, as for the client. "
        "Exit status: 0 nothing undocumented was seen, 1 something was, 2 the tests could not be run.",
    )
    parser.add_argument(
        "target", help="a region (aws, eu01, …), an address, or mock: a mock service for this run alone"
    )
    parser.add_argument(
        "--flavour", choices=["hosted", "digdag"], default="hosted",
        help="digdag: an open-source server, which has no pools and wants no key (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--allow-writes", metavar="PREFIX", type=_prefix,
        help="also make and change projects whose names begin so, and remove them at the end; without it, only read",
    )  # fmt: skip
    parser.add_argument("--report", metavar="DIR", type=Path, help="write report.html, junit.xml, failures.jsonl there")
    parser.add_argument("--profile", choices=list(jobs.PROFILES), default="default", help="how much (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="another one draws other cases (default: %(default)s)")
    parser.add_argument(
        "--operation", metavar="ID", action="append", choices=list(effective().operations), default=[],
        help="only this operation, such as getProject; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--rate", metavar="N", type=_positive, help="no more than N requests a second (for a region: 20)"
    )
    parser.add_argument("--time-limit", metavar="SECONDS", type=_positive, help="begin nothing new after so long")
    parser.add_argument("--baseline", metavar="FILE", type=Path, help="accepted findings, as a report's baseline.toml")
    parser.add_argument("--fail-fast", action="store_true", help="stop after the first finding")
    parser.add_argument(
        "--processes", metavar="N", type=int, choices=range(1, 65), default=min(os.cpu_count() or 1, 4),
        help="how many call at the same time (default: %(default)s)",
    )  # fmt: skip
    return parser


def _run(options: argparse.Namespace) -> int:
    known = differences.packaged() + (differences.load(options.baseline) if options.baseline else [])
    accepted = differences.Differences(known, options.flavour)
    operations = options.operation or list(effective().operations)
    begin = time.monotonic()
    with places.targets(
        options.target,
        options.flavour,
        prefix=options.allow_writes,
        processes=options.processes,
        requests_per_second=options.rate,
    ) as targets:
        planned, skipped = jobs.jobs_for(targets[0], jobs.PROFILES[options.profile], operations)
        plan = jobs.Plan(
            targets=targets,
            jobs=planned,
            differences=accepted,
            marker=jobs.new_marker(targets[0].project_prefix),
            seed=options.seed,
            deadline=None if options.time_limit is None else begin + options.time_limit,
        )
        results = Results(targets[0].base_url, options.flavour, options.seed, skipped=skipped)
        try:
            with Progress(len(plan.jobs)) as progress:
                for found in jobs.carry_out(plan, fail_fast=options.fail_fast):
                    results.add(found)
                    progress.job_done(found)
        finally:
            results = dataclasses.replace(results, seconds=time.monotonic() - begin)
            results.gone = accepted.gone(results)
            if options.report:
                write_report(results, options.report)
    print_summary(results)
    return 1 if results.unknown else 0


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _prefix(text: str) -> str:
    try:
        places.check_prefix(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _positive(text: str) -> float:
    number = float(text)
    if number <= 0:
        raise argparse.ArgumentTypeError("it has to be more than 0")
    return number


if __name__ == "__main__":
    sys.exit(main())
