"""Invariants of projects: what is pushed is there, byte for byte, and what is deleted is gone."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

from hypothesis import strategies as st

from treasure_workflow_contract.phases.invariants._invariant import Caller, invariant
from treasure_workflow_contract.sandbox.archives import pack
from treasure_workflow_contract.sandbox.contents import Sandbox
from treasure_workflow_contract.sandbox.own import SCHEDULE_FROM

_TASKS = st.sampled_from(["+load:\n  echo>: '1'\n", "+load:\n  echo>: '日本 & % /'\n", "+a:\n  +b:\n    fail>: x\n"])
_NAMES = st.sampled_from(["nightly.dig", "report.dig", "a_b-c.dig", "queries/orders.sql", "queries/x.dig", "größe.txt"])
_FILES = st.dictionaries(_NAMES, _TASKS, max_size=4)
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="/"), max_size=20)


_NO_WORKFLOWS = ("0th", "9th", "+plus", "^caret", "@home", "twice.dig", "daily load", "a+b")
_UNTIL_ANOTHER_SECOND = 1.1  # seconds; times of the service have no fractions


def workflow_names(files: dict[str, str]) -> set[str]:
    """The workflows that an archive of these files makes: the root's `.dig` files."""
    return {name.removesuffix(".dig") for name in files if name.endswith(".dig") and "/" not in name}


@invariant("putProject", "getProject", "getArchive", "getWorkflows", "getRevisions")
def a_project_is_what_was_pushed(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Name, revision, archive and workflows are the upload's; the revision before stays as it was."""
    name = sandbox.new_project_name(data.draw(_TEXTS.filter(lambda text: not text.endswith(".dig"))))
    pushed: dict[str, bytes] = {}
    files: dict[str, dict[str, str]] = {}
    revisions = data.draw(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20),
            min_size=1,
            max_size=2,
            unique=True,
        )
    )
    created: tuple[str, str] | None = None
    for revision in revisions:
        files[revision] = data.draw(_FILES)
        pushed[revision] = pack(files[revision])
        project = call("putProject", project=name, revision=revision, body=pushed[revision])
        call.equal("name", project["name"], name)
        call.equal("revision", project["revision"], revision)
        call.equal("deletedAt", project.get("deletedAt"), None)
        created = created or (project["id"], project["createdAt"])
        call.equal("id and createdAt", (project["id"], project["createdAt"]), created)
        call.equal("archiveMd5", project["archiveMd5"], _md5(pushed[revision]))
        call.equal("the project", call("getProject", id=int(project["id"])), project)
    assert created is not None, "a project has at least one revision"
    id = int(created[0])
    for revision, archive in pushed.items():
        response = call.response("getArchive", id=id, revision=revision)
        if response.status == 200:  # elsewhere it is a redirect to where archives are stored
            call.true("the archive is not the upload", response.body == archive)
        found = call("getWorkflows", id=id, revision=revision)["workflows"]
        call.equal("workflows", {row["name"] for row in found}, workflow_names(files[revision]))
        call.equal("revisions", {row["revision"] for row in found} | {revision}, {revision})
    call.equal("the newest archive", call.response("getArchive", id=id, revision=None).status in (200, 303), True)
    rows = call("getRevisions", id=id)["revisions"]
    call.equal("revisions", [row["revision"] for row in rows], revisions[::-1])
    call.equal("archiveMd5", [row["archiveMd5"] for row in rows], [_md5(pushed[name]) for name in revisions[::-1]])


@invariant("putProject", "getProject", "getRevisions", once=True)
def a_project_is_as_old_as_its_first_revision(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """And was updated when the newest one came."""
    name = sandbox.new_project_name("of two ages")
    first = call("putProject", project=name, revision="1", body=pack({}))
    call.equal("updatedAt", first["updatedAt"], first["createdAt"])
    time.sleep(_UNTIL_ANOTHER_SECOND)
    second = call("putProject", project=name, revision="2", body=pack({}))
    call.equal("createdAt", second["createdAt"], first["createdAt"])
    call.true("updatedAt is not later", second["updatedAt"] > first["updatedAt"])
    rows = call("getRevisions", id=int(first["id"]))["revisions"]
    call.equal("times of revisions", [row["createdAt"] for row in rows], [second["updatedAt"], first["createdAt"]])


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


@invariant("putProject", "getProject", "getRevisions", "getProjects", "getWorkflows", once=True)
def a_refused_push_changes_nothing(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """A revision's name is taken once; what is no project is refused, and all is as before."""
    project, revision = sandbox.some("project")[0], sandbox.some("revision")[0]
    name = sandbox.some("project name")[0]
    before = [
        call("getProject", id=project),
        call("getRevisions", id=project),
        call("getWorkflows", id=project, revision=revision),
    ]
    good = pack({"other.dig": "+a:\n  echo>: '1'\n"})
    refusals: list[tuple[int, dict[str, Any], bytes]] = [
        (409, {"revision": revision}, good),
        (400, {"revision": "next"}, good[: len(good) // 2]),
        (400, {"revision": "next"}, b"no archive"),
        (400, {"revision": "next"}, pack({"broken.dig": "+a: [\n"})),
        (400, {"revision": "next"}, pack({"two.dig": "+a:\n  echo>: x\n  fail>: y\n"})),
        (400, {"revision": "next"}, pack({"task.dig": "+a b:\n  echo>: x\n"})),
        (400, {"revision": "next"}, pack({"caret.dig": "+a^b:\n  echo>: x\n"})),
        (400, {"revision": "next"}, pack({"unknown.dig": "nonsense: 1\n+a:\n  echo>: x\n"})),
        (400, {"revision": "next"}, pack({"zone.dig": "timezone: Mars/Olympus\n+a:\n  echo>: x\n"})),
        (400, {"revision": "next"}, pack({"when.dig": "schedule:\n  fortnightly>: 1\n+a:\n  echo>: x\n"})),
        (400, {"revision": "next"}, pack({"odd.dig": "schedule:\n  daily>: 00:00:00\n  colour: red\n"})),
        (400, {"revision": "next"}, pack({"../out.dig": "+a:\n  echo>: x\n"})),
        (400, {"revision": "next", "clear_schedule": ["nowhere"]}, good),
        (400, {"revision": "next", "schedule_from": "yesterday"}, good),
        (400, {"revision": ""}, good),
        (400, {"revision": "x" * 256}, good),
        *((400, {"revision": "next"}, pack({f"{wrong}.dig": "{}\n"})) for wrong in _NO_WORKFLOWS),
    ]
    for wrong in ("a/b", "a.dig", "a\x00"):
        call("putProject", project=sandbox.new_project_name(wrong), revision="1", body=good, status=(400,))
    for status, query, archive in refusals:
        refusal = call("putProject", query, project=name, body=archive, status=(status,))
        call.equal("the error's status", refusal["status"], status)
        after = [
            call("getProject", id=project),
            call("getRevisions", id=project),
            call("getWorkflows", id=project, revision=revision),
        ]
        call.equal("what a refused push left", after, before)


@invariant(
    "putProject",
    "deleteProject",
    "getProject",
    "getProjects",
    "getWorkflows",
    "getSchedules",
    "startAttempt",
    "getAttempt",
    "getWorkflowDefinition",
)
def a_deleted_project_is_gone(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """It is found no more and starts nothing; its attempts and workflows can still be read, and its name is free."""
    id, name = sandbox.some("project")[0], sandbox.some("project name")[0]
    attempt, workflow, schedule = sandbox.some("attempt")[0], sandbox.some("workflow")[0], sandbox.some("schedule")[0]
    before = call("getAttempt", id=attempt)
    alive = call("getProject", id=id)
    archive = pack({"daily.dig": "schedule:\n  daily>: 00:00:00\n"})
    name_of_other = sandbox.new_project_name("not deleted")
    other = call("putProject", project=name_of_other, revision="1", schedule_from=SCHEDULE_FROM, body=archive)
    schedules = call("getProjectSchedules", id=int(other["id"]))
    deleted = call("deleteProject", id=id)
    call.equal("another project's schedules", call("getProjectSchedules", id=int(other["id"])), schedules)
    call.equal("the project deleted", {**deleted, "deletedAt": None}, {**alive, "deletedAt": None})
    for operation in (
        "getProject",
        "deleteProject",
        "getRevisions",
        "getProjectSchedules",
        "getProjectSecrets",
        "getProjectSessions",
        "getArchive",
    ):
        call(operation, id=id, status=(404,))
    call("getWorkflows", id=id, revision=sandbox.some("revision")[0], status=(404,))
    call("getSchedule", id=schedule, status=(404,))
    call("getAttempts", project=name, status=(404,))
    call.equal("projects of that name", call("getProjects", name=name), {"projects": []})
    call.equal(
        "workflows listed",
        [
            row
            for row in call("getWorkflowDefinitions", name_pattern="nightly", last_id=workflow - 1)["workflows"]
            if row["id"] == str(workflow)
        ],
        [],
    )
    call.equal("an attempt", call("getAttempt", id=attempt), before)
    call.equal("a workflow's id", call("getWorkflowDefinition", id=workflow)["id"], str(workflow))
    body = {"workflowId": str(workflow), "sessionTime": "2025-06-01T00:00:00Z", "params": {}}
    call("startAttempt", body=body, status=(404,))
    again = call("putProject", project=name, revision="1", body=pack({}))
    call.true("a deleted project came back", int(again["id"]) > id)


@invariant("putProjectSecret", "deleteProjectSecret", "getProjectSecrets")
def secrets_are_listed_until_they_are_deleted(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Keys are kept apart, set twice without harm, and never show a value."""
    id = sandbox.some("project")[0]
    keys = st.from_regex(
        r"[a-zA-Z]([a-zA-Z0-9_-]{0,8}[a-zA-Z0-9])?(\.[a-zA-Z]([a-zA-Z0-9_-]{0,8}[a-zA-Z0-9])?)?", fullmatch=True
    )
    expected: set[str] = set()
    for key in data.draw(st.lists(keys, min_size=1, max_size=4)):
        if key in expected and data.draw(st.booleans()):
            call("deleteProjectSecret", id=id, key=key)
            expected.discard(key)
        else:
            call("putProjectSecret", id=id, key=key, body={"value": "never shown"})
            expected.add(key)
        rows = call("getProjectSecrets", id=id)["secrets"]
        call.equal("keys", sorted(row["key"] for row in rows), sorted(expected))
        call.true("a value is shown", "never shown" not in str(rows))
    wrong = data.draw(st.sampled_from(["1a", "a.", "a..b", "a b", "-a", "a-", "ü", "x" * 256]))
    call("putProjectSecret", id=id, key=wrong, body={"value": "x"}, status=(400,))
    call("deleteProjectSecret", id=id, key=wrong, status=(400,))
    call("putProjectSecret", id=id, key="long", body={"value": "x" * 16385}, status=(400,))
    rows = call("getProjectSecrets", id=id)["secrets"]
    call.equal("keys after refusals", sorted(row["key"] for row in rows), sorted(expected))
    for key in expected:
        call("deleteProjectSecret", id=id, key=key)
    call.equal("keys", call("getProjectSecrets", id=id)["secrets"], [])
