"""The workflows of an archive: which files they are, includes, top-level keys, names, and what is refused."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.calls import calls_of
from treasure_workflow_mock.dig.project import check_workflows, load_file, read_workflows, workflow_files
from treasure_workflow_mock.dig.yaml_reader import DigError
from treasure_workflow_mock.errors import ServiceError
from treasure_workflow_mock.model.names import check_project_name
from treasure_workflow_mock.service.statuses import status_of

TASK = "+t:\n  echo>: x\n"


def archive(**files: str) -> dict[str, bytes]:
    """Files by path; `__` stands for a slash and the ending is `.dig` unless there is a dot in the name."""
    named = {name.replace("__", "/"): text for name, text in files.items()}
    return {name if "." in name else f"{name}.dig": text.encode() for name, text in named.items()}


def read(text: str, **files: str) -> Any:
    """The configuration of `main.dig`."""
    (workflow,) = read_workflows({**archive(**files), "main.dig": text.encode()})
    return workflow.config


def refusal(files: dict[str, bytes]) -> str:
    """Why an archive is refused."""
    with pytest.raises(ServiceError) as caught:
        check_workflows(read_workflows(files, "<folder>/push/shop_0"))
    assert status_of(caught.value) == 400
    return caught.value.message or ""


def test_which_files_are_workflows() -> None:
    """Files at the top that end in `.dig`, unless they begin with a dot or are ignored."""
    paths = ("main.dig", ".hidden.dig", ".dig", "MAIN.DIG", "main.yml", "sub/other.dig", "old.dig", "x.dig/readme.txt")
    files = {**dict.fromkeys(paths, b"{}"), ".digdagignore": b"old.*\n"}
    assert workflow_files(files) == ["main.dig"]


def test_what_is_no_workflow_is_not_read() -> None:
    """A broken file that is in a folder, hidden or ignored does no harm."""
    files = {"sub/a.dig": b"[", ".a.dig": b"[", "old.dig": b"[", ".digdagignore": b"old.dig", "main.dig": b"{}"}
    assert [workflow.name for workflow in read_workflows(files)] == ["main"]


def test_the_order_that_responses_show() -> None:
    """`_export` first, then the options in their own order, then the tasks in the file's; no `timezone`."""
    text = (
        f"{TASK}_parallel: true\n_retry: 2\n_check: {{}}\n_error: {{}}\nsla: {{}}\n"
        "schedule: {daily>: 07:00:00}\n_export: {x: 1}\ntimezone: Europe/Berlin\n+a: {}\n"
    )
    (workflow,) = read_workflows({"main.dig": text.encode()})
    assert workflow.timezone == "Europe/Berlin"
    assert list(workflow.config) == [
        "_export",
        "schedule",
        "sla",
        "_error",
        "_check",
        "_retry",
        "_parallel",
        "+t",
        "+a",
    ]


@given(st.permutations(["+c", "+a", "+b", "+10", "+9"]))
def test_tasks_keep_their_order(names: list[str]) -> None:
    """Tasks stand in the order of the file."""
    assert list(read("".join(f"'{name}': {{}}\n" for name in names))) == names


@pytest.mark.parametrize(
    "text", ["_export:\n", "_export: {}\n", "timezone: UTC\n", "timezone: ''\n", "timezone:\n", "{}"]
)
def test_nothing_is_left_of_what_says_nothing(text: str) -> None:
    """An empty `_export` disappears; a workflow needs no tasks."""
    (workflow,) = read_workflows({"main.dig": text.encode()})
    assert (workflow.timezone, workflow.config) == ("UTC", {})


def test_bytes_that_are_no_utf_8() -> None:
    """They are read as replacement characters."""
    (workflow,) = read_workflows({"main.dig": b"_export: {a: \xff}"})
    assert workflow.config == {"_export": {"a": "\ufffd"}}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "Expected object to load Config but got null"),
        ("- a\n- 1\n", 'Expected object to load Config but got ["a",1]'),
        ("a: 1\n+t: {}\nb>: 2\n1: x\n", "Workflow 'main' includes unknown keys: [a, b>, 1]"),
        ("_background: true\n", "Workflow 'main' includes unknown keys: [_background]"),
        ("schedule:\n", "Parameter 'schedule' is required but null"),
        ("+t:\n", "Parameter '+t' is required but null"),
        ("_export: hello\n", "Parameter '_export' must be an object"),
        ("timezone: JST\n", """for key 'timezone' but got "JST" (string)"""),
        ("timezone: 9\n", "for key 'timezone' but got 9 (number)"),
        ("timezone: [UTC]\n", """for key 'timezone' but got ["UTC"] (array)"""),
        ("+a^b: {}\n", 'Validating workflow failed\ntask name must not contain ^ character: "+a^b"'),
        ("+a b: {}\n", "Validating workflow failed\ntask name must not contain character ' ': \"+a b\""),
        (f"+{'a' * 255}: {{}}\n", "task name must not be longer than 255 characters"),
        ("a: [1\n", "while parsing a flow sequence"),
    ],
)
def test_faults_of_files(text: str, fault: str) -> None:
    """A file that is no workflow is named with its fault, in the service's words."""
    message = refusal({"main.dig": text.encode()})
    assert message.startswith("Validating project failed\nworkflow <folder>/push/shop_0/main.dig ")
    assert fault in message


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("1st", 'name must not start with a numeric digit (0-9): "1st"'),
        ("@home", 'name must not include special symbols (+ ^ @ / \\ / : * ? " < > |): "@home"'),
        ("main.dig", 'name must not end with .dig: "main.dig"'),
    ],
)
def test_names(name: str, fault: str) -> None:
    """Workflows and projects have the same rules of names."""
    assert refusal({f"{name}.dig": b"{}"}).endswith(f"Validating workflow failed\n{fault}")
    with pytest.raises(ServiceError) as caught:
        check_project_name(name)
    assert caught.value.message == f"Validating project failed\n{fault}"


def test_all_faulty_files_are_named() -> None:
    """One message has a line for each faulty file, in the order of the folder, and nothing about the others."""
    message = refusal(archive(a="x: 1", b="y: 2", c=TASK))
    assert message == (
        "Validating project failed\n"
        "workflow <folder>/push/shop_0/b.dig Workflow 'b' includes unknown keys: [y]\n"
        "workflow <folder>/push/shop_0/a.dig Workflow 'a' includes unknown keys: [x]"
    )


def test_files_then_tasks() -> None:
    """A fault of any file is found before one of any task tree."""
    schedule, tasks = "schedule: {yearly>: 1}\n", "+a: {echo>: 1, sh>: 2}\n"
    assert "more than one operator" in refusal(archive(a=schedule, b=tasks))
    assert "unknown keys: [x]" in refusal(archive(a=schedule, b=tasks, c="x: 1"))


def test_what_an_upload_does_not_look_into() -> None:
    """Operators, their options and subtasks, variables and the sla are for the run."""
    text = "sla: {when: never}\n+a:\n  teleport>: ${no +}\n  _do: {echo>: 1, sh>: 2}\n  _retry: often\n"
    check_workflows(read_workflows({"main.dig": text.encode()}))


INCLUDE_ONE = "a: {y: 2, z: 2}\nk: 1\nl: [1, 2]\n"


def test_includes_take_effect_at_their_place() -> None:
    """An included file is merged into what stands before it; what stands after replaces it whole."""
    text = "_export:\n  a: {x: 1, y: 1}\n  k: 0\n  !include : 'one.yml'\n  !include : 'two.yml'\n  z: {own: 1}\n"
    export = read(text, **{"one.yml": INCLUDE_ONE, "two.yml": "l: [3]\nz: {q: 1}\n"})["_export"]
    assert list(export.items()) == [("a", {"x": 1, "y": 2, "z": 2}), ("k", 1), ("l", [3]), ("z", {"own": 1})]


def test_including_does_not_change_what_is_included() -> None:
    """A file that is included twice gives the same both times."""
    text = "_export:\n  p: {!include : 'one.yml', a: {y: 9}}\n  q: {a: {w: 1}, !include : 'one.yml'}\n"
    export = read(text, **{"one.yml": INCLUDE_ONE})["_export"]
    assert export["p"]["a"] == {"y": 9}
    assert export["q"]["a"] == {"w": 1, "y": 2, "z": 2}


def test_includes_may_include() -> None:
    """Paths are relative to the file that names them, at any depth, in lists too; ignored files can be included."""
    text = "!include : 'parts/common.dig'\n+t: {l: [{!include : './parts/./deeper/../x.yml'}], echo>: 1}\n"
    config = read(
        text,
        **{
            "parts__common.dig": "+c:\n  !include : 'deeper/task.yml'\n",
            "parts__deeper__task.yml": "echo>: 2\n",
            "parts__x.yml": "k: v\n",
            ".digdagignore": "parts/\n",
        },
    )
    assert config == {"+c": {"echo>": 2}, "+t": {"l": [{"k": "v"}], "echo>": 1}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("!include : 'nothing.dig'", "<folder>/push/shop_0/nothing.dig"),
        ("!include : '../x.yml'", "File name must not include ..: ../x.yml"),
        ("!include : '/etc/hostname'", "File name must not include ..: /etc/hostname"),
        ("!include : 'sub/up.yml'", "File name must not include ..: ../x.yml"),
        ("!include : 'sub'", "Is a directory"),
        ("!include : ''", "Is a directory"),
    ],
)
def test_includes_that_end_the_upload(text: str, message: str) -> None:
    """A file that cannot be read is a fault of its own, whatever else is wrong."""
    assert (
        refusal(
            {**archive(a="x: 1", sub__up="", **{"sub__up.yml": "!include : '../x.yml'"}), "main.dig": text.encode()}
        )
        == message
    )


@pytest.mark.parametrize(
    ("included", "fault"),
    [
        ("", "Expected object to load Config but got null"),
        ("- 1", "Expected object to load Config but got [1]"),
        ("owner: me", "Workflow 'main' includes unknown keys: [owner]"),
        ("a: [1", "while parsing a flow sequence"),
        ("!include : 'main.dig'", "Infinite recursion"),
    ],
)
def test_faults_of_included_files(included: str, fault: str) -> None:
    """A fault of what is included is a fault of the workflow."""
    message = refusal({"main.dig": b"!include : 'x.yml'", "x.yml": included.encode()})
    assert message.startswith("Validating project failed\nworkflow <folder>/push/shop_0/main.dig ")
    assert fault in message


def test_include_is_no_value() -> None:
    """`!include` makes a name of its own that no file has."""
    message = refusal({"main.dig": b"_export: {v: !include 'x.yml'}", "x.yml": b"a: 1"})
    assert message.startswith("<folder>/push/shop_0/!include:")


def doubling(depth: int) -> dict[str, bytes]:
    """Files each of which includes the next one twice."""
    pair = "a: {{!include : 'i{0}.yml'}}\nb: {{!include : 'i{0}.yml'}}\n"
    files = {f"i{n}.yml": pair.format(n + 1).encode() for n in range(depth)}
    return {**files, f"i{depth}.yml": b"x: 1", "main.dig": b"_export: {!include : 'i0.yml'}"}


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(doubling(40), id="doubling"),
        pytest.param({"main.dig": b"!include : 'main.dig'"}, id="itself"),
        pytest.param(
            {f"i{n}.yml": f"a: {{!include : 'i{n + 1}.yml'}}".encode() for n in range(3000)}
            | {"main.dig": b"_export: {!include : 'i0.yml'}"},
            id="chain",
        ),
        pytest.param(
            {
                "x.yml": b"a: " + b"x" * 1_000_000,
                "main.dig": b"_export:\n" + b"".join(b"  k%d: {!include : 'x.yml'}\n" % n for n in range(1000)),
            },
            id="large",
        ),
    ],
)
def test_include_bombs_are_refused_at_little_cost(files: dict[str, bytes]) -> None:
    """What a few small files could blow up to is never built."""
    assert calls_of(lambda: refusal(files)) < 1_000_000
    assert "Validating project failed" in refusal(files)


def test_many_tasks_take_work_in_proportion() -> None:
    """Twice as many tasks are twice the work to read and to compile."""

    def work(count: int) -> int:
        text = "".join(f"+t{i}:\n  echo>: x\n" for i in range(count)).encode()
        return calls_of(lambda: check_workflows(read_workflows({"main.dig": text})))

    assert work(4000) < 2.2 * work(2000)


def test_a_called_file() -> None:
    """`call>` gets a file of any folder as a workflow without its zone, or the reason why it is none."""
    files = archive(sub__deep="timezone: Asia/Tokyo\n_export: {own: 1}\n!include : 'x.yml'\n", **{"sub__x.yml": TASK})
    assert load_file(files, "sub/deep.dig") == {"_export": {"own": 1}, "+t": {"echo>": "x"}}
    with pytest.raises(DigError, match=r"Workflow 'x.yml' includes unknown keys: \[k\]"):
        load_file({"x.yml": b"k: 1"}, "x.yml")
    with pytest.raises(ServiceError, match=r"nowhere\.dig"):
        load_file(files, "nowhere.dig")


@given(
    st.lists(st.sampled_from(["+a:", "\n", "\n  ", "echo>: x", "_export:", "{", "}", "+b: ", "!include : ", "'x.yml'"]))
)
def test_any_file_is_read_or_refused(fragments: list[str]) -> None:
    """Whatever a file holds, it is a workflow that can be shown, or it is refused."""
    files = {"main.dig": "".join(fragments).encode(), "x.yml": b"+c: {echo>: 1}"}
    with contextlib.suppress(ServiceError):
        workflows = read_workflows(files)
        check_workflows(workflows)
        json.dumps([workflow.config for workflow in workflows])
