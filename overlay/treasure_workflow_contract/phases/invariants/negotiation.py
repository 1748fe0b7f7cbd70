"""Invariants of HTTP itself: a response is of a type that was accepted, and what is no path is not found."""

from __future__ import annotations

from hypothesis import strategies as st

from treasure_workflow_contract.phases.invariants._invariant import Caller, invariant
from treasure_workflow_contract.phases.invariants.reads import READS, parameters_of_something
from treasure_workflow_contract.sandbox.archives import pack
from treasure_workflow_contract.sandbox.contents import Sandbox

_OTHERS = {"application/json": "application/gzip", "application/gzip": "application/json"}


@invariant(
    *(operation.id for operation in READS if operation.tag != "Pool"),
    writes=False,
    once=True,
)
def a_response_is_of_a_type_that_is_accepted(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """Whatever else is accepted; and where nothing is that an operation responds with, it refuses."""
    for operation in READS:
        parameters = parameters_of_something(operation, sandbox)
        if call.target.reason_to_skip(operation) is not None or parameters is None:
            continue
        (own,) = operation.responses["200"]
        for accepted in (own, own.upper(), "application/*", f"text/html, {own};q=0.1", "text/html, */*;q=0.1"):
            status = call.outside(operation.id, parameters, Accept=accepted)
            # An archive may be a redirect to where archives are stored.
            call.true(f"status {status} where {own} is accepted", status in (200, 303))
        for accepted in ("text/html", _OTHERS[own], "application/xml"):
            status = call.outside(operation.id, parameters, Accept=accepted)
            call.equal(f"the status where only {accepted} is accepted", status, 406)
        status = call.outside(operation.id, parameters, beneath="/")
        call.true(f"status {status} with a slash at the end", status in (200, 303))
        for accepted in ("json", "a/b/c"):
            status = call.outside(operation.id, parameters, Accept=accepted)
            call.equal(f"the status where {accepted} is accepted, which is no type", status, 400)
        status = call.outside(operation.id, parameters, beneath="/nothing/at/all")
        call.equal("the status of a path that is none", status, 404)
        status = call.outside(operation.id, parameters, beneath="/%FF")
        call.equal("the status of a path that is no UTF-8", status, 400)


@invariant("putProject", "getProjects", once=True)
def an_upload_says_how_long_it_is(call: Caller, sandbox: Sandbox, _: None, data: st.DataObject) -> None:
    """One that does not is refused, so that half an archive is never taken for a whole one."""
    name = sandbox.new_project_name("in pieces")
    archive = pack({"empty.dig": "{}\n"})
    status = call.outside("putProject", {"project": name, "revision": "1"}, chunks=iter([archive[:9], archive[9:]]))
    call.equal("the status of an upload of unknown length", status, 400)
    call.equal("the project", call("getProjects", name=name), {"projects": []})
