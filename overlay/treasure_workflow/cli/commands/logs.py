"""`logs`: what tasks printed, whole or as it comes."""

from __future__ import annotations

from typing import Annotated

import typer

from treasure_workflow._logic.log_lines import Level
from treasure_workflow.cli import words
from treasure_workflow.cli.commands.attempts import AttemptWord
from treasure_workflow.cli.exit_codes import UsageError
from treasure_workflow.cli.invocation import Invocation
from treasure_workflow.cli.options import command
from treasure_workflow.cli.output import plain, printable


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    command(app, "logs", "log")(logs)


def logs(
    invocation: Invocation,
    id: AttemptWord,
    task: Annotated[
        str | None, typer.Argument(metavar="[+TASK]", help="Only tasks whose full name begins or ends so.")
    ] = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the attempt ends.")] = False,
    level: Annotated[
        Level | None,
        typer.Option(
            "--level", case_sensitive=False, metavar="LEVEL", help="Only records of this level or above: ERROR, WARN."
        ),
    ] = None,
    pattern: Annotated[
        str | None, typer.Option("--grep", metavar="REGEX", help="Only lines in which this is found.")
    ] = None,
    everything: Annotated[bool, typer.Option("-v", hidden=True)] = False,
) -> None:
    """Prints the logs of an attempt's tasks, or goes on printing them as they are written.

    Example: `twf logs 1`
    """
    del everything  # nothing is left out anyway
    client = invocation.client
    number = words.attempt_id(client, id)
    if task is not None:
        task = _full_name(invocation, number, task, may_come=follow)
    output = invocation.output
    lines = (
        client.logs.follow(number, task=task, level=level, pattern=pattern)
        if follow
        else client.logs.lines(number, task=task, level=level, pattern=pattern)
    )
    if output.form == "json":
        output.json([plain(line) for line in lines])
        return
    for line in lines:
        if output.form == "jsonl":
            output.rows([line], ())
        else:
            output.line(printable(str(line)))


def _full_name(invocation: Invocation, number: int, word: str, *, may_come: bool) -> str:
    """What the full names of the tasks meant begin with: the service knows no ends of names."""
    names = [one.full_name for one in invocation.client.attempts.tasks(number)]
    if any(name.startswith(word) for name in names):
        return word
    found = sorted({name for name in names if name.endswith(f"+{word.removeprefix('+')}")})
    if len(found) > 1:
        raise UsageError(f"{word} is the end of several tasks: give one of {', '.join(found)}")
    if not found and not may_come:
        raise UsageError(f"attempt {number} has no task {word}: give one of {', '.join(names)}")
    return found[0] if found else word
