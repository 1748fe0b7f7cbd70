"""`mock` and `contract`: a stand-in for the service, and the contract tests of one."""

from __future__ import annotations

import runpy
import sys
from typing import Annotated

import typer

from treasure_workflow.cli.exit_codes import ExitCode
from treasure_workflow.cli.invocation import Invocation
from treasure_workflow.cli.options import command

_FURTHER = {"allow_extra_args": True, "ignore_unknown_options": True}


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    command(app, "mock")(mock)
    command(app, "contract")(contract)


def mock(
    invocation: Invocation,
    *,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; any free one for 0.")] = 0,
    flavour: Annotated[str, typer.Option("--flavour", metavar="NAME", help="hosted or digdag.")] = "hosted",
    seed: Annotated[str | None, typer.Option("--seed", metavar="DATA", help="demo, large, or a folder.")] = None,
    state: Annotated[str | None, typer.Option("--state", metavar="FILE", help="Keep accounts there.")] = None,
) -> None:
    """Serves a stand-in for the service on this machine, until it is interrupted. Needs the extra `mock`.

    Example: `twf mock --port 65432`
    """
    options = {"--seed": seed, "--state": state}
    given = [word for name, value in options.items() if value is not None for word in (name, value)]
    _module(invocation, "treasure_workflow_mock", ["--port", str(port), "--flavour", flavour, *given], "mock")


def contract(
    invocation: Invocation,
    target: Annotated[str, typer.Argument(metavar="TARGET", help="mock, a region, or an address.")],
    *,
    flavour: Annotated[str, typer.Option("--flavour", metavar="NAME", help="hosted or digdag.")] = "hosted",
    suite: Annotated[str, typer.Option("--cases", metavar="PROFILE", help="quick or default.")] = "default",
    allow_writes: Annotated[
        str | None, typer.Option("--allow-writes", metavar="PREFIX", help="Projects of this prefix may be made.")
    ] = None,
    report: Annotated[str | None, typer.Option("--report", metavar="DIR", help="Write a report there.")] = None,
) -> None:
    """Runs the contract tests against a target. Needs the extra `contract`.

    Example: `twf contract mock --cases quick`
    """
    options = {"--allow-writes": allow_writes, "--report": report}
    given = [word for name, value in options.items() if value is not None for word in (name, value)]
    arguments = [target, "--flavour", flavour, "--profile", suite, *given]
    _module(invocation, "treasure_workflow_contract", arguments, "contract")


def _module(invocation: Invocation, name: str, arguments: list[str], extra: str) -> None:
    """Runs a package's own command in this process, which ends as it ends: a signal leaves nothing behind."""
    needed = {"mock": ("uvicorn", "yaml"), "contract": ("schemathesis", "hypothesis")}[extra]
    from importlib.util import find_spec

    if missing := [one for one in needed if find_spec(one) is None]:
        invocation.output.tell(f"twf {extra} needs {missing[0]}: pip install 'treasure-workflow[{extra}]'")
        raise typer.Exit(ExitCode.CONFIGURATION)
    sys.argv = [name, *arguments]
    runpy.run_module(name, run_name="__main__", alter_sys=True)
