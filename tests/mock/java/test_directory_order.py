"""The order of workflows: the one in which a recorded server's file system listed their files."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from tests.support.recordings import scenarios
from treasure_workflow_mock.java.directory_order import directory_position


def recorded_orders() -> Iterator[list[str]]:
    """The names of the workflows in each recorded list of one revision's, by rising id."""
    for path in scenarios():
        for step in json.loads(path.read_text(encoding="utf-8"))["steps"]:
            response = step["answer"].get("json")
            if isinstance(response, dict) and step["send"].endswith("/workflows") and "/projects/" in step["send"]:
                workflows = response.get("workflows", [])
                yield [workflow["name"] for workflow in sorted(workflows, key=lambda workflow: int(workflow["id"]))]


def test_recorded_workflows_are_in_this_order() -> None:
    """In every recorded list of a revision's workflows the ids rise with the position of the files."""
    compared = 0
    for names in recorded_orders():
        assert names == sorted(names, key=lambda name: directory_position(f"{name}.dig"))
        compared += max(len(names) - 1, 0)
    assert compared > 100


@given(st.text(min_size=1, max_size=100))
def test_a_position_depends_on_the_name_only(name: str) -> None:
    """The same name stands at the same place, whatever was asked before."""
    position = directory_position(name)
    directory_position.cache_clear()
    assert directory_position(name) == position
