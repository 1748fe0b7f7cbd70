"""The command line as a whole: the commands of `twf`, the spellings of other tools, and how a failure is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from treasure_workflow._version import __version__
from treasure_workflow.cli.commands import (
    account,
    attempts,
    attempts_after_failure,
    listings,
    logs,
    pools,
    projects,
    schedules,
    secrets,
    service,
)
from treasure_workflow.cli.exit_codes import ExitCode, Failure, UsageError, failure_of
from treasure_workflow.cli.options import with_common_options
from treasure_workflow.cli.output import printable
from treasure_workflow.cli.words import as_typed

# What users of other tools type, and what it is called here. Where it is the same command, it is an alias and not here.
_CALLED_HERE = {
    "list": "projects, workflows, schedules, sessions or attempts",
    "ls": "projects, workflows, schedules, sessions or attempts",
    "validate": "push --dry-run",
    "check": "push --dry-run",
    "deploy": "push",
    "upload": "push",
    "cancel": "kill",
    "stop": "kill",
    "abort": "kill",
    "restart": "retry",
    "resume": "retry --resume",
    "rerun": "retry",
    "secret": "secrets",
    "config": "whoami",
    "status": "whoami",
    "auth": "whoami",
    "login": "whoami, which tells where the key comes from",
    "history": "sessions",
    "diff": "plan",
    "init": "push, which makes the project",
    "use": "--profile for the account, and name the project in each command",
    "api": "a program with client.request()",
}


_HELP = "twf --help shows the commands, twf COMMAND --help the options."


class _Commands(TyperGroup):
    """The group of all commands, which knows what other tools call them."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the line names, or a hint at its name here."""
        if args and args[0] in _CALLED_HERE and args[0] not in self.commands:
            ctx.fail(f"No command '{args[0]}' here: use {_CALLED_HERE[args[0]]}.")
        if args and args[0] == "wf":
            ctx.fail(f"Leave 'wf' out: twf {' '.join(args[1:])}".rstrip())
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_Commands,
    name="twf",
    help="Workflows of Treasure Data: push projects, start them, follow and repeat attempts, keep schedules and pools.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _root(
    invocation: object, *, version: Annotated[bool, typer.Option("--version", help="Tell the version and end.")] = False
) -> None:
    del invocation
    if version:
        print(f"twf {__version__}")
        raise typer.Exit


app.callback(invoke_without_command=True)(with_common_options(_root, of_group=True))
for module in (projects, listings, attempts, attempts_after_failure, logs, schedules, secrets, pools, account, service):
    module.register(app)


def run(arguments: Sequence[str]) -> int:
    """Carries out a command line.

    Args:
        arguments: The words after `twf`.

    Returns:
        The exit code.
    """
    command = typer.main.get_command(app)
    try:
        done = command.main(args=_as_here(arguments), prog_name="twf", standalone_mode=False)
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except typer.TyperException as error:
        if not error.format_message():  # the help of a group stands there already
            return ExitCode.USAGE
        usage = Failure("usage", error.format_message(), retryable=False, exit=ExitCode.USAGE)
        return _tell(usage, arguments, _HELP)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # whoever read the output has gone; nothing is left to say
        return ExitCode.DONE
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
        return _tell(failure, arguments, _HELP if isinstance(error, UsageError) else "")
    return done if isinstance(done, int) else ExitCode.DONE


def _tell(failure: Failure, arguments: Sequence[str], hint: str = "") -> int:
    ours = failure.code in ("configuration", "refused-here")
    failure = failure._replace(message=as_typed(failure.message, settings=ours))
    if "--json" in arguments or "--jsonl" in arguments:
        print(json.dumps(failure._asdict(), ensure_ascii=False), file=sys.stderr)
    else:
        print(f"twf: {printable(failure.message)}", file=sys.stderr)
        if hint:
            print(hint, file=sys.stderr)
    return failure.exit


def _as_here(arguments: Sequence[str]) -> list[str]:
    """The line with `attempt ID ACTION`, as tdx has it, turned into `ACTION ID`."""
    line = list(arguments)
    for place, word in enumerate(line[:-2]):
        if word == "attempt" and line[place + 2] in ("tasks", "logs", "log", "retry", "kill"):
            return [*line[:place], line[place + 2], line[place + 1], *line[place + 3 :]]
    return line
