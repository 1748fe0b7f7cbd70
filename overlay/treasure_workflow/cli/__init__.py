"""`twf`: what an operator of workflows types. Each command parses, calls the client and prints."""

import sys

from treasure_workflow._version import __version__
from treasure_workflow.cli.exit_codes import ExitCode

__all__ = ["main"]


def main() -> None:
    """Carries out the command line and ends the process with one of the codes of `exit_codes`."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:  # told without a parser, which takes its time to come
        print(f"twf {__version__}")
        return
    try:
        from treasure_workflow.cli.app import run
    except ModuleNotFoundError as error:
        if error.name not in {"typer", "rich"}:
            raise
        print(f"twf needs {error.name}: pip install 'treasure-workflow[cli]'", file=sys.stderr)
        sys.exit(ExitCode.CONFIGURATION)
    sys.exit(run(arguments))
