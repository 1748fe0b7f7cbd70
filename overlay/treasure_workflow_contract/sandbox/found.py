"""What is at a target already: what calls can be about where a run may make nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from treasure_workflow_contract.sandbox.contents import ATTEMPT_KINDS, POOL_KINDS, PROJECT_KINDS, Sandbox


class FoundSandbox(Sandbox):
    """What is at a target already, by the first page of each listing."""

    def provide(self, kind: str) -> dict[str, list[Any]]:
        """Reads the listing that tells of `kind`."""
        return _FINDERS[kind](self)

    def rows(self, path: str, field: str, **query: Any) -> list[dict[str, Any]]:
        """The rows of a listing's first page; none where the key may not read it, which is no mistake."""
        return self.readable_rows(path, field, **query)

    def project_names(self, beginning: str) -> list[str]:
        """The names of all projects that begin so."""
        return [project["name"] for project in projects_named(self, beginning)]


def projects_named(sandbox: Sandbox, beginning: str) -> list[dict[str, Any]]:
    """The projects whose names begin so."""
    # A backslash in a pattern makes a wildcard of what follows literal, and itself nothing.
    rows = all_rows(sandbox, "/api/projects", "projects", {"name_pattern": beginning})
    return [project for project in rows if str(project.get("name")).startswith(beginning)]


def all_rows(sandbox: Sandbox, path: str, field: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of all pages of a listing."""
    rows: list[dict[str, Any]] = []
    while True:
        cursor = {"last_id": rows[-1]["id"]} if rows else {}
        page = [row for row in sandbox.readable_rows(path, field, **query, **cursor) if "id" in row]
        if not page or (rows and page[-1]["id"] == rows[-1]["id"]):
            return rows
        rows += page


def of_project(sandbox: Sandbox, project: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The ids and names of a project and of what belongs to it."""
    workflows = sandbox.rows(f"/api/projects/{project['id']}/workflows", "workflows", revision=project["revision"])
    schedules = sandbox.rows(f"/api/projects/{project['id']}/schedules", "schedules")
    return {
        "project": [int(project["id"])],
        "project name": [project["name"]],
        "revision": [project["revision"]],
        "workflow": [int(workflow["id"]) for workflow in workflows],
        "workflow name": [workflow["name"] for workflow in workflows],
        "schedule": [int(schedule["id"]) for schedule in schedules],
    }


def of_attempts(sandbox: Sandbox, attempts: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The ids and names of attempts and of what belongs to them."""
    ids = [int(attempt["id"]) for attempt in attempts]
    tasks = [task for id in ids[:4] for task in sandbox.rows(f"/api/attempts/{id}/tasks", "tasks")]
    # The log files of one attempt, so that a file that is drawn is one of the attempt that is drawn with it.
    files: list[dict[str, Any]] = []
    logged = ids[:1]
    for id in ids[:4]:
        files = sandbox.rows(f"/api/logs/{id}/files", "files")
        if files:
            logged = [id]
            break
    return {
        "attempt": ids,
        "attempt name": [name for name in (attempt["retryAttemptName"] for attempt in attempts) if name],
        "log file": [file["fileName"] for file in files],
        "logged attempt": logged,
        "session": [int(attempt["sessionId"]) for attempt in attempts],
        "session time": [attempt["sessionTime"] for attempt in attempts],
        "task": [task["fullName"] for task in tasks],
    }


def _found_project(sandbox: Sandbox) -> dict[str, list[Any]]:
    projects = sandbox.rows("/api/projects", "projects")
    if not projects:
        return {kind: [] for kind in PROJECT_KINDS}
    return {
        **of_project(sandbox, projects[0]),
        "project": [int(project["id"]) for project in projects],
        "project name": [project["name"] for project in projects],
        "schedule": [int(schedule["id"]) for schedule in sandbox.rows("/api/schedules", "schedules")],
    }


def _found_attempts(sandbox: Sandbox) -> dict[str, list[Any]]:
    return of_attempts(sandbox, sandbox.rows("/api/attempts", "attempts"))


def _found_secrets(sandbox: Sandbox) -> dict[str, list[Any]]:
    projects = sandbox.ensure("project")[:1]
    return {
        "secret": [
            secret["key"] for id in projects for secret in sandbox.rows(f"/api/projects/{id}/secrets", "secrets")
        ]
    }


def found_pools(sandbox: Sandbox) -> dict[str, list[Any]]:
    """The ids and names of the account's pools and rules."""
    pools = sandbox.readable_rows("/api/pools", "pools")
    rules = sandbox.readable_rows("/api/pool_rules", "poolRules")
    return {
        "pool": [int(pool["id"]) for pool in pools],
        "pool name": [pool["name"] for pool in pools],
        "pool rule": [int(rule["id"]) for rule in rules],
    }


_FINDERS: dict[str, Callable[[Sandbox], dict[str, list[Any]]]] = {
    **dict.fromkeys(PROJECT_KINDS, _found_project),
    **dict.fromkeys(ATTEMPT_KINDS, _found_attempts),
    "secret": _found_secrets,
    **dict.fromkeys(POOL_KINDS, found_pools),
}
