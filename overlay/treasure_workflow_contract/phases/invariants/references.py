"""Invariants of references: a row of a listing is what its id opens, and everything names everything else rightly."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from treasure_workflow_contract.phases.invariants._invariant import Caller, invariant
from treasure_workflow_contract.phases.invariants.listings import BY_CURSOR, Subjects, listings, some_rows
from treasure_workflow_contract.sandbox.contents import Sandbox

_OPENED_BY = {
    "projects": "getProject",
    "workflows": "getWorkflowDefinition",
    "schedules": "getSchedule",
    "sessions": "getSession",
    "attempts": "getAttempt",
}


_CHANGING = {"lastAttempt", "done", "success", "cancelRequested", "finishedAt", "status", "nextRunTime"}


def _is_over(row: dict[str, Any]) -> bool:
    """Whether nothing of a row changes by itself any more: of an attempt, or a session with its last attempt."""
    over: bool = row.get("done", (row.get("lastAttempt") or {}).get("done", True))
    return over


def _settled(row: dict[str, Any]) -> dict[str, Any]:
    """What stays the same of a row while attempts run and schedules fire."""
    return {name: value for name, value in row.items() if name not in _CHANGING}


@invariant(*BY_CURSOR, *_OPENED_BY.values(), prepare=some_rows, writes=False)
def a_row_is_what_its_id_opens(call: Caller, sandbox: Sandbox, subjects: Subjects, data: st.DataObject) -> None:
    """Every listing shows each thing as the operation for one of them does."""
    for listed in listings(subjects):
        rows = listed.own(listed.rows(call))
        if rows:
            row = data.draw(st.sampled_from(rows))
            opened = call(_OPENED_BY[listed.rule["items"]], id=int(row["id"]))
            call.equal("what the listing shows", _settled(opened), _settled(row))
            if _is_over(row):
                call.equal("what the listing shows", opened, row)


@invariant(
    "getProject",
    "getRevisions",
    "getWorkflows",
    "getWorkflowByName",
    "getProjectSchedules",
    prepare=some_rows,
    writes=False,
)
def a_project_is_its_newest_revision(call: Caller, sandbox: Sandbox, subjects: Subjects, data: st.DataObject) -> None:
    """Project, revisions, workflows and schedules name the same revision, workflows and project."""
    if not subjects.projects:
        return
    id = data.draw(st.sampled_from(subjects.projects))
    project = call("getProject", id=id)
    call.equal("id", project["id"], str(id))
    reference = {"id": project["id"], "name": project["name"]}
    newest = call("getRevisions", id=id)["revisions"][0]
    call.equal("the newest revision", newest["revision"], project["revision"])
    call.equal("archiveMd5", newest.get("archiveMd5"), project.get("archiveMd5"))
    call.equal("createdAt", newest["createdAt"], project["updatedAt"])
    call.true("a project is older than its newest revision", project["createdAt"] <= project["updatedAt"])
    workflows = call("getWorkflows", id=id, revision=project["revision"])["workflows"]
    for workflow in workflows:
        call.equal("project", workflow["project"], reference)
        call.equal("revision", workflow["revision"], project["revision"])
    call.equal(
        "the order of workflows", [row["id"] for row in workflows], sorted((row["id"] for row in workflows), key=int)
    )
    if workflows:
        workflow = data.draw(st.sampled_from(workflows))
        revision = data.draw(st.sampled_from([project["revision"], None]))
        named = call("getWorkflowByName", id=id, name=workflow["name"], revision=revision)
        call.equal("the workflow of that name", named, workflow)
        named = call("getWorkflows", id=id, name=workflow["name"], revision=project["revision"])
        call.equal("the workflows of that name", named["workflows"], [workflow])
    none = call("getWorkflows", id=id, revision=project["revision"], name="nowhere")
    call.equal("workflows of no name", none, {"workflows": []})
    call("getWorkflowByName", id=id, name="nowhere", status=(404,))
    for operation in ("getWorkflows", "getArchive"):
        call(operation, id=id, revision="nowhere" + project["revision"], status=(404,))
    if workflows:
        call("getWorkflowByName", id=id, name=workflows[0]["name"], revision="nowhere", status=(404,))
    known = {row["name"]: row["id"] for row in workflows}
    for schedule in call("getProjectSchedules", id=id)["schedules"]:
        call.equal("project", schedule["project"], reference)
        call.equal("workflow", known.get(schedule["workflow"]["name"]), schedule["workflow"]["id"])


@invariant(
    "getAttempt",
    "getSession",
    "getSessionAttempts",
    "getAttemptRetries",
    prepare=some_rows,
    writes=False,
)
def a_session_is_its_attempts(call: Caller, sandbox: Sandbox, subjects: Subjects, data: st.DataObject) -> None:
    """An attempt's session has it among its attempts, numbered from 1, and shows the newest."""
    if not subjects.attempts:
        return
    attempt = call("getAttempt", id=data.draw(st.sampled_from(subjects.attempts)))
    session = call("getSession", id=int(attempt["sessionId"]))
    for name in ("project", "sessionUuid", "sessionTime"):
        call.equal(name, session.get(name), attempt[name])
    call.equal("workflow's name", session["workflow"]["name"], attempt["workflow"]["name"])
    retries = call("getAttemptRetries", id=int(attempt["id"]))["attempts"]
    call.equal("indexes", [row["index"] for row in retries], list(range(1, len(retries) + 1)))
    call.equal("sessions", {row["sessionId"] for row in retries}, {session["id"]})
    call.true("an attempt is not among the retries", attempt["id"] in [row["id"] for row in retries])
    if len(retries) < 100:
        attempts = call("getSessionAttempts", id=int(session["id"]))["attempts"]
        newest_first = sorted((row["id"] for row in retries), key=int, reverse=True)
        call.equal("the session's attempts", [row["id"] for row in attempts], newest_first)
    call.equal("the last attempt", session["lastAttempt"]["id"], max((row["id"] for row in retries), key=int))
    newest = max(retries, key=lambda row: int(row["id"]))
    call.equal("workflow", session["workflow"], newest["workflow"])
    if newest["done"]:
        shown = session["lastAttempt"]
        # An open-source server shows neither of these here.
        same = shown.keys() | ({"poolId", "status"} if call.target.flavour == "hosted" else set())
        call.equal(
            "the last attempt", {name: shown.get(name) for name in same}, {name: newest.get(name) for name in same}
        )


@invariant("getAttempts", "getSessions", "getProjectSessions", prepare=some_rows, writes=False)
def attempts_and_sessions_are_filtered(call: Caller, sandbox: Sandbox, subjects: Subjects, data: st.DataObject) -> None:
    """By project and workflow, and without attempts that were retried unless these are asked for."""
    if not subjects.attempts:
        return
    attempt = call("getAttempt", id=data.draw(st.sampled_from(subjects.attempts)))
    project, workflow = attempt["project"], attempt["workflow"]["name"]
    newest = int(attempt["id"]) + 1
    if not any(row["id"] == project["id"] for row in call("getProjects", name=project["name"])["projects"]):
        return  # a deleted project cannot be named
    of_project = call("getAttempts", project=project["name"], include_retried=True, last_id=newest)["attempts"]
    call.true("the attempt is missing", of_project and _settled(of_project[0]) == _settled(attempt))
    call.equal("projects", {row["project"]["id"] for row in of_project}, {project["id"]})
    query = {"project": project["name"], "workflow": workflow, "last_id": newest}
    of_workflow = call("getAttempts", query, include_retried=True)["attempts"]
    call.equal("workflows", {row["workflow"]["name"] for row in of_workflow}, {workflow})
    if len(of_project) < 100:
        expected = [row["id"] for row in of_project if row["workflow"]["name"] == workflow]
        call.equal("the workflow's attempts", [row["id"] for row in of_workflow], expected)
    query["last_id"] = None
    latest = call("getAttempts", query)["attempts"]
    sessions = [row["sessionId"] for row in latest]
    call.equal("sessions of the newest attempts", len(set(sessions)), len(sessions))
    if len(latest) < 100:
        everything = call("getAttempts", query, include_retried=True)["attempts"]
        if len(everything) < 100:
            first: dict[str, str] = {}
            for row in everything:
                first.setdefault(row["sessionId"], row["id"])
            call.equal("newest attempts", [row["id"] for row in latest], list(first.values()))
    call.equal("no workflow", call("getAttempts", project=project["name"], workflow="nowhere"), {"attempts": []})
    rows = call("getProjectSessions", id=int(project["id"]), workflow=workflow)["sessions"]
    call.equal("workflows", {row["workflow"]["name"] for row in rows}, {workflow})
    call.equal("projects", {row["project"]["id"] for row in rows}, {project["id"]})
    if len(latest) < 100:
        by_id = sorted(set(sessions), key=int, reverse=True)
        call.equal("the workflow's sessions", [row["id"] for row in rows], by_id)
    call.equal("no workflow", call("getProjectSessions", id=int(project["id"]), workflow="nowhere"), {"sessions": []})


@invariant("getProjects", "getWorkflowDefinitions", "getProjectSchedules", prepare=some_rows, writes=False)
def projects_and_workflows_are_filtered(
    call: Caller, sandbox: Sandbox, subjects: Subjects, data: st.DataObject
) -> None:
    """By a name, and by a part of one in which letter case counts and nothing is a wildcard."""
    if not subjects.projects:
        return
    project = call("getProject", id=data.draw(st.sampled_from(subjects.projects)))
    name = project["name"]
    call.equal("the project of that name", call("getProjects", name=name), {"projects": [project]})
    call.equal("a project of no name", call("getProjects", name=name + "!"), {"projects": []})
    start = data.draw(st.integers(0, len(name) - 1))
    pattern = name[start : start + data.draw(st.integers(1, len(name)))]
    if "\\" not in pattern:
        before = int(project["id"]) - 1
        found = call("getProjects", name_pattern=pattern, last_id=before)["projects"]
        call.true("a project is missing", found[:1] == [project])
        call.true("a name without the pattern", all(pattern in row["name"] for row in found))
        if name[start] not in "%_":
            # A backslash makes of what follows a character like any other.
            same = call("getProjects", name_pattern=f"{name[:start]}\\{name[start:]}")
            call.equal("the project of that pattern", same, call("getProjects", name_pattern=name))
        swapped = name.swapcase()
        if swapped != name:
            others = call("getProjects", name_pattern=swapped)["projects"]
            call.true("letter case does not count", all(swapped in row["name"] for row in others))
        call.equal("a wildcard", call("getProjects", name_pattern=name + "%"), {"projects": []})
    workflows = call("getWorkflows", id=int(project["id"]), revision=project["revision"])["workflows"]
    if workflows:
        workflow = data.draw(st.sampled_from(workflows))
        before = int(workflow["id"]) - 1
        found = call("getWorkflowDefinitions", name_pattern=workflow["name"], last_id=before)["workflows"]
        call.true("a workflow is missing", found[:1] == [workflow])
        call.true("a name without the pattern", all(workflow["name"] in row["name"] for row in found))
        query = {"name_pattern": name, "last_id": before}
        if "\\" not in name:
            found = call("getWorkflowDefinitions", query)["workflows"]
            call.true("a name without the pattern", all(name in row["name"] for row in found))
            found = call("getWorkflowDefinitions", query, search_project_name=True)["workflows"]
            call.true("a workflow is missing", found[:1] == [workflow])
            names = [(row["name"], row["project"]["name"]) for row in found]
            call.true("names without the pattern", all(any(name in text for text in pair) for pair in names))
        call("getWorkflowDefinitions", order="sideways", status=(400,))
    for schedule in call("getProjectSchedules", id=int(project["id"]))["schedules"]:
        only = call("getProjectSchedules", id=int(project["id"]), workflow=schedule["workflow"]["name"])["schedules"]
        call.equal("the workflow's schedule", only, [schedule])
    call.equal("no schedule", call("getProjectSchedules", id=int(project["id"]), workflow="nowhere"), {"schedules": []})
