"""Invariants of attempts: what a start is given is read back, an identity is taken once, a kill ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from treasure_workflow_contract.phases.invariants._invariant import Caller, invariant, looked_at
from treasure_workflow_contract.sandbox.archives import pack
from treasure_workflow_contract.sandbox.contents import Sandbox

_TOKYO = timezone(timedelta(hours=9))
_INSTANTS = st.datetimes(datetime(2001, 1, 1), datetime(2037, 12, 31)).map(lambda time: time.replace(microsecond=0))
_OFFSETS = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="$\x00"), max_size=15)
# Other numbers than integers come back as the server's own writing of them.
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)
# The server writes these itself.
_OWN = ("last_session_time", "next_session_time", "last_executed_session_time")
_PARAMS = st.dictionaries(_TEXTS.filter(lambda key: key not in _OWN), _VALUES, max_size=4)
_ZONES = {"nightly": _TOKYO, "report": UTC, "waiting": UTC}
_DAY = timedelta(days=1)
_MOST_TASKS = 1000


def of_workflow(sandbox: Sandbox, name: str) -> str:
    """The id of a workflow of the sandbox's project, as bodies have it."""
    return str(sandbox.some("workflow")[sandbox.some("workflow name").index(name)])


def start(sandbox: Sandbox, name: str, session_time: str, **more: Any) -> dict[str, Any]:
    """The body of a start."""
    return {"workflowId": of_workflow(sandbox, name), "sessionTime": session_time, "params": {}, **more}


def wait_until_begun(call: Caller, id: int) -> None:
    """Waits until an attempt has tasks. Raises Broken when that takes more than ten seconds."""
    begun = looked_at(lambda: call("getTasks", id=id)["tasks"], bool, seconds=10)
    call.true(f"attempt {id} does not begin", begun)


@invariant("startAttempt", "getAttempt", "getSession", "getAttempts", "putProject")
def an_attempt_is_what_was_started(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Workflow, session time, params and retry name are the start's, in the first attempt and in the next one."""
    name = data.draw(st.sampled_from(["nightly", "report", "waiting"]))
    zone = _ZONES[name]
    instant = data.draw(_INSTANTS).replace(tzinfo=data.draw(_OFFSETS))
    if data.draw(st.booleans()):
        # A session of the schedule itself.
        instant = instant.astimezone(_TOKYO).replace(hour=0, minute=0, second=0)
    retry_name = data.draw(
        st.none() | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)
    )
    params = data.draw(_PARAMS)
    more = {} if retry_name is None else {"retryAttemptName": retry_name}
    body = start(sandbox, name, instant.isoformat(), params=params, **more)
    workflow = body["workflowId"]
    if call.target.flavour == "hosted" and data.draw(st.booleans()):
        del body["workflowId"]
        body |= {"projectName": sandbox.some("project name")[0], "workflowName": name}
    attempt = call("startAttempt", body=body)
    project = {"id": str(sandbox.some("project")[0]), "name": sandbox.some("project name")[0]}
    call.equal("project", attempt["project"], project)
    call.equal("workflow", attempt["workflow"], {"id": workflow, "name": name})
    call.equal("sessionTime", attempt["sessionTime"], instant.astimezone(zone).isoformat())
    call.equal("retryAttemptName", attempt["retryAttemptName"], retry_name)
    call.equal("index", attempt["index"], 1)
    flags = ("done", "success", "cancelRequested")
    call.equal("flags", [attempt[flag] for flag in flags], [False, False, False])
    call.equal("finishedAt", attempt.get("finishedAt"), None)
    shown = {key: value for key, value in attempt["params"].items() if key not in _OWN}
    call.equal("params", shown, params)
    if name == "nightly":
        # A daily schedule's sessions are at midnight.
        midnight = instant.astimezone(zone).replace(hour=0, minute=0, second=0)
        earlier = midnight if midnight < instant else midnight - _DAY
        call.equal("last_session_time", attempt["params"]["last_session_time"], earlier.isoformat())
        call.equal("next_session_time", attempt["params"]["next_session_time"], (midnight + _DAY).isoformat())
    read = call("getAttempt", id=int(attempt["id"]))
    same = ("id", "index", "project", "workflow", "sessionId", "sessionUuid", "sessionTime", "params", "createdAt")
    call.equal("the attempt", [read[field] for field in same], [attempt[field] for field in same])
    call.equal(
        "the session's time", call("getSession", id=int(attempt["sessionId"]))["sessionTime"], attempt["sessionTime"]
    )
    # The same again is the attempt that there is; another name is its session's next attempt.
    conflict = call("startAttempt", body=body, status=(409,))
    call.equal("the attempt in the conflict", conflict["id"], attempt["id"])
    again = call("startAttempt", body={**body, "retryAttemptName": (retry_name or "") + "'"})
    call.equal("the session of the next attempt", again["sessionId"], attempt["sessionId"])
    last = call("getSession", id=int(attempt["sessionId"]))["lastAttempt"]
    call.equal("the session's last attempt", last["id"], again["id"])
    call.equal("uuid of the next attempt", again["sessionUuid"], attempt["sessionUuid"])
    call.equal("index of the next attempt", again["index"], 2)
    call.true("ids do not rise", int(again["id"]) > int(attempt["id"]))
    conflict = call("startAttempt", body=body, status=(409,))
    shown = again if retry_name is None else attempt
    call.equal("without a name it is the session's last, with one the one so named", conflict["id"], shown["id"])
    later = call("startAttempt", body={**body, "sessionTime": (instant + _DAY).isoformat()})
    call.true("another time has the same session", later["sessionId"] != attempt["sessionId"])
    call.equal("index in the other session", later["index"], 1)


@invariant("startAttempt", "getAttempt", "getAttempts", "putProject", once=True)
def a_refused_start_starts_nothing(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Unknown workflows, wrong times, names and resumes are refused, and no attempt is there afterwards."""
    body = start(sandbox, "nightly", "2025-01-01T00:00:00Z")
    refusals: list[tuple[int, dict[str, Any]]] = [
        (404, {"workflowId": str(2**62)}),
        (400, {"workflowId": "first"}),
        (400, {"sessionTime": "2025-01-01"}),
        (400, {"sessionTime": "2025-01-01T00:00:00"}),
        (400, {"sessionTime": None}),
        (400, {"params": "none"}),
        (400, {"params": None}),
        (400, {"retryAttemptName": ""}),
        (400, {"retryAttemptName": "x" * 256}),
        (400, {"resume": {"mode": "from", "attemptId": str(2**62), "from": "+load"}}),
        (400, {"resume": {"mode": "sideways", "attemptId": "1"}}),
        (400, {"resume": {"mode": "failed", "attemptId": "first"}}),
    ]
    if call.target.flavour == "hosted":
        by_name = {"workflowId": None, "projectName": sandbox.some("project name")[0], "workflowName": "nightly"}
        refusals += [
            (404, {**by_name, "projectName": sandbox.new_project_name("nowhere")}),
            (404, {**by_name, "workflowName": "nowhere"}),
            (400, {**by_name, "projectName": None}),
            (400, {**by_name, "workflowName": None}),
        ]
    for status, change in refusals:
        refusal = call("startAttempt", body={**body, **change}, status=(status,))
        call.equal("the error's status", refusal["status"], status)
    found = call("getAttempts", project=sandbox.some("project name")[0], include_retried=True)["attempts"]
    call.equal("attempts after a refusal", found, [])


@invariant("startAttempt", "putProject", "getWorkflowByName", "getWorkflowDefinitions", once=True)
def a_name_stands_for_the_newest_workflow(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """That of the latest push is found, listed, and started by the names of project and workflow (hosted)."""
    name = sandbox.new_project_name("pushed twice")
    for revision in ("1", "2"):
        project = call("putProject", project=name, revision=revision, body=pack({"again.dig": "{}\n"}))
        workflow = call("getWorkflowByName", id=int(project["id"]), name="again")
        call.equal("revision", workflow["revision"], revision)
        listed = call("getWorkflowDefinitions", name_pattern=name, search_project_name=True)["workflows"]
        call.equal("workflows listed", listed, [workflow])
        if call.target.flavour == "digdag":
            continue
        body = {"projectName": name, "workflowName": "again", "params": {}}
        started = call("startAttempt", body={**body, "sessionTime": f"2025-01-0{revision}T00:00:00Z"})
        call.equal("the workflow started", started["workflow"], {"id": workflow["id"], "name": "again"})


@invariant("startAttempt", "getAttempts", "putProject", "getWorkflows", once=True)
def too_many_tasks_are_refused(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Before anything is run: an attempt has a thousand at most, its root included."""
    name = sandbox.new_project_name("with many tasks")
    text = "".join(f"+t{number}:\n  echo>: x\n" for number in range(_MOST_TASKS))
    project = call("putProject", project=name, revision="1", body=pack({"many.dig": text}))
    (workflow,) = call("getWorkflows", id=int(project["id"]), revision="1")["workflows"]
    body = {"workflowId": workflow["id"], "sessionTime": "2025-01-01T00:00:00Z", "params": {}}
    call("startAttempt", body=body, status=(400,))
    call.equal("attempts", call("getAttempts", project=name)["attempts"], [])


@invariant("startAttempt", "killAttempt", "getAttempt", "getTasks", "putProject")
def a_killed_attempt_ends_without_success(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """A kill is taken while something runs and refused afterwards; tasks that never ran were not run."""
    attempt = call("startAttempt", body=start(sandbox, "waiting", data.draw(_INSTANTS).isoformat() + "Z"))
    id = int(attempt["id"])
    running = call("getAttempt", id=id)
    call.equal("done while it waits", running["done"], False)
    if not call("getTasks", id=id)["tasks"]:
        return
    # There is no body to read; what is said of its type is looked at all the same.
    call("killAttempt", id=id, content_type="text/plain", status=(400,))
    killed = call(
        "killAttempt", id=id, content_type=data.draw(st.sampled_from([None, "application/json"])), status=(200, 409)
    )
    if "message" in killed:
        return  # so early that nothing had begun yet
    call.equal("the attempt killed", killed["id"], attempt["id"])
    call.equal("cancelRequested after the kill", call("getAttempt", id=id)["cancelRequested"], True)


@invariant("startAttempt", "killAttempt", "getAttempt", "putProject")
def what_is_over_is_not_killed(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """A finished attempt stays as it is."""
    name = data.draw(st.sampled_from(["nightly", "report"]))
    attempt = call("startAttempt", body=start(sandbox, name, data.draw(_INSTANTS).isoformat() + "Z"))
    session = int(attempt["sessionId"])
    call.equal("the session's last attempt", call("getSession", id=session)["lastAttempt"]["id"], attempt["id"])
    sandbox.wait_until_done(attempt["id"])
    call.equal("whether it is done", call("getSession", id=session)["lastAttempt"]["done"], True)
    before = call("getAttempt", id=int(attempt["id"]))
    call.equal("success", before["success"], name == "nightly")
    call.equal("status", before["status"], "success" if name == "nightly" else "error")
    call.true("finishedAt is not set", before["finishedAt"])
    call("killAttempt", id=int(attempt["id"]), status=(409,))
    call.equal("the attempt after a refused kill", call("getAttempt", id=int(attempt["id"])), before)
