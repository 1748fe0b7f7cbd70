"""Serves the mock service: `python -m treasure_workflow_mock --port 0`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial

from treasure_workflow_mock.control.seeding import DATA_SETS, push_directory
from treasure_workflow_mock.control.state_file import StateFile, StateFileError
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.http.origin import is_loopback
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.service.app import Application
from treasure_workflow_mock.service.server import LOOPBACK, Server, listen


def main(arguments: list[str] | None = None) -> None:
    """Serves until it is interrupted; prints the address once calls are served."""
    parser = argparse.ArgumentParser(prog="treasure-workflow-mock", description="A stand-in for Treasure Workflow.")
    parser.add_argument("--port", type=int, default=65432, help="0 picks a free one (default: %(default)s)")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--flavour",
        choices=["hosted", "digdag"],
        default="hosted",
        help="behave as the hosted service or as an open-source Digdag server (default: %(default)s)",
    )
    parser.add_argument(
        "--state", metavar="FILE", help="keep all accounts in this file, and begin with what is in it; it holds secrets"
    )
    parser.add_argument(
        "--seed",
        metavar="WHAT",
        action="append",
        default=[],
        help=f"fill each account when it is first used: {', '.join(DATA_SETS)}, or a directory to upload as a project",
    )
    options = parser.parse_args(arguments)
    everywhere = options.host in ("", "0.0.0.0", "::")  # noqa: S104 # asked for by the user, who is warned
    application = Application(options.flavour, hosts=None if everywhere else {options.host.lower()})
    if not is_loopback(options.host):
        print(
            f"warning: --host {options.host} opens the mock, with all secrets it is given, to whoever can reach this "
            "machine; it checks no keys",
            file=sys.stderr,
        )
    application.accounts.seed = _seeding(options.seed, Account("trial", options.flavour))
    if application.without_handler:
        print(f"without a handler, responded to with 501: {', '.join(application.without_handler)}", file=sys.stderr)
    try:
        server = Server(application, None if options.state is None else StateFile(options.state))
    except StateFileError as error:
        sys.exit(f"treasure-workflow-mock: {error}")
    listening = listen(options.port, options.host)
    # The socket queues calls from here on, so they are served as soon as the loop runs.
    print(f"listening on http://{options.host}:{listening.getsockname()[1]}", flush=True)
    try:
        server.run([listening])
    except StateFileError as error:
        sys.exit(f"treasure-workflow-mock: {error}")


def _seeding(names: list[str], trial: Account) -> Callable[[Account], None]:
    """What fills an account with all of `names`; directories are tried out first, so that a wrong one ends it all."""
    steps: list[Callable[[Account], object]] = []
    for name in names:
        steps.append(DATA_SETS.get(name) or partial(push_directory, directory=name))
        if name not in DATA_SETS:
            try:
                steps[-1](trial)
            except (OSError, ServiceError) as error:
                sys.exit(f"treasure-workflow-mock: --seed {name}: {getattr(error, 'message', error)}")

    def seed(account: Account) -> None:
        for step in steps:
            step(account)

    return seed


if __name__ == "__main__":
    main()
