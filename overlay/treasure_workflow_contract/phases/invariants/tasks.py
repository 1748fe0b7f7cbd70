"""Invariants of tasks and logs: what a workflow says is run, in its order, with what it printed in the logs."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from treasure_workflow_contract.phases.invariants._invariant import Caller, invariant, looked_at
from treasure_workflow_contract.phases.invariants.attempts import start
from treasure_workflow_contract.sandbox.archives import pack
from treasure_workflow_contract.sandbox.contents import Sandbox

_NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True), min_size=1, max_size=3, unique=True)
_LONG = timedelta(minutes=1)  # for a task that looks every second
_WORDS = st.from_regex(r"[a-z]{1,8}", fullmatch=True)


@invariant("putProject", "startAttempt", "getTasks", "getFileHandles", "getFile", "getAttempt", "getWorkflows")
def tasks_are_those_of_the_workflow(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """One after the other or side by side, and all that comes after a failure is left alone."""
    names = data.draw(_NAMES)
    words = [data.draw(_WORDS) for _name in names]
    parallel = data.draw(st.booleans())
    failing = data.draw(st.none() | st.integers(0, len(names) - 1))
    lines = ["_parallel: true\n"] if parallel else []
    for number, (name, word) in enumerate(zip(names, words, strict=True)):
        operator = "fail>" if number == failing else "echo>"
        lines.append(f"+{name}:\n  {operator}: {word} ${{given}}\n")
    project = call(
        "putProject", project=sandbox.new_project_name("tasks"), revision="1", body=pack({"shown.dig": "".join(lines)})
    )
    workflow = call("getWorkflows", id=int(project["id"]), revision="1")["workflows"][0]
    given = data.draw(_WORDS)
    body = {"workflowId": workflow["id"], "sessionTime": "2025-01-01T00:00:00Z", "params": {"given": given}}
    attempt = call("startAttempt", body=body)
    id = int(attempt["id"])
    sandbox.wait_until_done(attempt["id"])
    call.equal("success", call("getAttempt", id=id)["success"], failing is None)
    tasks = call("getTasks", id=id)["tasks"]
    call.equal("the order of ids", [task["id"] for task in tasks], sorted((task["id"] for task in tasks), key=int))
    root = tasks[0]
    shown = [
        {
            "fullName": "+shown",
            "parentId": None,
            "isGroup": True,
            "state": "success" if failing is None else "group_error",
        },
        *(_expected(root, tasks, number, name, parallel, failing) for number, name in enumerate(names)),
    ]
    if failing is not None:
        alert = {"fullName": "+shown^failure-alert", "parentId": root["id"], "isGroup": False, "state": "success"}
        shown.append(alert)
    found = [{field: task[field] for field in expected} for task, expected in zip(tasks, shown, strict=False)]
    call.equal("tasks", found, shown)
    call.equal("how many tasks", len(tasks), len(shown))
    if failing is not None:
        error = tasks[1 + failing]["error"]
        call.equal("the error's message", error.get("message"), f"{words[failing]} {given}")
    _check_logs(call, id, names, words, given, [task["state"] for task in tasks[1 : 1 + len(names)]], failing)


def _expected(
    root: dict[str, Any], tasks: list[dict[str, Any]], number: int, name: str, parallel: bool, failing: int | None
) -> dict[str, Any]:
    if failing == number:
        state = "error"
    elif failing is not None and number > failing and not parallel:
        state = "blocked"
    else:
        state = "success"
    upstreams = [tasks[number]["id"]] if number and not parallel else []
    return {
        "fullName": f"+shown+{name}",
        "parentId": root["id"],
        "isGroup": False,
        "state": state,
        "upstreams": upstreams,
        "cancelRequested": False,
    }


def _check_logs(
    call: Caller, id: int, names: list[str], words: list[str], given: str, states: list[str], failing: int | None
) -> None:
    files = call("getFileHandles", attempt_id=id)["files"]
    if not files:
        return  # a server may keep no logs
    call.equal("the order of files", [file["fileName"] for file in files], sorted(file["fileName"] for file in files))
    for file in files:
        if "fileTimestamp" in file:  # the hosted service's own
            exact, rounded = (datetime.fromisoformat(file[field]) for field in ("fileTimestamp", "fileTime"))
            call.true(f"fileTimestamp is {exact - rounded} after fileTime", abs(exact - rounded) < timedelta(seconds=1))
    run = {f"+shown+{name}" for name, state in zip(names, states, strict=True) if state != "blocked"}
    call.true("a task that ran has no log", run <= {file["taskName"] for file in files})
    for number, name in enumerate(names):
        if number == failing or states[number] == "blocked":
            continue
        task = f"+shown+{name}"
        of_task = call("getFileHandles", attempt_id=id, task=task)["files"]
        expected = [file for file in files if file["taskName"].startswith(task)]
        call.equal("the task's files", [file["fileName"] for file in of_task], [file["fileName"] for file in expected])
        own = [file for file in of_task if file["taskName"] == task]
        data = call("getFile", attempt_id=id, file_name=own[0]["fileName"])
        call.equal("fileSize", own[0]["fileSize"], len(data))
        text = gzip.decompress(data).decode()
        call.true(f"the log lacks what was printed: {text!r}", f"{words[number]} {given}" in text)
    for status, wrong in ((404, "+nowhere@0.log.gz"), (400, "/etc/passwd"), (400, "../x"), (400, "a\x00")):
        call("getFile", attempt_id=id, file_name=wrong, status=(status,))


@invariant("startAttempt", "getTasks", "getAttempt", "putProject")
def what_succeeded_is_not_run_again(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """A resumed attempt carries over what went well, and runs the rest."""
    text = "+begin:\n  echo>: '1'\n+second:\n  echo>: '2'\n+third:\n  fail>: ${reason}\n"
    files = {"resumed.dig": text}
    project = call("putProject", project=sandbox.new_project_name("resumed"), revision="1", body=pack(files))
    workflow = call("getWorkflows", id=int(project["id"]), revision="1")["workflows"][0]
    body = {"workflowId": workflow["id"], "sessionTime": "2025-01-01T00:00:00Z", "params": {"reason": "x"}}
    source = call("startAttempt", body=body)
    sandbox.wait_until_done(source["id"])
    resume, carried = data.draw(
        st.sampled_from(
            [
                ({"mode": "failed"}, ["begin", "second"]),
                ({"mode": "from", "from": "+third"}, ["begin", "second"]),
                ({"mode": "from", "from": "+second"}, ["begin"]),
                ({"mode": "from", "from": "+begin"}, []),
            ]
        )
    )
    resume = {**resume, "attemptId": source["id"]}
    attempt = call("startAttempt", body={**body, "retryAttemptName": "again", "resume": resume})
    sandbox.wait_until_done(attempt["id"])
    tasks = {task["fullName"]: task for task in call("getTasks", id=int(attempt["id"]))["tasks"]}
    for name in ("begin", "second"):
        task = tasks[f"+resumed+{name}"]
        call.equal("state", task["state"], "success")
        call.equal(f"whether {name} was carried over", task["startedAt"] is None, name in carried)
    call.equal("state", tasks["+resumed+third"]["state"], "error")
    # What no name ends with, what all end with, and what is too short.
    for end in ("+nowhere", "", "n"):
        wrong = {"mode": "from", "from": end, "attemptId": source["id"]}
        call("startAttempt", body={**body, "retryAttemptName": "third", "resume": wrong}, status=(400,))


@invariant("startAttempt", "getAttempts", "putProject", once=True)
def only_what_succeeded_is_carried_over(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """A task after one that failed is no place to begin at, and there is nothing to resume where all went well."""
    text = "+first:\n  fail>: x\n+second:\n  echo>: '2'\n+third:\n  echo>: '3'\n"
    name = sandbox.new_project_name("not resumed")
    project = call("putProject", project=name, revision="1", body=pack({"failed.dig": text, "well.dig": "{}\n"}))
    workflows = call("getWorkflows", id=int(project["id"]), revision="1")["workflows"]
    ways: dict[str, list[dict[str, Any]]] = {
        "failed": [{"mode": "from", "from": "+second"}, {"mode": "from", "from": "+third"}],
        "well": [{"mode": "failed"}, {"mode": "from"}],
    }
    for workflow in workflows:
        body = {"workflowId": workflow["id"], "sessionTime": "2025-01-01T00:00:00Z", "params": {}}
        source = call("startAttempt", body=body)
        sandbox.wait_until_done(source["id"])
        for way in ways[workflow["name"]]:
            resume = {**way, "attemptId": source["id"]}
            call("startAttempt", body={**body, "retryAttemptName": "again", "resume": resume}, status=(400,))
    call.equal("attempts", len(call("getAttempts", project=name, include_retried=True)["attempts"]), len(workflows))


@invariant("startAttempt", "getAttempt", "getProjectSessions", "putProject", once=True)
def a_workflow_that_another_one_requires_is_run(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """At the same session time, and before what comes after; its failure is the other's."""
    files = {
        "well.dig": "+need:\n  require>: part\n+after:\n  echo>: '1'\n",
        "ill.dig": "+need:\n  require>: broken\n+after:\n  echo>: '1'\n",
        "part.dig": "+a:\n  echo>: '1'\n",
        "broken.dig": "+a:\n  fail>: x\n",
    }
    project = call("putProject", project=sandbox.new_project_name("with requirements"), revision="1", body=pack(files))
    workflows = call("getWorkflows", id=int(project["id"]), revision="1")["workflows"]
    ids = {row["name"]: row["id"] for row in workflows}
    time = "2025-01-01T00:00:00+00:00"
    for name, well in (("well", True), ("ill", False)):
        attempt = call("startAttempt", body={"workflowId": ids[name], "sessionTime": time, "params": {}})
        sandbox.wait_until_done(attempt["id"])
        call.equal("success", call("getAttempt", id=int(attempt["id"]))["success"], well)
    found = call("getProjectSessions", id=int(project["id"]))["sessions"]
    shown = {row["workflow"]["name"]: (row["sessionTime"], row["lastAttempt"]["success"]) for row in found}
    expected = {name: (time, name in ("well", "part")) for name in ids}
    call.equal("sessions, and how they ended", shown, expected)


def _waiting(call: Caller, id: str, enough: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """The tasks as soon as one that waits is so, or as they are after five seconds."""
    return looked_at(
        lambda: call("getTasks", id=int(id))["tasks"],
        lambda tasks: any(task["state"] == "retry_waiting" and enough(task) for task in tasks),
        seconds=5,
    )


@invariant("startAttempt", "getTasks", "putProject", once=True)
def a_waiting_task_shows_when_it_looks_again(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Until it is over an attempt has no end, and no task of it has failed."""
    attempt = call("startAttempt", body=start(sandbox, "waiting", "2025-01-01T00:00:00Z"))
    tasks = _waiting(call, attempt["id"], lambda task: True)
    for task in tasks:
        if task["state"] == "retry_waiting":
            looked, again = (datetime.fromisoformat(task[field]) for field in ("updatedAt", "retryAt"))
            call.true(f"looks again {again - looked} later", timedelta(0) <= again - looked <= _LONG)
        else:
            call.equal("retryAt", task.get("retryAt"), None)
    names = [task["fullName"] for task in tasks]
    call.equal("tasks", names, ["+waiting", "+waiting+pause"][: len(names)])
    due = {task["retryAt"] for task in tasks if task["state"] == "retry_waiting"}
    later = _waiting(call, attempt["id"], lambda task: task["retryAt"] not in due)
    due_again = {task["retryAt"] for task in later if task["state"] == "retry_waiting"}
    call.true("a task that waits does not look again", not due or due_again - due)
    states = {task["state"] for task in tasks}
    allowed = {"planned", "blocked", "ready", "running", "retry_waiting"}
    call.true(f"states {states}", states <= allowed)
    shown = call("getAttempt", id=int(attempt["id"]))
    call.equal("done", [shown["done"], shown.get("finishedAt")], [False, None])
