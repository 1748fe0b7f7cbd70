"""The text of `moment`, the library of dates that scripts have, which a package brings."""

from __future__ import annotations

from functools import cache
from importlib import metadata
from pathlib import Path

_PACKAGE = "js.momentjs"
_FILE = "js/momentjs/resources/moment.min.js"


@cache
def moment_library() -> str:
    """The library as it is installed, or nothing where no package brings it."""
    try:
        path = Path(str(metadata.distribution(_PACKAGE).locate_file(_FILE)))
        return path.read_text("utf-8")
    except (metadata.PackageNotFoundError, OSError):
        return ""
