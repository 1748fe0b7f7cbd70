"""What a reader and a user see of the raw client: names, documentation, copies, errors, and little code."""

from __future__ import annotations

import ast
import asyncio
import copy
import importlib
import inspect
import pickle
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, get_type_hints

import attrs
import httpx
import pytest

import treasure_workflow_api
from scripts.codegen import generate
from scripts.codegen.contract.document import resolved
from scripts.codegen.contract.effective import effective
from scripts.codegen.package import documentation, operations_table
from scripts.codegen.python import names
from tests.support.codegen.raw import ATTEMPT, responding
from treasure_workflow_api import AuthenticatedClient, Client, api, errors, models
from treasure_workflow_api._operations import OPERATIONS
from treasure_workflow_api.api.attempt import get_attempt, get_attempts, start_attempt
from treasure_workflow_api.api.pool import get_pools
from treasure_workflow_api.api.project import put_project
from treasure_workflow_api.models import RestSessionAttempt, RestSessionAttemptRequest, ResumeFailed, ResumeFrom
from treasure_workflow_api.types import UNSET, Request, Unset

EFFECTIVE = effective()
CLASSES = {name: getattr(models, name) for name in models.__all__ if attrs.has(getattr(models, name))}
MODULES = sorted(path for path in generate.PACKAGE.rglob("*.py") if path.name != "__init__.py")
OPERATION_MODULES = {id: importlib.import_module(f"{api.__name__}.{row.module}") for id, row in OPERATIONS.items()}


def words(text: str | None) -> str:
    """Text without its line breaks."""
    return " ".join((text or "").split())


@pytest.mark.parametrize(
    "method_path_data", list(operations_table.operations(EFFECTIVE)), ids=lambda each: each[2]["operationId"]
)
def test_an_operation_is_documented_whole(method_path_data: tuple[str, str, Any]) -> None:
    """Every parameter and every response by its status, on `sync_detailed`; the others refer to it."""
    method, path, data = method_path_data
    module = OPERATION_MODULES[data["operationId"]]
    told = words(module.sync_detailed.__doc__)
    for raw in data.get("parameters", ()):
        parameter = resolved(EFFECTIVE, raw)
        assert f"{names.argument(parameter['name'])}: {words(parameter['description'])[:60]}" in told
        assert "Example: " in told
    for status, meaning in documentation.responses(EFFECTIVE, data):
        assert f"{status}: {words(meaning)[:60]}" in told
    assert words(data["description"])[:80] in told
    for function in (module.sync, module.asyncio, module.asyncio_detailed, module.build_request):
        assert "`sync_detailed`" in function.__doc__
    assert f"{method} {path}" in words(module.__doc__)


def test_every_field_is_documented() -> None:
    """Meaning of each field, with its example where the contract has a plain one."""
    for name, model in CLASSES.items():
        told = words(model.__doc__)
        for json_name, raw in EFFECTIVE["components"]["schemas"][name]["properties"].items():
            schema = resolved(EFFECTIVE, raw)
            assert f"{names.attribute(json_name)}: {words(schema['description'])[:50]}" in told, (name, json_name)


def test_limits_and_defaults_are_told() -> None:
    """What a value may be is no secret of the contract."""
    told = documentation.described(
        {
            "description": "A size",
            "minimum": 1,
            "maximum": 9,
            "maxLength": 3,
            "default": 2,
            "example": 4,
            "pattern": "^a",
        }
    )
    assert (
        told == "A size. Limits: at most 3 characters, at least 1, at most 9, of the pattern `^a`. Default: `2`. "
        "Example: `4`."
    )


def test_names_are_listed_and_loaded_when_they_are_used() -> None:
    """`dir` and completion know packages, operations and models; importing the package imports none of them."""
    assert {"api", "models", "errors", "types", "Client", "AuthenticatedClient"} <= set(dir(treasure_workflow_api))
    assert {row.module.split(".")[0] for row in OPERATIONS.values()} <= set(dir(api))
    for row in OPERATIONS.values():
        tag, name = row.module.split(".")
        assert name in dir(getattr(api, tag))
        assert inspect.ismodule(getattr(getattr(api, tag), name))
    assert set(models.__all__) <= set(dir(models))
    program = (
        "import sys, treasure_workflow_api\n"
        "loaded = [name for name in sys.modules if name.startswith(('treasure_workflow_api.', 'httpx', 'attrs'))]\n"
        "assert not loaded, loaded\n"
        "treasure_workflow_api.models.RestPool\n"
        "assert 'httpx' not in sys.modules\n"
        "treasure_workflow_api.api.pool.get_pools.sync\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, env={"PYTHONPATH": "generated"})
    for package in (treasure_workflow_api, api, models, api.pool):
        with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
            package.nothing  # noqa: B018


def test_annotations_can_be_read_at_run_time() -> None:
    """Tools that look at types find them: nothing is named that is not there."""
    for module in OPERATION_MODULES.values():
        for function in (module.build_request, module.sync_detailed, module.sync, module.asyncio):
            assert get_type_hints(function)


def test_a_request_carries_its_operation() -> None:
    """Id, path, paging and retries are there, and no one has to find them by the path."""
    request = get_attempts.build_request(project="p")
    assert request.operation is OPERATIONS["getAttempts"]
    assert request.operation.pagination is not None
    assert request.operation.pagination.cursor in inspect.signature(get_attempts.build_request).parameters
    assert request.operation.retry.policy == "safe"
    assert request.arguments()["extensions"] == {"operation": request.operation}
    seen: list[httpx.Request] = []
    transport = httpx.MockTransport(lambda sent: (seen.append(sent), httpx.Response(404))[1])
    get_attempt.sync(1, client=Client("http://localhost", httpx_args={"transport": transport}))
    assert seen[0].extensions["operation"] is OPERATIONS["getAttempt"]


def test_every_parser_knows_its_statuses() -> None:
    """A status that the contract has not parses to nothing, whatever the body."""
    for module in OPERATION_MODULES.values():
        assert module.OPERATION.statuses
        assert 299 not in module.OPERATION.statuses
        assert module.parse_response(httpx.Response(299, json=ATTEMPT)) is None


def test_copies_leave_the_old_client_alone() -> None:
    """Headers, cookies and limits of a copy are its own, also when both are in use already."""
    old = AuthenticatedClient("http://localhost", "key")
    with old:
        before = (dict(old.get_httpx_client().headers), old.get_httpx_client().timeout)
        new = old.with_headers({"X-A": "1"}).with_timeout(httpx.Timeout(1.0)).with_cookies({"c": "d"})
        assert type(new) is AuthenticatedClient
        with new:
            assert new.get_httpx_client().headers["X-A"] == "1"
            assert new.get_httpx_client().headers["Authorization"] == "TD1 key"
            assert new.get_httpx_client().timeout == httpx.Timeout(1.0)
            assert new.get_httpx_client().cookies["c"] == "d"
        assert (dict(old.get_httpx_client().headers), old.get_httpx_client().timeout) == before
        assert not old.get_httpx_client().is_closed
        assert new.get_async_httpx_client() is not old.get_async_httpx_client()


def test_reprs_are_short_and_hold_no_address() -> None:
    """What was not given is not shown; UNSET is called so."""
    body = RestSessionAttemptRequest.from_dict({"params": {}, "sessionTime": "2026-01-31T00:00:00+00:00"})
    assert repr(body).startswith("RestSessionAttemptRequest(params={}, session_time=datetime.datetime(2026, 1, 31")
    assert "UNSET" not in repr(body)
    assert repr(UNSET) == "UNSET"
    unknown = RestSessionAttempt.from_dict({**ATTEMPT, "colour": 1})
    assert repr(unknown).endswith("additional_properties={'colour': 1})")
    for shown in (repr(get_attempts.build_request(project="p")), repr(Client("http://localhost"))):
        assert " at 0x" not in shown


def test_unset_is_one_and_false() -> None:
    """Copies and pickles of it are it."""
    assert not UNSET
    assert copy.copy(UNSET) is UNSET
    assert copy.deepcopy([UNSET])[0] is UNSET
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET
    assert isinstance(UNSET, Unset)


def test_a_single_value_is_its_own_default() -> None:
    """The way to resume need not be said twice."""
    assert ResumeFailed(attempt_id="1").to_dict() == {"attemptId": "1", "mode": "failed"}
    assert ResumeFrom(attempt_id="1", from_="+a").mode == "from"


def test_models_copy_pickle_and_compare() -> None:
    """Equal in all fields, known and unknown; a copy is its own. They can be changed, so they have no hash."""
    wire = {**ATTEMPT, "colour": {"new": [1]}}
    attempt = RestSessionAttempt.from_dict(copy.deepcopy(wire))
    for other in (
        copy.copy(attempt),
        copy.deepcopy(attempt),
        pickle.loads(pickle.dumps(attempt)),
        attrs.evolve(attempt),
    ):
        if other.additional_properties:
            assert other == attempt
    deep = copy.deepcopy(attempt)
    deep["colour"]["new"].append(2)
    assert deep != attempt
    assert attempt.to_dict()["colour"] == {"new": [1]}
    assert RestSessionAttempt.from_dict(ATTEMPT) == RestSessionAttempt.from_dict(dict(ATTEMPT))
    assert RestSessionAttempt.from_dict(ATTEMPT).additional_properties == {}
    assert RestSessionAttempt.from_dict(ATTEMPT) == RestSessionAttempt.from_dict(dict(ATTEMPT))
    with pytest.raises(TypeError, match="unhashable"):
        hash(attempt)
    assert len({get_attempts.OPERATION, get_attempts.OPERATION, get_pools.OPERATION}) == 2


@attrs.define
class Noted(RestSessionAttempt):
    """A model with an attribute of the caller's."""

    note: str = "none"


def test_a_class_of_the_callers_is_read_with_its_defaults() -> None:
    """It is made by its own constructor, keeps unknown fields, and what goes back is what came."""
    wire = {**ATTEMPT, "new": 1}
    read = Noted.from_dict(wire)
    assert type(read) is Noted
    assert (read.note, read.id, read["new"]) == ("none", "7", 1)
    assert read.to_dict() == RestSessionAttempt.from_dict(wire).to_dict()


def test_json_goes_out_and_comes_back() -> None:
    """Text or bytes; unknown fields, times and large numbers stay."""
    attempt = RestSessionAttempt.from_dict({**ATTEMPT, "params": {"n": 2**70, "ü": "\u2028"}, "tomorrow": True})
    for text in (attempt.to_json(), attempt.to_json().encode()):
        assert RestSessionAttempt.from_json(text) == attempt
    with pytest.raises(ValueError, match=r"Expecting|truncated"):
        RestSessionAttempt.from_json("{")


def test_unknown_fields_are_used_like_a_dictionary() -> None:
    """By their JSON names, and only those."""
    attempt = RestSessionAttempt.from_dict({**ATTEMPT, "colour": 1})
    assert "colour" in attempt
    assert "id" not in attempt
    assert attempt.additional_keys == ["colour"]
    attempt["size"] = 2
    del attempt["colour"]
    assert attempt.additional_properties == {"size": 2}
    attempt.additional_properties = {"other": 3}
    assert attempt.to_dict()["other"] == 3


STATUSES = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    418: errors.StatusError,
    429: errors.RateLimited,
    500: errors.ServerError,
    599: errors.ServerError,
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("awaited", [False, True])
def test_a_refusal_is_an_exception_for_those_who_ask(status: int, awaited: bool) -> None:
    """With status, headers, body and what the body holds; without asking, the documented model is the result."""
    body = {"message": "no such attempt", "status": status}

    def call(client: Client) -> Any:
        if awaited:
            return asyncio.run(get_attempt.asyncio_detailed(1, client=client))
        return get_attempt.sync_detailed(1, client=client)

    plain = call(responding(httpx.Response(status, json=body)))
    assert plain.status_code == status
    strict = attrs.evolve(responding(httpx.Response(status, json=body, headers={"X-A": "b"})), raise_for_status=True)
    with pytest.raises(errors.StatusError) as raised:
        call(strict)
    error = raised.value
    assert type(error) is STATUSES[status]
    assert (error.operation, error.status_code, error.headers["x-a"]) == ("getAttempt", status, "b")
    assert error.content == httpx.Response(status, json=body).content
    assert str(error).startswith(f"getAttempt: status {status}")
    if status in get_attempt.OPERATION.statuses:
        assert error.parsed == models.RestError.from_dict(body)
        assert str(error).endswith(": no such attempt")
    assert pickle.loads(pickle.dumps(error)).status_code == status


def test_a_conflicting_start_is_never_taken_for_a_success() -> None:
    """The attempt that is there is the error's; a 2xx passes."""
    body = RestSessionAttemptRequest.from_dict({"params": {}, "sessionTime": "2026-01-31T00:00:00+00:00"})
    client = attrs.evolve(
        responding(httpx.Response(409, json=ATTEMPT), httpx.Response(200, json=ATTEMPT)), raise_for_status=True
    )
    with pytest.raises(errors.Conflict) as raised:
        start_attempt.sync(client=client, body=body)
    assert isinstance(raised.value.parsed, RestSessionAttempt)
    assert isinstance(start_attempt.sync(client=client, body=body), RestSessionAttempt)


def test_a_status_that_the_contract_has_not_is_told_to_those_who_ask() -> None:
    """`raise_on_unexpected_status`, as before."""
    client = attrs.evolve(responding(httpx.Response(418, content=b"\xffteapot")), raise_on_unexpected_status=True)
    with pytest.raises(errors.UnexpectedStatus, match="status 418 is none that the contract has"):
        get_attempt.sync(1, client=client)


def test_only_the_client_imports_httpx() -> None:
    """A move to another library is one template: nothing else of the package names httpx outside its prose."""
    importing = []
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        if any(name.split(".")[0] == "httpx" for name in imported):
            importing.append(path.name)
    assert importing == ["client.py"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_nothing_stands_twice_in_a_file(path: Path) -> None:
    """No two functions have the same body, no text the same three sentences, and nothing is cast."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    bodies = Counter(
        ast.unparse(ast.Module(body=node.body[1:] if ast.get_docstring(node) else node.body, type_ignores=[]))
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and len(ast.unparse(node)) > 400
    )
    assert [body for body, count in bodies.items() if count > 1] == []
    assert "cast(" not in source
    assert "type: ignore" not in source


def test_the_package_stays_small() -> None:
    """Stock templates made 16,800 lines of Python of this contract; half is enough."""
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in generate.PACKAGE.rglob("*.py"))
    assert lines < 8_400


def test_an_alias_lives_beside_the_one_model_that_uses_it() -> None:
    """There is no module of a few lines for what one model alone needs."""
    for name in models.__all__:
        users = [
            model
            for model in CLASSES.values()
            if any(re.search(rf"\b{name}\b", str(field.type)) for field in attrs.fields(model))
        ]
        if name not in CLASSES and len(users) == 1:
            assert models._MODULES[name] == users[0].__module__.rpartition(".")[2]


def test_attribute_names_read_well() -> None:
    """Digits stay with their word; words of Python get an underscore."""
    assert names.attribute("archiveMd5") == "archive_md5"
    assert names.attribute("sha256Sum") == "sha256_sum"
    assert names.attribute("from") == "from_"
    assert names.argument("page[after]") == "page_after"
    assert names.attribute("to_dict") == "to_dict_"
    assert names.argument("\ufb01le") == "file"


def test_an_upload_says_its_type_and_length() -> None:
    """Headers of the contract go with the request."""
    from io import BytesIO

    from treasure_workflow_api.types import File

    request = put_project.build_request(body=File(BytesIO(b"x")), project="p", revision="r", content_length=1)
    assert isinstance(request, Request)
    assert request.headers == {"Content-Length": "1", "Content-Type": "application/gzip"}
    assert request.content == b"x"
    assert request.query == {"project": "p", "revision": "r", "clear_schedule_all": False, "skip_schedule": True}
