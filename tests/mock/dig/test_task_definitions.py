"""Compiling: which tasks a configuration stands for, what each waits for, and what is refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treasure_workflow_mock.dig.task_definitions import check_tasks, compile_tasks
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.service.statuses import status_of


def task(text: str = "x", **options: Any) -> dict[str, Any]:
    """The configuration of an operator task."""
    return {**options, "echo>": text}


def waits(config: dict[str, Any], root: str = "+wf") -> dict[str, list[str]]:
    """The full name of each task below the root, and of what it waits for."""
    tasks = compile_tasks(root, config)
    return {one.full_name: [tasks[upstream].full_name for upstream in one.upstreams] for one in tasks[1:]}


def message(config: dict[str, Any], name: str = "wf") -> str:
    """What an upload of the workflow is refused with."""
    with pytest.raises(ServiceError) as caught:
        check_tasks(name, config)
    assert status_of(caught.value) == 400
    return caught.value.message or ""


OPTIONS = st.dictionaries(st.sampled_from(["_export", "_retry", "sla"]), st.just({"limit": 1}), max_size=2)
NAMES = st.text("abc-_.1", min_size=1, max_size=3).map(lambda name: f"+{name}")
OPERATORS = OPTIONS.map(lambda options: {**options, "echo>": "x"})
PARALLEL = st.sampled_from([{}, {"_parallel": True}, {"_parallel": {"limit": 2}}, {"_parallel": False}])
TREES = st.recursive(
    OPERATORS,
    lambda inner: st.builds(
        lambda options, parallel, children: {**options, **parallel, **children},
        OPTIONS,
        PARALLEL,
        st.dictionaries(NAMES, inner, max_size=5),
    ),
    max_leaves=20,
)


@given(TREES)
def test_tasks_come_after_their_parents_and_upstreams(config: dict[str, Any]) -> None:
    """Parents and upstreams of a task stand before it, upstreams are its siblings, and only the root has no parent."""
    tasks = compile_tasks("+wf", config)
    for index, one in enumerate(tasks):
        if index == 0:
            assert (one.full_name, one.parent) == ("+wf", None)
            continue
        assert one.parent is not None
        assert one.parent < index
        assert one.full_name.startswith(tasks[one.parent].full_name + "+")
        assert len(set(one.upstreams)) == len(one.upstreams)
        for upstream in one.upstreams:
            assert upstream < index
            assert tasks[upstream].parent == one.parent


@given(TREES)
def test_compiling_leaves_the_configuration_alone(config: dict[str, Any]) -> None:
    """The configuration that is given is the same afterwards, and gives the same tasks again."""
    before = copy.deepcopy(config)
    first = compile_tasks("+wf", config)
    assert config == before
    assert compile_tasks("+wf", config) == first


@given(TREES)
def test_only_groups_have_tasks_below_them(config: dict[str, Any]) -> None:
    """Every parent is a group, and no task shows its children, nor what was turned into upstreams."""
    tasks = compile_tasks("+wf", config)
    for one in tasks:
        assert one.parent is None or tasks[one.parent].is_group
        assert not any(key.startswith("+") or key in ("_after", "_background") for key in one.config)
        assert one.is_group != any(key.endswith(">") for key in one.config)


@given(st.lists(st.booleans(), min_size=1, max_size=8))
def test_foreground_tasks_wait_for_all_since_the_last_one(background: list[bool]) -> None:
    """In a sequence a background task waits for nothing, the next other one for it and all back to the last other."""
    config = {f"+t{i}": task(_background=flag) for i, flag in enumerate(background)}
    expected, since = {}, []
    for i, flag in enumerate(background):
        name = f"+wf+t{i}"
        expected[name] = [] if flag else since
        since = [*since, name] if flag else [name]
    assert waits(config) == expected


@given(st.integers(1, 9), st.integers(1, 12))
def test_a_limit_makes_chunks(limit: int, count: int) -> None:
    """With `_parallel: {limit: N}` each task waits for exactly the N tasks of the chunk before its own."""
    config = {"_parallel": {"limit": limit}, **{f"+t{i}": task() for i in range(count)}}
    for position, upstreams in enumerate(waits(config).values()):
        start = (position // limit - 1) * limit
        assert upstreams == [f"+wf+t{i}" for i in range(max(start, 0), start + limit) if start >= 0]


def test_parallel_tasks_wait_only_for_what_after_names() -> None:
    """`_after` names earlier siblings; the order of the names is kept."""
    config = {
        "_parallel": True,
        "+a": task(),
        "+b": task(_after=["+a"]),
        "+c": task(_after=["+b", "+a"]),
        "+d": task(),
    }
    assert waits(config) == {"+wf+a": [], "+wf+b": ["+wf+a"], "+wf+c": ["+wf+b", "+wf+a"], "+wf+d": []}


@pytest.mark.parametrize("parallel", [True, "true", " True\n"])
def test_values_of_parallel_convert(parallel: Any) -> None:
    """`_parallel` takes what stands for a boolean, blanks around it or not."""
    assert waits({"_parallel": parallel, "+a": task(), "+b": task()}) == {"+wf+a": [], "+wf+b": []}


def test_exports_come_last_and_empty_ones_go() -> None:
    """A task shows its own keys in their order, then `_export` unless it is empty."""
    config = {"_export": {"a": 1}, "_retry": 1, "+t": {"_export": {}, "colour": 1, "echo>": 2}}
    root, only = compile_tasks("+wf", config)
    assert list(root.config.items()) == [("_retry", 1), ("_export", {"a": 1})]
    assert list(only.config.items()) == [("colour", 1), ("echo>", 2)]


def test_exports_of_a_task_are_looked_at_when_it_is_made() -> None:
    """An upload takes a task whose `_export` is no mapping; an attempt cannot be made of it."""
    config = {"+t": {"_export": "x", "echo>": 1}}
    check_tasks("wf", config)
    with pytest.raises(ServiceError, match="Parameter '_export' must be an object"):
        compile_tasks("+wf", config)


def test_disabled_tasks_are_empty_groups() -> None:
    """`_disable: true` leaves nothing of a task but itself, and nothing inside it is checked."""
    config = {"+a": {"_disable": True, "echo>": 1, "sh>": 2, "+b": {"wrong": 5}, "_error": "x"}, "+c": task()}
    _, disabled, after = compile_tasks("+wf", config)
    assert (disabled.config, disabled.is_group) == ({"_disable": True}, True)
    assert after.upstreams == (1,)


def test_a_list_of_mappings_is_one_task() -> None:
    """The mappings of a list are taken together, in their order."""
    config = {"+a": [{"+b": task()}, {"+c": task(), "_parallel": True}]}
    assert waits(config) == {"+wf+a": [], "+wf+a+b": [], "+wf+a+c": []}


def test_a_subtree_may_be_an_operator_task() -> None:
    """What an operator makes at run time may be a single task, of any full name."""
    (only,) = compile_tasks("+wf+a^sub", {"_export": {"i": 0}, "echo>": 1})
    assert (only.full_name, only.is_group, only.config) == ("+wf+a^sub", False, {"echo>": 1, "_export": {"i": 0}})


def test_what_runs_later_is_not_checked() -> None:
    """`_do`, `_else_do` and `_check` with faults in them are taken."""
    faulty = {"echo>": 1, "sh>": 2}
    check_tasks("wf", {"+a": {"if>": True, "_do": faulty, "_else_do": faulty, "_check": faulty}})


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"+a": {"echo>": "x", "sh>": "ls"}}, """A task can't have more than one operator: {"echo>":"x","sh>":"ls"}"""),
        ({"+a": {"echo>": "x", "+b": {}}}, """A task can't have subtasks: {"echo>":"x"}"""),
        ({"+a": {"_type": "echo", "+b": {}}}, """A task can't have subtasks: {"_type":"echo"}"""),
        ({"+a": {"colour": "é"}}, """+wf+a contains invalid keys: 'colour': "{"colour":"é"}\""""),
        ({"+a": {"_disable": False}}, "+wf+a contains invalid keys: '_disable'"),
        ({"+a": {"_eror": {}}}, "'_eror' (did you mean [_error, _export]?)"),
        ({"_error": {"+e": {"oops": 1}}}, "+wf^error+e contains invalid keys: 'oops'"),
        ({"+a": {"_error": "call me", "echo>": 1}}, "Parameter '_error' must be an object"),
        ({"+a": "hello"}, "Parameter '+a' must be an object or array of objects"),
        ({"+a": {"+b": None}}, "Parameter '+b' must be an object or array of objects"),
        ({"+a": ["x"]}, "Parameter '+a' must be an object or array of objects"),
        (
            {"_parallel": True, "+a": task(_background=True)},
            'Setting "_background: true" option is invalid (unnecessary)',
        ),
        ({"+a": task(), "+b": task(_after=["+a"])}, 'Setting "_after" option is invalid if its parent task'),
        ({"_parallel": True, "+a": task(_after=["+b"]), "+b": task()}, "Dependency task '+b' does not exist"),
        (
            {"_parallel": True, "+a": task(_after="+b")},
            """Expected array type for key '_after' but got "+b" (string)""",
        ),
        ({"_parallel": "${p}"}, """Expected 'true' or 'false' for key '_parallel' but got "${p}" (string)"""),
        ({"_parallel": {"limit": "many"}}, """Expected integer (int) type for key 'limit' but got "many" (string)"""),
        ({"_parallel": {}}, "Parameter 'limit' is required but not set"),
        (
            {"+a": {"_disable": "perhaps"}},
            """Expected 'true' or 'false' for key '_disable' but got "perhaps" (string)""",
        ),
        ({"+a": {"+b:c": {}}}, """name must not contain character ':': "+b:c\""""),
    ],
)
def test_refusals_keep_the_words_of_the_service(config: dict[str, Any], expected: str) -> None:
    """Whoever matches on the service's messages finds them here."""
    assert expected in message(config)


@pytest.mark.parametrize("name", ["a b", "a+b", "caf\u00e9", "a$b"])
def test_a_workflow_needs_a_name_that_a_task_may_have(name: str) -> None:
    """The root task bears the workflow's name, so even a workflow without tasks is refused for it."""
    assert message({}, name).startswith(
        "io.digdag.core.repository.ModelValidationException: Validating workflow task failed\nname must not contain"
    )


@given(st.text("abcXYZ019_-=[]{}%&@,.^`", max_size=254))
def test_names_of_tasks(name: str) -> None:
    """A plus sign, then up to 254 letters, digits and the symbols there are for it."""
    check_tasks("wf", {"+a": {f"+{name}": task()}})
