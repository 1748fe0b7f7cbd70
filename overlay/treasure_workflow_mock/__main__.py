"""Serves the mock service: `python -m treasure_workflow_mock --port 0`."""

from __future__ import annotations

import argparse
import sys

import uvicorn

from treasure_workflow_mock.app import Application
from treasure_workflow_mock.server import LOOPBACK, configure, listen


def main(arguments: list[str] | None = None) -> None:
    """Serves until it is interrupted; prints the address once calls are answered."""
    parser = argparse.ArgumentParser(prog="treasure-workflow-mock", description="A stand-in for Treasure Workflow.")
    parser.add_argument("--port", type=int, default=65432, help="0 picks a free one (default: %(default)s)")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--flavour",
        choices=["hosted", "digdag"],
        default="hosted",
        help="behave as the hosted service or as an open-source Digdag server (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    application = Application(options.flavour)
    if application.without_handler:
        print(f"without a handler, answered 501: {', '.join(application.without_handler)}", file=sys.stderr)
    listening = listen(options.port, options.host)
    # The socket queues calls from here on, so they are answered as soon as the loop runs.
    print(f"listening on http://{options.host}:{listening.getsockname()[1]}", flush=True)
    uvicorn.Server(configure(application)).run([listening])


if __name__ == "__main__":
    main()
