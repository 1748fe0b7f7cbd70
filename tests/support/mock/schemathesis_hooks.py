"""What schemathesis has to know to run against the mock service: archives, ids that exist, and answers without a body.

Loaded by schemathesis itself, from the environment variable `SCHEMATHESIS_HOOKS`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from treasure_workflow_contract.sandbox.archives import archives

EXCEPTIONS = tomllib.loads((Path(__file__).parents[2] / "known.toml").read_text("utf-8"))["exception"]
_BARE = {entry["status"] for entry in EXCEPTIONS}
_IDS = 6  # an account that is tested begins with a few things of each kind, counted from 1
_OWN_IDS = 10_000  # more than a run makes: such an id may come from a link

schemathesis.openapi.media_type("application/gzip", archives())


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Leaves the length of the body to HTTP, where a false one means waiting for more, and makes many ids real ones."""
    if case.headers is not None:
        case.headers.pop("Content-Length", None)
    for name, value in (case.path_parameters or {}).items():
        if isinstance(value, int) and abs(value) > _OWN_IDS and value % 2:
            case.path_parameters[name] = value % _IDS


@schemathesis.check
def content_type_of_bodies(ctx: Any, response: Any, case: Any) -> bool | None:
    """`content_type_conformance`, but for the responses that have no body."""
    return None if _is_bare(response) else content_type_conformance(ctx, response, case)


@schemathesis.check
def schema_of_bodies(ctx: Any, response: Any, case: Any) -> bool | None:
    """`response_schema_conformance`, but for the responses that have no body."""
    return None if _is_bare(response) else response_schema_conformance(ctx, response, case)


def _is_bare(response: Any) -> bool:
    return not response.content and response.status_code in _BARE
