"""The operators that reach outside the service: they do nothing and succeed, unless a script says otherwise.

A script belongs to the full name of a task: the outcome of its runs, or a list of outcomes for one run after another.
What operators name in their project they need: a query's file has to be there, and what is in it has to evaluate.
"""

from __future__ import annotations

import math
import re
import sys
from functools import partial

from treasure_workflow_mock._types import Flavour, Json, JsonObject
from treasure_workflow_mock.dig.config_values import boolean, nested, text
from treasure_workflow_mock.engine.expressions.template import ExpressionError
from treasure_workflow_mock.engine.operators.base import (
    Busy,
    OperatorKind,
    Outcome,
    Success,
    TaskRequest,
    task_failure,
    unexpected_error,
)
from treasure_workflow_mock.engine.operators.workspace import Workspace, check_workdir
from treasure_workflow_mock.engine.params import merged
from treasure_workflow_mock.errors import InvalidRequest

_EVERYWHERE = frozenset(
    [
        "bq",
        "bq_ddl",
        "bq_extract",
        "bq_load",
        "gcs_wait",
        "http",
        "http_call",
        "mail",
        "pg",
        "py",
        "redshift",
        "redshift_load",
        "redshift_unload",
        "s3_wait",
        "td",
        "td_ddl",
        "td_for_each",
        "td_load",
        "td_partial_delete",
        "td_result_export",
        "td_run",
        "td_table_export",
        "td_wait",
        "td_wait_table",
    ]
)
_DIGDAG_ONLY = frozenset(["embulk", "emr", "param_get", "param_set", "rb", "sh"])
_HOSTED_ONLY = frozenset(["databricks", "s3_copy", "s3_delete", "s3_move", "snowflake"])
# The operators that read a file as a template, and the option that may hold its content instead.
_TEMPLATES = {
    "bq": "query",
    "databricks": "query",
    "embulk": "config",
    "mail": "body",
    "pg": "query",
    "redshift": "query",
    "snowflake": "query",
    "td": "query",
    "td_for_each": "query",
    "td_load": "config",
    "td_wait": "query",
}
_TD = frozenset(name for name in _EVERYWHERE if name == "td" or name.startswith("td_"))
_JOBS = frozenset(["td", "td_for_each", "td_load", "td_result_export", "td_run", "td_table_export"])
_SCRIPT_KEYS = ("outcome", "seconds", "error", "log", "store")


def check_script(script: Json) -> None:
    """Checks what is to become of a task: an outcome, or a list of them.

    `outcome` is `success` or `error`, `seconds` how long it takes, `error` the error object, `log` lines to print,
    `store` params to store. All may be left out. Of a list each run takes the next, and those after it the last.

    Raises:
        InvalidRequest: The script means nothing; the message says what was expected.
    """
    if isinstance(script, list):
        if not script:
            raise InvalidRequest("a script must be an object or a list of them that is not empty")
        for outcome in script:
            _check_outcome(outcome)
    else:
        _check_outcome(script)


def _check_outcome(script: Json) -> None:
    if not isinstance(script, dict):
        raise InvalidRequest(f"a script must be an object or a list of objects, got {script!r}")
    if unknown := sorted(script.keys() - set(_SCRIPT_KEYS)):
        raise InvalidRequest(f"unknown field {unknown[0]!r} of a script; expected one of {', '.join(_SCRIPT_KEYS)}")
    seconds, log = script.get("seconds", 0), script.get("log", [])
    if script.get("outcome", "success") not in ("success", "error"):
        raise InvalidRequest(f"outcome must be success or error, got {script['outcome']!r}")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        raise InvalidRequest(f"seconds must be a number >= 0, got {seconds!r}")
    if not isinstance(log, list) or not all(isinstance(line, str) for line in log):
        raise InvalidRequest(f"log must be a list of strings, got {log!r}")
    for key in ("error", "store"):
        if not isinstance(script.get(key, {}), dict):
            raise InvalidRequest(f"{key} must be an object, got {script[key]!r}")


def _check(name: str, request: TaskRequest) -> None:
    """TaskError if a file that the operator needs is not there, or does not evaluate."""
    workspace = Workspace(request)
    config = _with_defaults(name, request.config)
    if name in _TEMPLATES:
        if "_command" not in config:
            text(config, _TEMPLATES[name])
        elif isinstance(config["_command"], dict):
            text(nested(config, "_command", required=True), "data")
        elif not (name == "td_load" and text(config, "_command").isdecimal()):  # the id of a saved connection
            _check_template(request, workspace, text(config, "_command"))
    elif name in _COMMANDS and "_command" in config:
        _COMMANDS[name](workspace, text(config, "_command"), config)
    elif "_command" in config:
        text(config, "_command")
    if name == "td" and request.account.flavour == "hosted" and config.get("download_file") is not None:
        raise unexpected_error("Parameter 'download_file' is not supported")


def _with_defaults(name: str, config: JsonObject) -> JsonObject:
    """A task's options over those that all tasks of its operator have, as in `_export: {td: {database: shop}}`."""
    defaults = nested(config, "td" if name in _TD else name, required=False)
    return {**defaults, **config}


def _check_template(request: TaskRequest, workspace: Workspace, name: str) -> None:
    content = workspace.read(name)
    try:
        request.template(content.decode())
    except UnicodeDecodeError:
        problem = f"Failed to read file: {name}: class java.nio.charset.MalformedInputException"
        raise unexpected_error(problem) from None
    except ExpressionError as error:
        raise unexpected_error(f"{error} in {name}") from None


def _check_module(workspace: Workspace, command: str, _config: JsonObject) -> None:
    """Python finds the module of a method in the workspace, or among its own."""
    module, dot, _ = command.partition(".")
    path = workspace.path(module)
    is_there = workspace.has_file(f"{path}.py") or workspace.has_folder(path)
    if dot and not is_there and module not in sys.stdlib_module_names:
        raise unexpected_error("Python command failed with code 1", _RUNTIME)


def _check_required(workspace: Workspace, _command: str, config: JsonObject) -> None:
    """Ruby finds the file that a task requires in the workspace; what it loads of its own has no folder."""
    required = "" if config.get("require") is None else text(config, "require")
    if "/" in required and not workspace.has_file(workspace.path(required.removesuffix(".rb") + ".rb")):
        raise unexpected_error("Ruby command failed with code 1", _RUNTIME)


def _check_script_file(workspace: Workspace, command: str, _config: JsonObject) -> None:
    """A shell finds a script by its path in the workspace, when that is what a command begins with."""
    match = _SCRIPT_FILE.match(command)
    if match is not None and not workspace.has_file(workspace.path(match["path"])):
        raise unexpected_error("Command failed with code 127", _RUNTIME)


_RUNTIME = "java.lang.RuntimeException"
_SCRIPT_FILE = re.compile(r"\s*(?:(?:ba)?sh\s+)?(?P<path>(?:\.{1,2}/)*[\w.-]+(?:/[\w.-]+)+|\./[\w.-]+)(?=\s|$)")
_COMMANDS = {"py": _check_module, "rb": _check_required, "sh": _check_script_file}


def _run(name: str, request: TaskRequest) -> Outcome:
    """Does what the account's script for the task says; without one it succeeds at once."""
    scripts, task = request.account.scripts, request.task.full_name
    given = scripts.get(task, {})
    script = given[0] if isinstance(given, list) else given
    end = request.begun_at + script.get("seconds", 0)
    if name not in _TD and request.now == request.begun_at:
        _check(name, request)
    if request.now < end:
        return Busy(end)
    if isinstance(given, list) and len(given) > 1:
        scripts[task] = given[1:]
    for line in script.get("log", []):
        request.log.print(line + "\n")
    if script.get("outcome") == "error":
        error = {"message": "scripted failure", **script.get("error", {})}
        raise task_failure(str(error["message"]), error)
    store = script.get("store", {})
    return Success(store_params=merged(_job_params(name, request), store) if name in _JOBS else store)


def _job_params(name: str, request: TaskRequest) -> JsonObject:
    """What a job of Treasure Data stores of itself. There was none, so nobody knows what it found."""
    job_id = str(request.account.next_id("job"))
    stored: JsonObject = {"last_job_id": job_id, "last_job": {"id": job_id, "num_records": 0}}
    if boolean(_with_defaults(name, request.config), "store_last_results", False):
        stored["last_results"] = {}
    return {"td": stored}


def _kinds(names: frozenset[str], *flavours: Flavour) -> dict[str, OperatorKind]:
    # The operators of Treasure Data look for their files before anything that `_retry` is about.
    return {
        name: OperatorKind(
            partial(_run, name),
            partial(_check, name) if name in _TD else check_workdir,
            heeds_retry=True,
            flavours=frozenset(flavours),
        )
        for name in names
    }


OUTSIDE_OPERATORS = {
    **_kinds(_EVERYWHERE, "hosted", "digdag"),
    **_kinds(_HOSTED_ONLY, "hosted"),
    **_kinds(_DIGDAG_ONLY, "digdag"),
}
