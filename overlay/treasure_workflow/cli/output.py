"""What commands print: tables for people, JSON and tab-separated values for programs, and notes beside them."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, tzinfo
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from treasure_workflow.cli.exit_codes import UsageError

if TYPE_CHECKING:
    from treasure_workflow.cli.options import CommonOptions

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
Format = Literal["table", "json", "jsonl", "tsv"]


@dataclass(frozen=True)
class Column(Generic[T_contra]):
    """A column of a table: its header, and what stands in it."""

    header: str
    value: Callable[[T_contra], object]
    expendable: bool = False
    """Whether it goes first where the terminal is too narrow for all columns."""


class Output:
    """Where a command's results go, and in which form. Notes, questions and progress go to stderr."""

    def __init__(self, form: Format, file: Path | None, zone: tzinfo | None) -> None:
        self.form = form
        self._file = file
        self.zone = zone
        self._kept = StringIO() if file is not None else None

    @classmethod
    def of(cls, options: CommonOptions) -> Self:
        """The output that the options ask for.

        Raises:
            UsageError: Two forms at once, or no such zone.
        """
        asked: list[Format] = [form for form in ("json", "jsonl", "tsv") if getattr(options, form)]
        if len(asked) > 1:
            raise UsageError(f"give one of --json, --jsonl and --tsv, got {' and '.join(asked)}")
        zone: tzinfo | None = None
        if options.tz:
            try:
                zone = ZoneInfo(options.tz)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise UsageError(f"no zone {options.tz!r}: give one such as Asia/Tokyo or UTC") from None
        if options.output is not None and not options.output.absolute().parent.is_dir():
            raise UsageError(f"--output {options.output}: its folder does not exist")
        return cls(asked[0] if asked else "table", options.output, zone)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Writes the file of `--output`, whole, unless the command failed before it had a result."""
        if self._file is None or self._kept is None or (kind is not None and not self._kept.getvalue()):
            return
        target = self._file.absolute()
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(self._kept.getvalue())
        os.replace(name, target)

    @property
    def is_for_people(self) -> bool:
        """Whether somebody reads along, so that tables, progress and colours make sense."""
        return self.form == "table"

    def rows(self, items: Iterable[T], columns: Sequence[Column[T]], *, empty: str = "nothing to show") -> None:
        """Prints a listing: all fields of each item as JSON, the columns otherwise."""
        if self.form == "json":
            self.json([plain(item) for item in items])
        elif self.form == "jsonl":
            for item in items:
                self.line(_compact(plain(item)))
        elif self.form == "tsv":
            self.line("\t".join(column.header for column in columns))
            for item in items:
                self.line("\t".join(_field(self.shown(column.value(item))) for column in columns))
        else:
            self._table(list(items), columns, empty)

    def record(self, value: object, fields: Mapping[str, object] | None = None) -> None:
        """Prints one object: all of it as JSON; for people its fields, or those that are given, one a line."""
        if self.form in ("json", "jsonl"):
            found = plain(value)
            self.json(found) if self.form == "json" else self.line(_compact(found))
            return
        shown = fields if fields is not None else plain(value)
        if self.form == "tsv":
            self.line("\t".join(shown))
            self.line("\t".join(_field(self.shown(field)) for field in shown.values()))
            return
        width = max((len(name) for name in shown), default=0)
        for name, field in shown.items():
            first, *more = self.shown(field).splitlines() or [""]
            self.line(f"{name:{width}}  {first}")
            for line in more:
                self.line(f"{'':{width}}  {line}")

    def json(self, value: object) -> None:
        """Prints a JSON value, alone on stdout."""
        self.line(json.dumps(value, ensure_ascii=False, indent=2, default=_text))

    def line(self, text: str) -> None:
        """Prints a line of the result."""
        self.write(text + "\n")

    def write(self, text: str) -> None:
        """Prints a part of the result as it is."""
        if self._kept is not None:
            self._kept.write(text)
            return
        sys.stdout.write(text)
        sys.stdout.flush()

    def tell(self, note: str) -> None:
        """Says something beside the result, on stderr."""
        print(note, file=sys.stderr)

    def shown(self, value: object) -> str:
        """A value as people read it, times in the zone that was asked for."""
        if value is None:
            return ""
        if isinstance(value, datetime):
            local = value.astimezone(self.zone) if self.zone is not None else value
            return local.isoformat(sep=" ", timespec="seconds").replace("+00:00", "Z")
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list | tuple):
            return ", ".join(self.shown(one) for one in cast("Iterable[object]", value))
        if isinstance(value, Mapping):
            return _compact(plain(value))
        return printable(str(value))

    def readable(self, text: str) -> str:
        """A text of the client as people read it: the times in it as tables have them, and nothing that steers."""
        return _TIME.sub(lambda found: self.shown(datetime.fromisoformat(found[0])), printable(text))

    def _table(self, items: list[T], columns: Sequence[Column[T]], empty: str) -> None:
        if not items:
            self.tell(empty)
            return
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        def table_of(columns: Sequence[Column[T]]) -> Table:
            table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
            for column in columns:
                table.add_column(column.header, overflow="fold")
            for item in items:
                texts = (self.shown(column.value(item)) for column in columns)
                table.add_row(*(Text(text, style=_STYLES.get(text, "")) for text in texts))
            return table

        file = StringIO()
        terminal = Console(file=sys.stdout)
        to_terminal = self._kept is None and terminal.is_terminal
        console = Console(
            file=file,
            force_terminal=to_terminal,
            color_system="auto" if to_terminal else None,
            width=terminal.width if to_terminal or "COLUMNS" in os.environ else 10_000,
        )
        table = table_of(columns)
        wide = Console(width=10_000)
        while wide.measure(table).maximum > console.width and any(one.expendable for one in columns):
            last = max(place for place, one in enumerate(columns) if one.expendable)
            columns = [one for place, one in enumerate(columns) if place != last]
            table = table_of(columns)
        console.print(table)
        self.write("\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n")


_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_STYLES = {
    **dict.fromkeys(("error", "group_error", "failed"), "red"),
    **dict.fromkeys(("killed", "canceling", "canceled"), "magenta"),
    "success": "green",
    "running": "cyan",
}


def plain(value: Any) -> Any:
    """A value as JSON has it: models by the names of the contract, times as ISO 8601."""
    if hasattr(value, "to_dict"):
        return plain(value.to_dict())
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in cast("Iterable[object]", value)]
    return _text(value) if isinstance(value, datetime | date | Path) else value


def printable(text: str) -> str:
    """A text from outside with its control and direction characters escaped: none of them steers the terminal."""
    return "".join(one if one in "\n\t" or one.isprintable() else f"\\u{ord(one):04x}" for one in text)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "), default=_text)


def _field(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
