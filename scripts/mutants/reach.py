"""Which places a mutant is drawn from: what goes over the wire in the suite's reach. Each rule with its reason.

The suite runs against the mock in both flavours, knows it by HTTP alone, and cannot move its clock.
"""

from __future__ import annotations

import ast
import functools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.mutants.mutant import Change
from scripts.mutants.python_source import PythonSource

# Modules that answers come from. Left out: what a `.dig` file means and how its tasks run (dig*, cron, compiler,
# execution, operators, expressions, variables …), which the contract does not say and recorded answers hold; `/mock/`
# (control, faults, seeding, snapshots, settings …), which no other service has.
MOCK_ANSWERS = ("handlers/*.py", "resources.py")
MOCK_RULES = (
    *("handlers/*.py", "resources.py", "pages.py", "pools.py", "bodies.py", "names.py", "resuming.py", "app.py"),
    *("backfill.py", "scheduler.py", "session_times.py", "engine.py", "requests.py", "routing.py"),
)
MOCK_TIMES = ("times.py", "schedules.py", "task_logs.py", "resources.py")
MOCK_BODIES = ("bodies.py",)
MOCK_MEDIA = ("handlers/*.py", "requests.py", "app.py", "routing.py")

# What happens when a schedule falls due, or when attempts have waited for hours: the clock cannot be moved over HTTP.
_TIMED = {
    "settle",
    "run_due",
    "_run",
    "_start",
    "_runs",
    "_is_due",
    "_is_running",
    "_skip_delayed_by",
    "_next_run_time",
}
_TIMED |= {"_begin", "_release_held", "_send_spoiled"}
# Reading a `schedule:` or writing a record of a log is about `.dig` files again; of a message only the status is known.
_DIG = {"parse_schedule", "check_options", "_type_key", "_kind_and_command", "_hint", "_scalar_text", "_text", "_at"}
_DIG |= {
    "_optional_text",
    "_integer",
    "_time_of_day",
    "_hours_minutes_seconds",
    "_rule",
    "_bound",
    "_day",
    "_record_time",
}
# Asked when a setting is changed under `/mock/`; limits that the mock has for its own sake, or that it would take a
# thousand attempts to meet; how large a body may be, which is a server's setting; the web interface; the answer that an
# open-source server gives where the contract has none.
_ELSEWHERE = {"check_account_limit", "_check_depth", "check_waiting", "read", "_outside", "_done"}
# More such limits; what a real server falls over; what HTTP libraries never send; how HTTP tells where a body ends;
# SLAs and limits of hours.
_NEVER_ASKED = "|".join(
    (
        *(r"_MAX_(SESSIONS|SKIP|DEPTH)\b", r"content_length or 0\) > limit", r"running_attempts\(\) \+"),
        *(r"_MAX_FOLDER_NAME", r"len\(found\) > 1", r"len\(by_name\) <"),
        *(r"_BAD_TARGET", r"reply\.status != 204", r"\bsla_at\b", r"time_limits\."),
    )
)
# What nothing but `/mock/` shows or asks for, what only memory shows, and what is a limit again.
_CALLS_NOT_SEEN = ("request_log.add", "_release_held", "check_waiting", "_check_depth")
_CHANGES_NOT_SEEN = r"\bheld_for = |\bengine = None"
_WORDING = {"_no_creator", "_text_of", "_token", "_folder", "refusal", "_stated", "_repeated", "_java_local_text"}
_WORDS = ("ServiceError", "missing", "_Refused", "ValueError")


def is_in_reach(source: PythonSource) -> Callable[[Change], bool]:
    """Whether a change of a module of the mock can be seen."""
    spans = [source.span(node) for node in _left_out(source)]
    return lambda change: not any(begin <= edit.start < end for edit in change.edits for begin, end in spans)


def _left_out(source: PythonSource) -> Iterator[ast.expr | ast.stmt]:
    functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = [*source.nodes(ast.FunctionDef)]
    for function in [*functions, *source.nodes(ast.AsyncFunctionDef)]:
        timed = function.name in _TIMED and source.path.endswith(("scheduler.py", "engine.py", "app.py"))
        of_dig = function.name in _DIG and source.path.endswith(("schedules.py", "task_logs.py"))
        elsewhere = function.name in _WORDING | _ELSEWHERE
        if timed or of_dig or elsewhere or function.name.startswith("__"):
            yield function
    for statement in source.nodes(ast.AnnAssign):
        yield statement.annotation  # types are not there at run time
    for change in source.nodes(ast.Assign):
        if re.search(_CHANGES_NOT_SEEN, ast.unparse(change)):
            yield change
    for call in source.nodes(ast.Call):
        if ast.unparse(call.func).endswith(_CALLS_NOT_SEEN):
            yield call
        # Wording of messages: the contract says nothing of it. The status stands first.
        if isinstance(call.func, ast.Name) and call.func.id in _WORDS:
            yield from call.args[1 if call.func.id == "ServiceError" else 0 :]
    for choice in source.nodes(ast.If):
        # Faults are asked for under `/mock/`; an operation without a handler is not there.
        if re.search(rf"\bfault|route\.handler is None|{_NEVER_ASKED}", ast.unparse(choice.test)):
            yield choice


@functools.cache
def numbers_of_contract(contract: Path) -> frozenset[int]:
    """The bounds, defaults and page sizes that the contract states: other limits cannot be known from outside."""
    names = {"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "default"}
    found: set[int] = set()

    def collect(value: object) -> None:
        if isinstance(value, dict):
            found.update(item for key, item in value.items() if key in names and type(item) is int)
            for item in value.values():
                collect(item)
        elif isinstance(value, list):
            for item in value:
                collect(item)

    collect(json.loads(contract.read_text(encoding="utf-8")))
    return frozenset(found)


# The generated client. Left out: `sync` and `asyncio`, which hand on what `sync_detailed` and `asyncio_detailed` give
# (the suite calls these); the class `Client`, which sends no key; conveniences (`additional_keys`, item access);
# `_operations.py`, which the raw client does not read. Of statuses those that end in None, as another number does, and
# 403, which a service without access control never answers.
CLIENT_FUNCTIONS = ("_get_kwargs", "_parse_response", "_build_response", "sync_detailed", "asyncio_detailed")
STATUSES_NEVER_SEEN = {403}

# Corrections. Left out: wording and examples; `x-retry` and `servers`, which decide nothing that the raw client sends;
# what only an open-source server, an answer from long ago, access control or a redirect to object storage has; marks
# that bind the readers of a contract and not the service (`shortPageEnds`, a secret's `password`, a wider integer).
WORDING_KEYS = frozenset({"description", "example", "title", "summary", "tell", "url"})
CORRECTIONS_OUT_OF_REACH = frozenset(
    {"retry", "documentation-mock", "forbidden-answers", "log-file-timestamp", "last-attempt-status"}
    | {"workflow-reference-null", "archive-checksum-nulls", "pool-id-nulls"}
)
PARTS_OUT_OF_REACH = frozenset({"Forbidden", "303", "shortPageEnds", "int32", "password"})
