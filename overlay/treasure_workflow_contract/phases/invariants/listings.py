"""Invariants of listings: pages hold every row once, in order, beyond the cursor; sizes are kept; filters filter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from hypothesis import strategies as st

from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.phases.invariants._invariant import Caller, invariant
from treasure_workflow_contract.sandbox.archives import pack
from treasure_workflow_contract.sandbox.contents import Sandbox

DEFAULT_SIZE = 100
_REFUSED = (400,)


class Listing(NamedTuple):
    """A listing by a cursor on ids, by the contract's `x-pagination`; `path` are its path parameters in a sandbox.

    Rows of other projects than those whose names begin with `marker` come and go meanwhile. `before` is a cursor just
    before the run's own rows, where ids rise: there may be more of others' than a page has.
    """

    operation: str
    path: dict[str, Any]
    rule: dict[str, Any]
    marker: str
    before: int | None

    def rows(self, call: Caller, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of one page, the first one that may have rows of the run's own unless a cursor says otherwise."""
        cursor = self.rule["cursor"]
        if self.before is not None and parameters.get(cursor) is None and self.order(parameters) > 0:
            parameters[cursor] = self.before
        rows: list[dict[str, Any]] = call(self.operation, {**self.path, **parameters}).get(self.rule["items"])
        call.true(f"the response has no {self.rule['items']}", rows is not None)
        return rows or []

    def order(self, parameters: Mapping[str, Any]) -> int:
        """1 where ids rise, -1 where they fall."""
        order = parameters.get(self.rule.get("orderParameter", ""), self.rule["order"])
        return 1 if order == "asc" else -1

    def id(self, row: dict[str, Any]) -> int:
        """What the cursor is compared with."""
        return int(row[self.rule["id"]])

    def own(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows that nobody else changes."""
        return [row for row in rows if row.get("project", row)["name"].startswith(self.marker)]


# What the path parameter of a listing names.
_SUBJECTS = {
    "getProjectSchedules": "project",
    "getProjectSessions": "project",
    "getSessionAttempts": "session",
}
BY_CURSOR = tuple(
    operation.id for operation in effective().operations.values() if operation.pagination.get("rule") == "id-cursor"
)


class Subjects(NamedTuple):
    """Ids of what invariants that only read are about; `marker` begins the names of its projects.

    `before` are ids just before the first ones that are the run's own, by the field of a listing's rows.
    """

    marker: str
    projects: list[int]
    sessions: list[int]
    attempts: list[int]
    before: dict[str, int]


def some_rows(call: Caller, sandbox: Sandbox) -> Subjects:
    """Things with rows in the listings about them, made where a target lets that, and else what there is."""
    if call.target.writes == "nothing":
        return Subjects("", sandbox.ensure("project"), sandbox.ensure("session"), sandbox.ensure("attempt"), {})
    first, *_ = (
        call("putProject", project=sandbox.new_project_name(f"with rows {number}"), revision="1", body=pack({}))
        for number in range(3)
    )
    text = "schedule:\n  daily>: 00:00:00\n+load:\n  echo>: '1'\n"
    files = {f"with-rows-{number}.dig": text for number in range(4)}
    name = sandbox.new_project_name("with rows")
    project = call("putProject", project=name, revision="1", schedule_from="2099-01-01T00:00:00Z", body=pack(files))
    workflows = call("getWorkflows", id=int(project["id"]), revision="1")["workflows"]
    attempts = []
    for number in range(8):
        day = max(number - 3, 1)  # the first of them are attempts of one session
        body = {"sessionTime": f"2025-01-0{day}T00:00:00Z", "params": {}, "retryAttemptName": str(number)}
        attempts.append(call("startAttempt", body={**body, "workflowId": workflows[number // 7]["id"]}))
        sandbox.wait_until_done(attempts[-1]["id"])
    schedules = call("getProjectSchedules", id=int(project["id"]))["schedules"]
    return Subjects(
        sandbox.new_project_name(""),
        [int(project["id"]), *sandbox.ensure("project")],
        [int(attempts[0]["sessionId"])],
        [int(attempt["id"]) for attempt in attempts] + sandbox.ensure("attempt"),
        {
            "projects": int(first["id"]) - 1,
            "workflows": min(int(row["id"]) for row in workflows) - 1,
            "schedules": min(int(row["id"]) for row in schedules) - 1,
        },
    )


def listings(subjects: Subjects) -> list[Listing]:
    """The listings about the first of these, and those that are about the whole account."""
    first = {"project": subjects.projects[:1], "session": subjects.sessions[:1]}
    return [
        Listing(operation, path, rule, subjects.marker, subjects.before.get(rule["items"]))
        for operation in BY_CURSOR
        for rule in [dict(effective().operations[operation].pagination)]
        for path in ([{"id": id} for id in first[_SUBJECTS[operation]]] if operation in _SUBJECTS else [{}])
    ]


def _check_order(call: Caller, ids: list[int], order: int) -> None:
    call.equal("the order of ids", ids, sorted(set(ids), key=lambda id: id * order))


def _ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


@invariant(*BY_CURSOR, writes=False, prepare=some_rows)
def pages_hold_every_row_once_and_in_order(
    call: Caller, sandbox: Sandbox, subjects: Subjects, data: st.DataObject
) -> None:
    """What a page of the whole holds, small pages hold, one after the other."""
    for listed in listings(subjects):
        chosen: dict[str, Any] = {}
        if "orderParameter" in listed.rule:
            chosen[listed.rule["orderParameter"]] = data.draw(st.sampled_from(["asc", "desc"]))
        _check_pages(call, listed, chosen, data)


def _check_pages(call: Caller, listed: Listing, chosen: dict[str, Any], data: st.DataObject) -> None:
    order = listed.order(chosen)
    whole = listed.rows(call, **chosen)
    _check_order(call, [listed.id(row) for row in whole], order)
    own = [listed.id(row) for row in listed.own(whole)]
    first = data.draw(st.integers(0, 5)) % max(len(own) - 1, 1)
    size = data.draw(st.integers(1, 3)) if "size" in listed.rule else DEFAULT_SIZE
    sizes = {listed.rule["size"]: size} if "size" in listed.rule else {}
    # The walk begins beyond a row of the run's own and ends with the last one known.
    expected = own[first + 1 : first + 1 + 3 * size]
    cursor = own[first] if own else 0
    walked: list[int] = []
    while expected and (expected[-1] - cursor) * order > 0:
        page = listed.rows(call, **chosen, **sizes, **{listed.rule["cursor"]: cursor})
        ids = [listed.id(row) for row in page]
        call.true(f"a page of {size} has {len(page)} rows", len(page) <= size)
        call.true("a page is empty before the last row", page)
        call.true(f"a row is not beyond the cursor {cursor}", all((id - cursor) * order > 0 for id in ids))
        _check_order(call, ids, order)
        walked += [listed.id(row) for row in listed.own(page)]
        cursor = ids[-1]
    call.equal("the rows of small pages", walked[: len(expected)], expected)


@invariant(*BY_CURSOR, writes=False, prepare=some_rows)
def sizes_of_pages_are_kept(call: Caller, sandbox: Sandbox, subjects: Subjects, data: st.DataObject) -> None:
    """No rows for 0, no more than asked for, and nothing beyond the maximum."""
    for listed in listings(subjects):
        _check_sizes(call, listed, data.draw(st.integers(1, 5)))


def _check_sizes(call: Caller, listed: Listing, few: int) -> None:
    size, maximum = listed.rule.get("size"), listed.rule.get("maximum")
    whole = listed.rows(call)
    call.true(f"{len(whole)} rows on a page", len(whole) <= listed.rule["default"])
    if size is None:
        return
    # What somebody starts meanwhile would come first.
    newest = int(whole[0]["id"]) + 1 if whole and listed.rule["order"] == "desc" else None
    same = {listed.rule["cursor"]: newest}
    call.equal("a page of no rows", listed.rows(call, **same, **{size: 0}), [])
    own = _ids(listed.own(whole))
    page = listed.rows(call, **same, **{size: few})
    call.true(f"a page of {few} has {len(page)} rows", len(page) == few or len(page) < few > len(own))
    shown = _ids(listed.own(page))
    call.equal("a page's first rows", shown, own[: len(shown)])
    largest = listed.rows(call, **same, **{size: maximum or 2 * DEFAULT_SIZE})
    call.equal("the largest page", _ids(listed.own(largest))[: len(own)], own)
    if maximum is not None:
        call(listed.operation, {**listed.path, size: maximum + 1}, status=_REFUSED)


def _many_rows(call: Caller, sandbox: Sandbox) -> dict[str, Any]:
    """A project with more workflows, schedules and attempts than a page has."""
    name = sandbox.new_project_name("with many rows")
    text = "schedule:\n  daily>: 00:00:00\n"
    files = {f"of-many-{number:03}.dig": text for number in range(DEFAULT_SIZE + 1)}
    project = call("putProject", project=name, revision="1", schedule_from="2099-01-01T00:00:00Z", body=pack(files))
    workflow = call("getWorkflows", id=int(project["id"]), revision="1", name="of-many-000")["workflows"][0]
    return {"project": project, "workflow": workflow}


@invariant(
    "putProject",
    "getWorkflows",
    "getWorkflowDefinitions",
    "getSchedules",
    "getProjectSchedules",
    prepare=_many_rows,
    once=True,
)
def a_page_has_a_hundred_rows_unless_asked(
    call: Caller, sandbox: Sandbox, many: dict[str, Any], _: st.DataObject
) -> None:
    """A hundred and one rows are a page of a hundred and one of one."""
    id, name = int(many["project"]["id"]), many["project"]["name"]
    workflows = call("getWorkflows", id=id, revision="1")["workflows"]
    call.equal("all workflows come at once", len(workflows), DEFAULT_SIZE + 1)
    schedules = call("getProjectSchedules", id=id)["schedules"]
    call.equal("rows of a page", len(schedules), DEFAULT_SIZE)
    rest = call("getProjectSchedules", id=id, last_id=int(schedules[-1]["id"]))["schedules"]
    call.equal("rows of the next page", len(rest), 1)
    before = min(int(row["id"]) for row in schedules) - 1
    page = call("getSchedules", last_id=before)["schedules"]
    call.equal("rows of a page", len(page), DEFAULT_SIZE)
    shown = [row for row in page if row["project"]["name"] == name]
    call.equal("the project's rows of a page", shown, schedules[: len(shown)])
    query = {"name_pattern": name, "search_project_name": True}
    page = call("getWorkflowDefinitions", query)["workflows"]
    call.equal("rows of a page", len(page), DEFAULT_SIZE)
    page += call("getWorkflowDefinitions", query, last_id=int(page[-1]["id"]))["workflows"]
    call.equal("workflows on all pages", page, workflows)
    call.equal("a larger page", call("getWorkflowDefinitions", query, count=DEFAULT_SIZE + 1)["workflows"], workflows)


def _many_projects(call: Caller, sandbox: Sandbox) -> list[dict[str, Any]]:
    archive = pack({})
    return [
        call("putProject", project=sandbox.new_project_name(f"of many {number}"), revision="1", body=archive)
        for number in range(DEFAULT_SIZE + 1)
    ]


@invariant("putProject", "getProjects", prepare=_many_projects, once=True)
def a_page_has_a_hundred_projects_unless_asked(
    call: Caller, sandbox: Sandbox, many: list[dict[str, Any]], _: st.DataObject
) -> None:
    """The same for projects, which are found by what their names have in common."""
    pattern = sandbox.new_project_name("of many ")
    page = call("getProjects", name_pattern=pattern)["projects"]
    call.equal("a page", page, many[:DEFAULT_SIZE])
    rest = call("getProjects", name_pattern=pattern, last_id=int(page[-1]["id"]))["projects"]
    call.equal("the next page", rest, many[DEFAULT_SIZE:])
    call.equal("a larger page", call("getProjects", name_pattern=pattern, count=DEFAULT_SIZE + 1)["projects"], many)


def _many_revisions(call: Caller, sandbox: Sandbox) -> dict[str, Any]:
    name, archive = sandbox.new_project_name("with many revisions"), pack({})
    names = [f"r{number}" for number in range(DEFAULT_SIZE + 1)]
    projects = [call("putProject", project=name, revision=revision, body=archive) for revision in names]
    return {"id": int(projects[-1]["id"]), "names": names}


@invariant("putProject", "getRevisions", prepare=_many_revisions, once=True)
def revisions_come_newest_first(call: Caller, sandbox: Sandbox, many: dict[str, Any], _: st.DataObject) -> None:
    """A hundred on a page; where the service links the next page, the rest is there."""
    newest_first = many["names"][::-1]
    response = call("getRevisions", id=many["id"])
    call.equal("a page", [row["revision"] for row in response["revisions"]], newest_first[:DEFAULT_SIZE])
    for name, found in (("r0", ["r0"]), ("nowhere", []), ("", [])):
        shown = call("getRevisions", id=many["id"], name=name)["revisions"]
        call.equal("the revisions of a name", [row["revision"] for row in shown], found)
    call.equal("revisions before any", call("getRevisions", id=many["id"], last_id=0)["revisions"], [])
    shown = call("getRevisions", id=many["id"], last_id=2**31 - 1)["revisions"]
    call.equal("revisions before the last there can be", shown, response["revisions"])
    if call.target.flavour == "digdag":
        return
    rule = effective().operations["getRevisions"].pagination
    for wrong in ({rule["size"]: -1}, {rule["size"]: rule["maximum"] + 1}, {rule["cursor"]: "r1"}):
        call("getRevisions", wrong, id=many["id"], status=_REFUSED)
    call.equal("a page of none", call("getRevisions", {rule["size"]: 0}, id=many["id"])["revisions"], [])
    last = call("getRevisions", {rule["size"]: 1, rule["cursor"]: _next(response, rule)}, id=many["id"])
    call.equal("the last page", [row["revision"] for row in last["revisions"]], newest_first[DEFAULT_SIZE:])
    call.equal("no link on a full page that is the last", _next(last, rule), None)
    call.true("a page that is not the last has no link to the next", _next(response, rule))
    for size in (1, 40):
        walked: list[str] = []
        after = None
        while len(walked) < size * 3:
            response = call("getRevisions", {rule["size"]: size, rule["cursor"]: after}, id=many["id"])
            page = [row["revision"] for row in response["revisions"]]
            call.equal("rows of a page", len(page), min(size, len(newest_first) - len(walked)))
            walked += page
            after = _next(response, rule)
            if after is None:
                break
        call.equal("the revisions of small pages", walked, newest_first[: len(walked)])
    call.equal("all of them on pages", walked, newest_first)
    call.equal("no link on the last page", after, None)


def _next(response: Any, rule: Mapping[str, Any]) -> str | None:
    """The cursor in the link to the next page, None where there is no link."""
    link = response
    for name in rule["nextLink"].split("."):
        link = (link or {}).get(name)
    return parse_qs(urlsplit(link).query)[rule["cursor"]][0] if link else None


def _many_attempts(call: Caller, sandbox: Sandbox) -> dict[str, Any]:
    name = sandbox.new_project_name("with many attempts")
    project = call("putProject", project=name, revision="1", body=pack({"empty.dig": "{}\n"}))
    workflow = call("getWorkflows", id=int(project["id"]), revision="1")["workflows"][0]
    attempts: list[dict[str, Any]] = []
    for number in range(DEFAULT_SIZE + 1):
        body = {
            "workflowId": workflow["id"],
            "sessionTime": f"2025-01-01T{number // 60:02}:{number % 60:02}:00Z",
            "params": {},
        }
        if number >= DEFAULT_SIZE // 2:
            # An account runs a limited number of attempts at once.
            sandbox.wait_until_done(attempts[number - DEFAULT_SIZE // 2]["id"])
        attempts.append(call("startAttempt", body=body))
    return {"project": project, "attempts": attempts}


@invariant(
    "putProject",
    "startAttempt",
    "getAttempts",
    "getSessions",
    "getProjectSessions",
    prepare=_many_attempts,
    once=True,
)
def a_page_has_a_hundred_attempts_unless_asked(
    call: Caller, sandbox: Sandbox, many: dict[str, Any], _: st.DataObject
) -> None:
    """The same for attempts and sessions, newest first."""
    ids = [attempt["id"] for attempt in many["attempts"]][::-1]
    sessions = [attempt["sessionId"] for attempt in many["attempts"]][::-1]
    project = many["project"]
    page = [row["id"] for row in call("getAttempts", project=project["name"])["attempts"]]
    call.equal("a page of attempts", page, ids[:DEFAULT_SIZE])
    rest = call("getAttempts", project=project["name"], last_id=int(page[-1]))["attempts"]
    call.equal("the next page of attempts", [row["id"] for row in rest], ids[DEFAULT_SIZE:])
    page = [row["id"] for row in call("getProjectSessions", id=int(project["id"]))["sessions"]]
    call.equal("a page of sessions", page, sessions[:DEFAULT_SIZE])
    after = int(page[-1])
    rest = call("getProjectSessions", id=int(project["id"]), last_id=after)["sessions"]
    call.equal("the next page of sessions", [row["id"] for row in rest], sessions[DEFAULT_SIZE:])
    page = [row["id"] for row in call("getSessions", last_id=int(sessions[0]) + 1)["sessions"]]
    call.equal("rows of a page", len(page), DEFAULT_SIZE)
