"""Ids of the wrong kind: a model of anything else is refused before any request, by every method."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from tests.support.client.methods import NOUNS, arguments, kind_of, methods, outcome, parameters_of
from tests.support.client.support import (
    Guise,
    ScriptedServer,
    attempt,
    json_response,
    project,
    workflow,
)
from treasure_workflow import AsyncFleet, AsyncTreasureWorkflow, Fleet, NotFound, TreasureWorkflow, _ids
from treasure_workflow_api import models

ONE: dict[str, Any] = {"id": "12", "name": "shop"}
SAMPLES: dict[str, tuple[str, Any]] = {
    # class: the kind whose place it may take, a model
    "RestProject": ("project", models.RestProject.from_dict(project())),
    "RestWorkflowDefinition": ("workflow", models.RestWorkflowDefinition.from_dict(workflow())),
    "RestSchedule": (
        "schedule",
        models.RestSchedule.from_dict(
            {
                "id": "12",
                "project": ONE,
                "workflow": ONE,
                "nextRunTime": "2024-05-09T18:00:00Z",
                "nextScheduleTime": "2024-05-10T00:00:00+09:00",
                "disabledAt": None,
            }
        ),
    ),
    "RestSessionAttempt": ("attempt", models.RestSessionAttempt.from_dict(attempt(12))),
    "RestSession": (
        "session",
        models.RestSession.from_dict(
            {
                "id": "12",
                "project": ONE,
                "workflow": ONE,
                "sessionUuid": "0b6f7f0e-3f0b-4a52-9d6c-2d1c7f6f4f10",
                "sessionTime": "2024-05-09T00:00:00+09:00",
                "lastAttempt": None,
            }
        ),
    ),
    "RestPool": ("pool", models.RestPool(concurrency_limit=5, default=False, id="12", name="shop")),
    "RestPoolRule": ("pool rule", models.RestPoolRule(conditions=[], id="12", pool_id="12", priority=12)),
    "RestRevision": (
        "revision",
        models.RestRevision.from_dict(
            {"revision": "r1", "createdAt": "2024-05-09T18:00:00Z", "archiveType": "db", "archiveMd5": None}
        ),
    ),
}


def places() -> list[tuple[str, str, str]]:
    """Every parameter of every method that takes a thing."""
    return [(noun, name, one.name) for noun, name in methods() for one in parameters_of(noun, name) if kind_of(one)]


@pytest.mark.parametrize(("noun", "name", "parameter"), places())
def test_a_model_of_another_kind_is_refused(
    noun: str, name: str, parameter: str, server: ScriptedServer, guise: Guise
) -> None:
    """A TypeError, and not a single request: the number would be somebody else's."""
    method = getattr(getattr(guise.client, noun), name)
    kind = kind_of(inspect.signature(method).parameters[parameter])
    for model_kind, model in SAMPLES.values():
        if model_kind != kind:
            positional, named = arguments(method, parameter, model)
            with pytest.raises(TypeError, match=r"is wanted, not a"):
                outcome(guise, method, positional, named)
    assert server.requests == []


def test_every_noun_takes_things() -> None:
    """No noun is left out, and no method."""
    tried = places()
    assert {noun for noun, *_ in tried} == set(NOUNS)
    assert len({(noun, name) for noun, name, _ in tried}) >= 25


@pytest.mark.parametrize("value", [None, True, 1.5, "", object(), [12], "1a", "..", b"12"])
def test_what_is_no_thing_at_all_is_refused(value: Any, server: ScriptedServer, guise: Guise) -> None:
    """What has no id and no name is a ValueError before any request."""
    for call in (guise.client.projects.get, guise.client.workflows.get, guise.client.attempts.get):
        with pytest.raises(ValueError, match=r"."):
            guise.run(lambda call=call: call(value))  # type: ignore[misc]
    assert server.requests == []


def test_references_name_what_they_refer_to(server: ScriptedServer, guise: Guise) -> None:
    """What a model says of its project or its workflow can be given for one, and a session's last attempt for one."""
    server.response = lambda request: json_response(
        {"id": "12", **project()} if "projects" in request.path else workflow()
    )
    found = models.RestSessionAttempt.from_dict(attempt())
    guise.run(lambda: guise.client.projects.get(found.project))
    guise.run(lambda: guise.client.workflows.get(found.workflow))
    assert [request.path for request in server.requests] == ["/api/projects/12", "/api/workflows/77"]


def test_find_compares_the_name(server: ScriptedServer, guise: Guise) -> None:
    """A server that takes no notice of the name does not get the wrong project deleted."""
    others = [project(1, "other"), project(2, "Shop")]
    server.response = lambda _: json_response({"projects": others})
    with pytest.raises(NotFound, match="no project is named 'shop'"):
        guise.run(lambda: guise.client.projects.delete("shop"))
    assert [request.method for request in server.requests] == ["GET"]
    others.append(project(3, "shop"))
    assert guise.run(lambda: guise.client.projects.find("shop")).id == "3"


def test_a_listing_looks_its_project_up_once(server: ScriptedServer, guise: Guise) -> None:
    """Four pages, one look-up."""
    pages = [[attempt(id) for id in range(high, high - 100, -1)] for high in (400, 300, 200)] + [[]]

    def response(request: Any) -> Any:
        if request.path == "/api/attempts":
            return json_response({"attempts": pages.pop(0)})
        return json_response(project())

    server.response = response
    assert len(guise.rows(guise.client.attempts.list(project=12))) == 300
    assert [request.path for request in server.requests] == ["/api/projects/12"] + ["/api/attempts"] * 4


def offered(owner: object) -> dict[str, list[tuple[str, object, object]]]:
    """The parameters of every public method, and of making one, with their kinds and defaults."""
    return {
        name.replace("aclose", "close"): [
            (one.name, one.kind, one.default) for one in inspect.signature(method).parameters.values()
        ]
        for name, method in inspect.getmembers(owner, callable)
        if not name.startswith("_") or name == "__init__"
    }


def test_halves_offer_the_same() -> None:
    """Every method of the client, of every noun and of a fleet has the same parameters and defaults in both halves."""
    sync, other = TreasureWorkflow("k", "aws"), AsyncTreasureWorkflow("k", "aws")
    pairs: list[tuple[object, object]] = [(TreasureWorkflow, AsyncTreasureWorkflow), (Fleet, AsyncFleet)]
    pairs += [(getattr(sync, noun), getattr(other, noun)) for noun in NOUNS]
    for left, right in pairs:
        assert offered(left) == offered(right)
        assert offered(left)


def test_messages_tell_what_to_give() -> None:
    """The error names what was wanted, what was given and what to give instead."""
    with pytest.raises(TypeError, match="not a RestSchedule with the id 12: give an id or a name"):
        _ids.id_of(_ids.PROJECT, SAMPLES["RestSchedule"][1])
