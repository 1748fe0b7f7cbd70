"""Contract tests against a target: `treasure-workflow-contract TARGET`, or `python -m treasure_workflow_contract`."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from treasure_workflow_api._operations import KEY_VARIABLES
from treasure_workflow_contract import scheduler
from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.phases.replay import Options
from treasure_workflow_contract.reporting.report import write_report
from treasure_workflow_contract.reporting.summary import Progress, print_summary
from treasure_workflow_contract.results import known_differences
from treasure_workflow_contract.results.run_results import Results
from treasure_workflow_contract.transport import target_address
from treasure_workflow_contract.transport.connection import PATIENCE
from treasure_workflow_contract.transport.preflight import check_target
from treasure_workflow_contract.transport.signals import interrupted_once
from treasure_workflow_contract.transport.target import Target, TargetError, Trust

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the tests.

    Returns:
        0: nothing undocumented was seen; 1: something was; 2: nothing could be run as asked, or not all of it was;
        130: it was interrupted.
    """
    options = _parser().parse_args(arguments)
    try:
        with interrupted_once():
            return _run(options)
    except (TargetError, known_differences.DifferencesError, OSError, ValueError) as error:
        print(f"treasure-workflow-contract: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; what the run made is removed", file=sys.stderr)
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="treasure-workflow-contract",
        description="Tests a Treasure Workflow service against its contract, with the generated client and without it.",
        epilog=f"The key comes from {', '.join(each.name for each in KEY_VARIABLES)}, whichever is set first; "
        "<PROFILE> is the one that TDX_PROFILE names, and an access token is sent as Bearer. Exit status: 0 "
        "nothing undocumented was seen, 1 something was, 2 the tests could not be run, or not all that were asked for, "
        "130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
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
    parser.add_argument("--profile", choices=list(scheduler.PROFILES), default="default", help="how much (%(default)s)")
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
    trust = parser.add_mutually_exclusive_group()
    trust.add_argument("--ca", metavar="FILE", help="believe servers with a certificate of these authorities (PEM)")
    trust.add_argument("--insecure", action="store_true", help="believe any server, whatever its certificate")
    replay = parser.add_argument_group("recorded responses")
    replay.add_argument(
        "--replay", metavar="PATH", type=Path, action="append", default=[],
        help="only replay the recorded scenarios of this folder or file, which make projects as they please, on a "
        "server of your own; may be repeated",
    )  # fmt: skip
    replay.add_argument(
        "--restart", metavar="COMMAND",
        help="a shell command that makes the server new and empty, before each scenario; SETTINGS has its properties",
    )  # fmt: skip
    replay.add_argument("--record", metavar="DIR", type=Path, help="write the responses that came as new recordings")
    return parser


def _run(options: argparse.Namespace) -> int:
    _check(options)
    known = known_differences.packaged() + (known_differences.load(options.baseline) if options.baseline else [])
    accepted = known_differences.Differences(known, options.flavour)
    begin = time.monotonic()
    deadline = None if options.time_limit is None else begin + options.time_limit
    with target_address.targets(
        options.target,
        options.flavour,
        prefix=options.allow_writes,
        # Whoever restarts a server, or plays on one that all share, plays one scenario at a time.
        processes=1 if options.replay and options.target != target_address.MOCK else options.processes,
        requests_per_second=options.rate,
        trust=Trust(options.ca, options.insecure),
    ) as targets:
        planned, skipped = _jobs(options, targets[0])
        if not options.restart:
            _check_target(targets[0], options.time_limit)
        plan = scheduler.Plan(
            targets=targets,
            jobs=planned,
            differences=accepted,
            marker=scheduler.new_marker(targets[0].project_prefix),
            seed=options.seed,
            deadline=deadline,
            replay=Options(options.restart, options.record),
        )
        results = Results(targets[0].base_url, options.flavour, options.seed, skipped=skipped)
        done: list[scheduler.Done] = []
        try:
            with Progress(len(plan.jobs)) as progress:
                for each in scheduler.carry_out(plan, fail_fast=options.fail_fast, look=progress.look):
                    done.append(each)
                    results.add(each.results)
                    progress.job_done(each.results)
        finally:
            results = dataclasses.replace(results, seconds=time.monotonic() - begin)
            results.gone = accepted.gone(results)
            results.missing = scheduler.missing(plan.jobs, done, results)
            if options.report:
                write_report(results, options.report)
    print_summary(results)
    return 1 if results.unknown else 2 if results.missing else 0


def _check(options: argparse.Namespace) -> None:
    """Raises ValueError or OSError, saying what was expected, for what cannot be done, before anything is sent."""
    if options.report is not None:
        _check_folder(options.report, "--report")
    if options.record is not None:
        _check_folder(options.record, "--record")
    if options.restart is not None or options.record is not None:
        _expect(options.replay, "--restart and --record go with --replay")
    if options.replay:
        _expect(not options.operation, "--replay replays whole scenarios: --operation does not go with it")
        _expect(
            options.target == target_address.MOCK or "://" in options.target,
            f"--replay is for mock or the address of a server of your own, got {options.target!r}",
        )
    try:
        Trust(options.ca, options.insecure).ssl_context()
    except OSError as error:
        raise ValueError(f"--ca: expected a file of certificates (PEM), got {options.ca}: {error}") from error
    if options.target != target_address.MOCK:
        target_address.base_url_of(options.target)


def _expect(holds: object, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def _check_folder(folder: Path, option: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(f"{option}: expected a folder that can be written, got {folder}: {error}") from error


def _jobs(options: argparse.Namespace, target: Target) -> tuple[tuple[scheduler.Job, ...], dict[str, str]]:
    if options.replay:
        return scheduler.replay_jobs(options.replay), {}
    operations = options.operation or list(effective().operations)
    return scheduler.jobs_for(target, scheduler.PROFILES[options.profile], operations)


def _check_target(target: Target, time_limit: float | None) -> None:
    seconds = PATIENCE if time_limit is None else min(PATIENCE, time_limit)

    def waiting(for_seconds: float) -> None:
        print(f"no response from {target.base_url} for {for_seconds:.0f} s, waiting for {seconds:.0f}", flush=True)

    check_target(target, seconds, waiting)


def _version() -> str:
    try:
        return metadata.version("treasure-workflow")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _prefix(text: str) -> str:
    try:
        target_address.check_prefix(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text}")
    return number


if __name__ == "__main__":
    sys.exit(main())
