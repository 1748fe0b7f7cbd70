"""The comparison finds what it must and forgives what it may; else equal responses would prove nothing."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.support.contract.replaying import RECORDED, names
from treasure_workflow_contract.phases.replay.comparison import Comparison, Difference
from treasure_workflow_contract.phases.replay.player import Reply
from treasure_workflow_contract.phases.replay.scenarios import Json, Step, call_of, load

PROJECT = {
    "id": "3",
    "name": "a",
    "createdAt": "2026-11-23T05:29:59Z",
    "updatedAt": "2026-11-23T05:30:00Z",
    "deletedAt": None,
}


def recorded(step: Step) -> Reply:
    """The recorded response of a step, as if it had just come."""
    response = step["answer"]
    body = {key: value for key, value in response.items() if key not in {"status", "headers", "timed_out"}}
    return Reply(response["status"], response["headers"], body)


def step(body: Json, **more: Any) -> Step:
    """A step with a recorded 200 and that JSON."""
    headers = {"content-type": "application/json"}
    return {
        "name": "it",
        "send": "GET /api/projects/3",
        "answer": {"status": 200, "headers": headers, "json": body},
        **more,
    }


def differences(wanted: Json, found: Json, comparison: Comparison | None = None, **more: Any) -> list[Difference]:
    """What differs between two JSON responses to a read of a project."""
    one = step(wanted, **more)
    response = Reply(200, {"content-type": "application/json"}, {"json": found})
    return (comparison or Comparison()).compare(one, call_of(one, {}), response)


@pytest.mark.parametrize("name", names())
def test_a_recording_equals_itself(name: str) -> None:
    """Each recorded response is the same as itself; only the checksum is of what is sent now."""
    comparison = Comparison()
    for one in load(RECORDED / f"{name}.json").steps:
        found = comparison.compare(one, call_of(one, {}), recorded(one))
        assert [str(each) for each in found if not each.path.startswith("archiveMd5")] == []


@pytest.mark.parametrize(
    ("recorded", "actual", "differs"), [(500, 500, 0), (500, 502, 1), (500, 200, 1), (503, 503, 0)]
)
def test_a_crash_that_was_recorded_may_come_again(recorded: int, actual: int, differs: int) -> None:
    """Equal is equal, whatever the server's page says; another status is a difference."""
    one = {**step({}), "answer": {"status": recorded, "headers": {}, "html": True}}
    assert len(Comparison().compare(one, call_of(one, {}), Reply(actual, {}, {"html": True}))) == differs


@pytest.mark.parametrize(
    "folder", ["/var/digdag", "/srv/digdag/data/run-12/logs", "/var/lib/a b/c/d/e/f".replace(" ", "_"), "<folder>", ""]
)
@pytest.mark.parametrize(
    "text", ["no file {}/run-3/a.log.gz here", "({}/workspace/1_x_7_30): left", "{}/a.dig, {}/b.dig"]
)
def test_folders_of_a_server_are_its_own_affair(folder: str, text: str) -> None:
    """However deep they are; the name of the file counts."""
    wanted = {"message": text.replace("{}", "<folder>/push/yaml_82"), "status": 404}
    there = text.replace("{}", f"{folder}/push/yaml_9")
    assert not differences(wanted, {**wanted, "message": there})
    assert differences(wanted, {**wanted, "message": there.replace("a.", "z.").replace("1_x", "1_z")})


@pytest.mark.parametrize(
    "change",
    [
        {"name": "b"},
        {"name": None},
        {"deletedAt": "2026-11-23T05:30:00Z"},
        {"createdAt": None},
        {"createdAt": "2026-11-23"},
        {"createdAt": "2026-11-23T06:00:00Z"},  # after the update
        {"id": 3},
        {"id": "x"},
        {"more": None},
    ],
)
def test_what_is_found(change: dict[str, Json]) -> None:
    """Another value, another type, null for a value, a malformed time, times out of order and a new key are found."""
    assert differences(PROJECT, {**PROJECT, **change})


@pytest.mark.parametrize(
    "change", [{"id": "77"}, {"createdAt": "2025-01-01T00:00:00Z", "updatedAt": "2025-01-01T00:00:00Z"}]
)
def test_what_is_forgiven(change: dict[str, Json]) -> None:
    """Another id and other times of the server's own clock are the same."""
    assert not differences(PROJECT, {**PROJECT, **change})


def test_a_missing_key_and_a_shorter_list_are_found() -> None:
    """What is not there any more is found, in objects and in lists."""
    assert differences(PROJECT, {"id": "3"})
    assert differences({"projects": [PROJECT, PROJECT]}, {"projects": [PROJECT]})


def test_ids_pair_up_for_the_whole_scenario() -> None:
    """An id may be another one, but then always the same other one, and never that of something else."""
    comparison = Comparison()
    assert not differences(PROJECT, {**PROJECT, "id": "7"}, comparison)
    assert differences(PROJECT, {**PROJECT, "id": "8"}, comparison)
    assert differences({**PROJECT, "id": "4"}, {**PROJECT, "id": "7"}, comparison)


def test_the_order_of_tasks_counts_and_that_of_a_list_can_be_left_out() -> None:
    """Keys of a configuration have an order; a list that the recording calls unordered has none."""
    assert differences({"config": {"+a": 1, "+b": 2}}, {"config": {"+b": 2, "+a": 1}})
    names_only = [{"name": "a"}, {"name": "b"}]
    assert differences({"workflows": names_only}, {"workflows": names_only[::-1]})
    assert not differences({"workflows": names_only}, {"workflows": names_only[::-1]}, unordered=[r"json\.workflows"])


def test_wording_is_told_apart() -> None:
    """A message in other words is a difference of wording only; one in the same words with other numbers is none."""
    wanted = {"message": "no project id=7 in <folder>/push", "status": 404}
    assert not differences(wanted, {**wanted, "message": "no project id=12 in <folder>/push"})
    (difference,) = differences(wanted, {**wanted, "message": "no such project"})
    assert difference.wording
    assert not differences(wanted, {**wanted, "message": None})[0].wording


def test_status_and_headers_are_compared() -> None:
    """Another status, media type or method list is found."""
    one = step(PROJECT)
    for status, headers in ((404, {"content-type": "application/json"}), (200, {"content-type": "text/plain"})):
        assert Comparison().compare(one, call_of(one, {}), Reply(status, headers, {"json": copy.deepcopy(PROJECT)}))
