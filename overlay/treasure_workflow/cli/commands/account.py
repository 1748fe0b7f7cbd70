"""`whoami` and `commands`: which settings are used and where they come from, and what there is to type."""

from __future__ import annotations

from typing import Any

import typer

from treasure_workflow.cli import words
from treasure_workflow.cli.exit_codes import ExitCode
from treasure_workflow.cli.invocation import Invocation
from treasure_workflow.cli.options import command


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    command(app, "whoami")(whoami)

    def commands(invocation: Invocation) -> None:
        """Tells every command with its options, for programs: `--json` has types, defaults and exit codes.

        Example: `twf commands --json`
        """
        tree = describe(typer.main.get_command(app))
        if invocation.output.is_for_people:
            _print_tree(invocation, tree["commands"], "twf")
        else:
            invocation.output.record(tree)

    command(app, "commands")(commands)


def whoami(invocation: Invocation) -> None:
    """Tells which address and which key are used, and which source gave them. The key is masked.

    Example: `twf whoami`
    """
    from treasure_workflow.config import masked

    config = invocation.client.config
    if invocation.output.is_for_people:
        invocation.output.line(invocation.output.readable(words.as_typed(config.explain(), settings=True)))
        return
    invocation.output.record(
        {
            "address": config.base_url,
            "addressSource": words.as_typed(config.base_url_source, settings=True),
            "region": config.region,
            "profile": config.profile,
            "scheme": config.scheme,
            "apiKey": masked(config.api_key),
            "apiKeySource": config.api_key_source and words.as_typed(config.api_key_source, settings=True),
        }
    )


def describe(command: Any) -> dict[str, Any]:
    """The tree of commands below a command, with options, types, defaults and exit codes."""
    tree = _described(command, "twf")
    codes = [{"code": int(code), "name": code.name.lower(), "meaning": code.meaning} for code in ExitCode]
    return tree | {"exitCodes": codes}


def _described(command: Any, name: str) -> dict[str, Any]:
    parameters = [one for one in command.params if not getattr(one, "hidden", False)]
    summary, _, example = (command.help or "").partition("Example:")
    children = getattr(command, "commands", {})
    return {
        "name": name,
        "help": " ".join(summary.split()),
        "example": example.strip().strip("`") or None,
        "arguments": [
            {"name": one.name, "metavar": one.metavar, "required": one.required, "many": one.nargs == -1}
            for one in parameters
            if one.param_type_name == "argument"
        ],
        "options": [
            {
                "names": [*one.opts, *one.secondary_opts],
                "type": "flag" if one.is_flag else one.type.name,
                "default": one.default if isinstance(one.default, int | float | str | None) else None,
                "required": one.required,
                "many": one.multiple,
                "help": one.help,
            }
            for one in parameters
            if one.param_type_name == "option"
        ],
        "commands": [_described(child, child_name) for child_name, child in children.items() if not child.hidden],
    }


def _print_tree(invocation: Invocation, commands: list[dict[str, Any]], before: str) -> None:
    for one in commands:
        name = f"{before} {one['name']}"
        if one["commands"]:
            _print_tree(invocation, one["commands"], name)
        else:
            invocation.output.line(f"{name:28} {one['help'].split('. ')[0].rstrip('.')}")
