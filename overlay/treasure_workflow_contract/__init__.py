"""Contract tests of the service as a tool: every operation, through the generated client and without it, on any target.

A target is known by HTTP alone. The command is `treasure-workflow-contract`; a program that wants to run it calls
`main` with the command's arguments:

Example:
    from treasure_workflow_contract import main

    status = main(["http://127.0.0.1:65432", "--flavour", "digdag", "--report", "report"])
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treasure_workflow_contract.__main__ import main

__all__ = ["main"]


if not TYPE_CHECKING:  # for type checkers, a name that is not there is a mistake

    def __getattr__(name: str) -> object:
        """Public names come when they are first asked for: the tool's libraries take a while."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.__main__"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
