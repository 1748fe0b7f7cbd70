"""The options that every command has, wherever on the line they stand, and how commands are registered."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Concatenate, NamedTuple, ParamSpec

import typer
from typer.core import TyperGroup

from treasure_workflow.cli.invocation import Invocation

P = ParamSpec("P")
_PANEL = "Options of every command"


class CommonOptions(NamedTuple):
    """What is the same for every command. A command's own line wins over what stands before the command's name."""

    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="Profile of tdx.", rich_help_panel=_PANEL)
    ] = None
    site: Annotated[
        str | None, typer.Option("--site", metavar="REGION", help="Region: us, jp, eu01, …", rich_help_panel=_PANEL)
    ] = None
    api_key_file: Annotated[
        Path | None, typer.Option("--api-key-file", metavar="FILE", help="File with the key.", rich_help_panel=_PANEL)
    ] = None
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="Address of a mock or of a server.", rich_help_panel=_PANEL),
    ] = None
    json: Annotated[bool, typer.Option("--json", help="JSON, alone on stdout.", rich_help_panel=_PANEL)] = False
    jsonl: Annotated[bool, typer.Option("--jsonl", help="JSON, a line for each row.", rich_help_panel=_PANEL)] = False
    tsv: Annotated[bool, typer.Option("--tsv", help="Tab-separated values with a header.", rich_help_panel=_PANEL)] = (
        False
    )
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Write there and not to stdout.", rich_help_panel=_PANEL),
    ] = None
    tz: Annotated[
        str | None,
        typer.Option("--tz", metavar="ZONE", help="Zone for times in tables: Asia/Tokyo.", rich_help_panel=_PANEL),
    ] = None
    verbose: Annotated[bool, typer.Option("--verbose", help="Tell each request on stderr.", rich_help_panel=_PANEL)] = (
        False
    )


def command(
    app: typer.Typer, name: str, *aliases: str, hidden: bool = False
) -> Callable[[Callable[Concatenate[Invocation, P], None]], Callable[Concatenate[Invocation, P], None]]:
    """Registers a function as a command: its parameters, and the common options besides.

    Args:
        app: What the command belongs to.
        name: What it is called.
        *aliases: What else it answers to; help does not list these.
        hidden: Leave the command itself out of help, too.
    """

    def register(function: Callable[Concatenate[Invocation, P], None]) -> Callable[Concatenate[Invocation, P], None]:
        with_options = with_common_options(function)
        app.command(name, hidden=hidden)(with_options)
        for alias in aliases:
            app.command(alias, hidden=True)(with_options)
        return function

    return register


def group(
    app: typer.Typer, name: str, summary: str
) -> Callable[[Callable[Concatenate[Invocation, P], None]], typer.Typer]:
    """Registers a group of commands; the function is what the group's bare name does."""

    def register(function: Callable[Concatenate[Invocation, P], None]) -> typer.Typer:
        commands = typer.Typer(cls=_Group, no_args_is_help=False, rich_markup_mode="markdown")
        commands.callback(invoke_without_command=True, help=summary)(with_common_options(function, of_group=True))
        app.add_typer(commands, name=name)
        return commands

    return register


class _Group(TyperGroup):
    """A group of commands that tells which there are when a line names none of them."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the line names."""
        if args and args[0] not in self.commands:
            ctx.fail(f"No command '{args[0]}' in {ctx.command_path}. There are {', '.join(self.commands)}.")
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The line's words, or how it is typed here where td or digdag has options for the commands."""
        if "--project" in args:
            ctx.fail(f"The project stands after the command: {ctx.command_path} {'|'.join(self.commands)} PROJECT …")
        return super().parse_args(ctx, args)


def with_common_options(
    function: Callable[Concatenate[Invocation, P], None], *, of_group: bool = False
) -> Callable[..., None]:
    """The function with the common options as further parameters, called with an `Invocation` that knows them."""
    hints = typing.get_type_hints(function, include_extras=True)
    own = list(inspect.signature(function).parameters.values())[1:]
    common = typing.get_type_hints(CommonOptions, include_extras=True)

    @functools.wraps(function)
    def called(ctx: typer.Context, **arguments: Any) -> None:
        given = {name: arguments.pop(name) for name in common}
        outer: Mapping[str, Any] = ctx.obj or {}
        options = CommonOptions(**{name: value or outer.get(name) or value for name, value in given.items()})
        ctx.obj = options._asdict()
        if of_group and ctx.invoked_subcommand is not None:
            return
        with Invocation(options) as invocation:
            typing.cast("Any", function)(invocation, **arguments)

    keyword = inspect.Parameter.KEYWORD_ONLY
    called.__annotations__ = {"ctx": typer.Context} | {one.name: hints[one.name] for one in own} | common
    typing.cast("Any", called).__signature__ = inspect.Signature(
        [
            inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
            *(one.replace(kind=keyword, annotation=hints[one.name]) for one in own),
            *(
                inspect.Parameter(name, keyword, default=CommonOptions._field_defaults[name], annotation=hint)
                for name, hint in common.items()
            ),
        ]
    )
    return called
