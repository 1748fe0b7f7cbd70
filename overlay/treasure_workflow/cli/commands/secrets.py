"""`secrets`: keys listed, values set and synchronised without ever standing on the command line, deleted."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from treasure_workflow.cli import words
from treasure_workflow.cli.commands.projects import DryRun, Project, Yes
from treasure_workflow.cli.exit_codes import UsageError
from treasure_workflow.cli.invocation import Invocation
from treasure_workflow.cli.options import command, group
from treasure_workflow.cli.output import Column

if TYPE_CHECKING:
    from treasure_workflow_api.models import RestSecretMetadata

_KEYS: tuple[Column[RestSecretMetadata], ...] = (Column("key", lambda one: one.key),)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    commands = group(app, "secrets", "A project's secrets. Their values are never shown.")(bare)
    command(commands, "list")(list_keys)
    command(commands, "set")(set_values)
    command(commands, "sync")(sync)
    command(commands, "delete")(delete)


def bare(invocation: Invocation) -> None:
    """Says what there is to do."""
    del invocation
    ways = "list PROJECT, set PROJECT KEY, sync PROJECT FILE, or delete PROJECT KEY"
    raise UsageError(f"say what to do: twf secrets {ways}")


def list_keys(invocation: Invocation, project: Project) -> None:
    """Lists the keys of a project's secrets.

    Example: `twf secrets list shop`
    """
    invocation.output.rows(invocation.client.secrets.list(project), _KEYS, empty="no secrets")


def set_values(
    invocation: Invocation,
    project: Project,
    keys: Annotated[
        list[str], typer.Argument(metavar="KEY|KEY=-|KEY=@FILE|@FILE...", help="A file alone holds keys and values.")
    ],
) -> None:
    """Sets secrets, whether or not they are there. A value is asked for, or read from stdin or from a file.

    Example: `printf %s "$VALUE" | twf secrets set shop warehouse.password=-`
    """
    values: dict[str, str] = {}
    for word in keys:
        key, equals, source = word.partition("=")
        if word.startswith("@"):
            values.update(_from_file(word[1:]))
        elif equals:
            values[key] = words.secret_value(source)
        elif sys.stdin.isatty():
            values[key] = typer.prompt(f"Value of {key}", hide_input=True, err=True)
        else:
            raise UsageError(f"nobody is there to type the value of {key}: say {key}=- or {key}=@FILE")
    for key, value in values.items():
        invocation.client.secrets.set(project, key, value)
    invocation.output.record({"project": project, "set": sorted(values)})


def sync(
    invocation: Invocation,
    project: Project,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML or JSON that maps keys to texts.")],
    *,
    prune: Annotated[bool, typer.Option("--prune", help="Delete the secrets that the file does not have.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Makes a project's secrets those of a file; with --prune, those and no others. Shows keys alone.

    Example: `echo "td.apikey: '$KEY'" > secrets.yaml && twf secrets sync shop secrets.yaml --prune --dry-run`
    """
    secrets = invocation.client.secrets
    plan = secrets.sync(project, file, prune=prune, dry_run=True)
    if not dry_run:
        if plan.pruned:
            invocation.confirm(f"Delete {', '.join(plan.pruned)} of {project}?", yes=yes)
        plan = secrets.sync(project, file, prune=prune)
    if invocation.output.is_for_people:
        invocation.output.line(invocation.output.readable(str(plan)))
    else:
        invocation.output.record(asdict(plan))


def delete(
    invocation: Invocation,
    project: Project,
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="Keys of the secrets.")],
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Deletes secrets.

    Example: `twf secrets delete shop warehouse.password --yes`
    """
    client = invocation.client
    there = {one.key for one in client.secrets.list(project)}
    missing = sorted(set(keys) - there)
    if not dry_run:
        invocation.confirm(f"Delete {', '.join(keys)} of {project}?", yes=yes)
        for key in keys:
            client.secrets.delete(project, key)
    invocation.output.record({"project": project, "deleted": sorted(set(keys) & there), "missing": missing})


def _from_file(name: str) -> dict[str, str]:
    from treasure_workflow._logic.yaml_files import read_mapping

    found = read_mapping(Path(name), "the file of secrets")
    for key, value in found.items():
        if not isinstance(value, str):
            raise UsageError(f"{name}: the value of {key} must be a text, got a {type(value).__name__}")
    return found
