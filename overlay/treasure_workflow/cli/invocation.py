"""What a command works with while it runs: the client it calls, and where its results go."""

from __future__ import annotations

import logging
import sys
from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

import typer

from treasure_workflow.cli.exit_codes import UsageError
from treasure_workflow.cli.output import Output

if TYPE_CHECKING:
    from treasure_workflow import TreasureWorkflow
    from treasure_workflow.cli.options import CommonOptions


class Invocation:
    """One run of a command. The client is made when it is first asked for."""

    def __init__(self, options: CommonOptions) -> None:
        self.options = options
        self.output = Output.of(options)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(self.output)
        if self.options.verbose:
            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(logging.Formatter("%(message)s"))
            logger = logging.getLogger("treasure_workflow")
            logger.addHandler(handler)
            logger.setLevel(logging.DEBUG)
            self._open.callback(logger.removeHandler, handler)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    @cached_property
    def client(self) -> TreasureWorkflow:
        """The client that the options, the environment and the configuration files make together."""
        return self.client_of(self.options.profile)

    def client_of(self, profile: str | None) -> TreasureWorkflow:
        """A client of a profile, closed with the command.

        Raises:
            ConfigError: The key file cannot be read, or the settings cannot be right.
        """
        from treasure_workflow import ConfigError, TreasureWorkflow

        key = None
        if self.options.api_key_file is not None:
            try:
                key = self.options.api_key_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is no text"
                raise ConfigError(f"--api-key-file {self.options.api_key_file}: {reason}") from None
        client = TreasureWorkflow(api_key=key, profile=profile, region=self.options.site, base_url=self.options.url)
        return self._open.enter_context(client)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Asks before something is destroyed, unless `--yes` said so already.

        Raises:
            UsageError: There is nobody to ask.
            typer.Exit: The answer is no.
        """
        if yes:
            return
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise UsageError(f"{question} Nobody is there to ask: say --yes, or --dry-run to see what would be.")
        if not typer.confirm(question, err=True):
            self.output.tell("nothing was changed")
            raise typer.Exit(0)
