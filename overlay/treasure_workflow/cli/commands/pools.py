"""`pools`: pools and their rules, kept in a file."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from treasure_workflow._logic.pool_rules import shown_rule
from treasure_workflow.cli.commands.projects import Check, DryRun, Project, Yes
from treasure_workflow.cli.exit_codes import ExitCode
from treasure_workflow.cli.invocation import Invocation
from treasure_workflow.cli.options import command, group
from treasure_workflow.cli.output import Column

if TYPE_CHECKING:
    from treasure_workflow import PoolPlan
    from treasure_workflow_api.models import RestPool, RestPoolRule

PoolsFile = Annotated[Path, typer.Argument(metavar="FILE", help="YAML or JSON with `pools` and `rules`.")]
_POOLS: tuple[Column[RestPool], ...] = (
    Column("id", lambda one: one.id),
    Column("pool", lambda one: one.name),
    Column("limit", lambda one: one.concurrency_limit),
    Column("default", lambda one: one.default),
)
_RULES: tuple[Column[RestPoolRule], ...] = (
    Column("priority", lambda one: one.priority),
    Column("pool id", lambda one: one.pool_id),
    Column("conditions", shown_rule),
)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    commands = group(
        app, "pools", "Pools share out the account's running attempts; rules say which attempts go where."
    )(bare)
    command(commands, "list")(list_pools)
    command(commands, "rules")(rules)
    command(commands, "plan")(plan)
    command(commands, "apply")(apply)
    command(commands, "explain")(explain)


def bare(invocation: Invocation) -> None:
    """Lists the pools."""
    list_pools(invocation)


def list_pools(invocation: Invocation) -> None:
    """Lists pools with their limits; so does `twf pools` alone.

    Example: `twf pools list`
    """
    with _pools_are_hosted():
        invocation.output.rows(list(invocation.client.pools.list()), _POOLS, empty="no pools")


def rules(invocation: Invocation) -> None:
    """Lists the rules in the order in which they are tried.

    Example: `twf pools rules`
    """
    with _pools_are_hosted():
        found = sorted(invocation.client.pool_rules.list(), key=lambda one: one.priority)
    invocation.output.rows(found, _RULES, empty="no rules")


def plan(invocation: Invocation, file: PoolsFile, *, check: Check = False) -> None:
    """Shows what would make pools and rules what a file says, in the order of the steps.

    Example: `twf pools plan examples/pools.yaml`
    """
    with _pools_are_hosted():
        found = invocation.client.pools.plan(file)
    _show(invocation, found)
    if check and found.steps:
        raise typer.Exit(ExitCode.FAILED)


def apply(invocation: Invocation, file: PoolsFile, *, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Makes pools and rules what a file says; what the file does not name is deleted, the default pool excepted.

    Example: `twf pools apply examples/pools.yaml --yes`
    """
    with _pools_are_hosted():
        client = invocation.client
        planned = client.pools.plan(file)
        if dry_run or not planned.steps:
            _show(invocation, planned)
            return
        if not yes and invocation.output.is_for_people:
            invocation.output.tell(invocation.output.readable(str(planned)))
        invocation.confirm(f"Make these {len(planned.steps)} changes?", yes=yes)
        _show(invocation, client.pools.apply(planned))


def explain(
    invocation: Invocation,
    project: Project,
    workflow: Annotated[str, typer.Argument(metavar="WORKFLOW", help="Name of the workflow.")],
    *,
    scheduled: Annotated[bool, typer.Option("--scheduled", help="As its schedule would start it.")] = False,
) -> None:
    """Tells which pool a new attempt would get, and which rule says so.

    Example: `twf pools explain shop nightly`
    """
    with _pools_are_hosted():
        found = invocation.client.pool_rules.explain(project, workflow, "scheduled" if scheduled else "on_demand")
    if invocation.output.is_for_people:
        invocation.output.line(invocation.output.readable(str(found)))
    else:
        invocation.output.record(found)


def _show(invocation: Invocation, plan: PoolPlan) -> None:
    if invocation.output.is_for_people:
        invocation.output.line(invocation.output.readable(str(plan)))
        return
    invocation.output.record(
        {
            "steps": [
                {"action": step.action, "pool": step.name, "limit": step.limit, "text": str(step)}
                for step in plan.steps
            ],
            "defaultBefore": plan.default_before,
            "defaultAfter": plan.default_after,
        }
    )


@contextmanager
def _pools_are_hosted() -> Generator[None]:
    """Says what a 404 of a listing of pools means: an open-source server has none."""
    from treasure_workflow import NotFound

    try:
        yield
    except NotFound as error:
        if error.body == b"" or "pools" in error.request:
            problem = "this server has no pools: only the hosted service has them"
            raise NotFound(error.status, problem, error.body, error.request) from None
        raise
