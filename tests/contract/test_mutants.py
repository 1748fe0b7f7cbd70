"""The mutation run: what its operators make of a source, how mutants are drawn, and what counts as caught."""

from __future__ import annotations

import ast
import json
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml

from scripts.folders import differences
from scripts.mutants import client_operators as client
from scripts.mutants import correction_operators as corrections
from scripts.mutants import mock_operators as answers
from scripts.mutants import mock_rule_operators as rules
from scripts.mutants.__main__ import EQUIVALENT, ROOT
from scripts.mutants.correction_operators import CorrectionsSource
from scripts.mutants.draw import (
    CLIENT_OPERATORS,
    CONTRACT,
    CORRECTION_OPERATORS,
    SHARES,
    candidates,
    draw,
    mock_operators,
)
from scripts.mutants.mutant import Change, Mutant
from scripts.mutants.python_source import PythonSource
from scripts.mutants.reach import is_in_reach
from scripts.mutants.report import Results, share_caught, summary
from scripts.mutants.trial import Trial, attempt, changed_tree, copy_tree, problem, run_python

ANSWER = """
def pool_json(pool):
    shown = {"id": str(pool.id), "name": pool.name, "project_name": pool.project_name}
    shown["poolId"] = str(pool.pool_id)
    return {"id": str(pool.id), "owner": str(pool.owner), "rules": [rule for rule in pool.rules], "done": pool.done}
"""
LISTING = """
_MAX_PAGE = 100
def page(records, query, size):
    if size > _MAX_PAGE:
        raise ServiceError(400, "too many")
    records = sorted((one for one in records if one.id < query.get("last_id", 50)), key=by_id)
    return list(reversed(records))[:size], records[-1]
"""
WRITE = """
def skip(account, body, schedule):
    check_later(schedule)
    del account.agenda[1]
    schedule.workflow = body.get("workflow")
    shown = []
    shown.append(1)
    if not body["dryRun"] and "count" in body:
        scheduler.move(schedule)
"""
BODY = """
def _string(value):
    if value is None:
        return _ABSENT
_SKIP = Model("Skip", {"count": _integer, "from": _string}, (("count", "count"), ("from", "from")))
"""
TIMES = """
def text(self, seconds):
    one = zoned_text(seconds, self.zone)
    return instant(seconds).isoformat()[:19] + "Z", Reply(content_type="application/gzip")
"""
REQUEST = """
def _get_kwargs(id: int, name: str, *, body: Body, deep: bool | Unset = UNSET, many: list[str] | Unset = UNSET):
    headers = {}
    params["deep"] = deep
    json_many: list[str] | Unset = UNSET
    json_many = many
    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}
    _kwargs = {"method": "get", "url": "/api/{id}/{name}".format(id=path_segment(id), name=path_segment(name))}
    _kwargs["json"] = body.to_dict()
    headers["Content-Type"] = "application/json"
def _parse_response(client, response):
    if response.status_code == 200:
        response_200 = Body.from_dict(response.json())
        return response_200
    if response.status_code == 403:
        return RestError.from_dict(response.json())
def _build_response(client, response):
    return Response(status_code=response.status_code, content=response.content)
def sync_detailed(client, id, name, body, deep, many):
    return _get_kwargs(id=id, name=name, body=body, deep=deep, many=many)
"""
MODEL = """
class Pool:
    id: str
    name: str
    limit: int
    def to_dict(self):
        id = self.id
        when = self.when.isoformat()
        field_dict.update({"id": id, "name": name})
        if limit is not UNSET:
            field_dict["limit"] = limit
    def from_dict(cls, d):
        def _parse(data):
            if data is None:
                return data
        return cls(id=d.pop("id"), name=d.pop("name"), limit=d.pop("limit", UNSET))
"""
KEY = """
class AuthenticatedClient:
    prefix: str = "TD1"
    def get_httpx_client(self):
        self._headers[self.auth_header_name] = f"{self.prefix} {self.token}"
        self._client = httpx.Client(headers=self._headers, follow_redirects=self._follow_redirects)
"""
OFF_BY_ONE = partial(rules.off_by_one, stated=frozenset({100}))

# A source, an operator, and pieces that its changes put there, each in a change of its own. `pass` stands for a loss.
EXPECTED: dict[str, tuple[str, Callable[[PythonSource], Iterator[Change]], list[str]]] = {
    "lost-field": (
        ANSWER,
        answers.lost_field,
        ['{"owner": str(pool.owner), "rules"', "[rule for rule in pool.rules], }"],
    ),
    "null-field": (ANSWER, answers.null_field, ['"owner": None', 'shown["poolId"] = None']),
    "mistyped-field": (ANSWER, answers.mistyped_field, ['"id": pool.id', "next(iter([rule", '"done": str(pool.done)']),
    "swapped-fields": (ANSWER, answers.swapped_fields, ['{"id": str(pool.owner), "owner": str(pool.id)']),
    "order": (LISTING, answers.wrong_order, ["list(records)[:size]", "records = list(one for one in records if"]),
    "media-type": (TIMES, answers.wrong_media_type, ['content_type="text/plain"']),
    "time": (TIMES, answers.wrong_time, ["isoformat()[:19], Reply", "[:16]", 'zoned_text(seconds, "+05:00")']),
    "comparison": (LISTING, rules.wrong_comparison, ["size < _MAX_PAGE", "one.id > query"]),
    "off-by-one": (
        LISTING,
        OFF_BY_ONE,
        ["_MAX_PAGE = 100 - 1", "size >= _MAX_PAGE", "one.id <= query", "50 - 1", "[:size + 1]", "records[0]"],
    ),
    "status": (LISTING, rules.wrong_status, ['ServiceError(404, "too many")']),
    "missing-check": (LISTING + WRITE, rules.missing_check, [":\n        pass", "schedule):\n    pass"]),
    "inverted-check": (LISTING, rules.inverted_check, ["if not (size > _MAX_PAGE)"]),
    "lost-change": (
        WRITE,
        rules.lost_change,
        ["check_later(schedule)\n    pass", "[1]\n    pass\n    shown", "in body:\n        pass"],
    ),
    "ignored-parameter": (
        WRITE,
        rules.ignored_parameter,
        ["schedule.workflow = None", "if not False and", 'body["dryRun"] and False'],
    ),
    "ignored-filter": (LISTING, rules.ignored_filter, ["for one in records if True)"]),
    "lost-body-field": (
        BODY,
        rules.lost_body_field,
        ['{"from": _string}', '{"count": _integer, }', ', (("count", "count"),))', ', (("from", "from"),)'],
    ),
    "mistyped-body": (BODY, rules.mistyped_body_field, ['"count": _string', '"from": _integer']),
    "null-in-body": (BODY, rules.wrong_null, ["return None"]),
    "lost-parameter": (
        REQUEST,
        client.lost_parameter,
        ["headers = {}\n    pass", "pass\n    headers[", "deep=UNSET", "many=UNSET"],
    ),
    "renamed-parameter": (REQUEST, client.renamed_parameter, ['params["deep_"]']),
    "request-line": (
        REQUEST,
        client.wrong_request_line,
        ['"method": "put"', '"/api/{id}/{name}/"', "id=path_segment(name), name=path_segment(id)"],
    ),
    "encoding": (
        REQUEST,
        client.wrong_encoding,
        ["name=str(name)", "else str(deep)", '= "text/plain"', 'json_many = ",".join(many)'],
    ),
    "encoding of times": (MODEL, client.wrong_encoding, ["self.when.isoformat()[:19]"]),
    "lost-falsy": (REQUEST, client.lost_falsy, ["params.items() if v}"]),
    "lost-falsy in models": (MODEL, client.lost_falsy, ["if limit:"]),
    "lost-model-field": (MODEL, client.lost_model_field, ['{"name": name}', "UNSET:\n            pass"]),
    "model-key": (MODEL, client.wrong_model_key, ['d.pop("name_")', '{"id_": id']),
    "swapped-model": (MODEL, client.swapped_model_fields, ['id=d.pop("name"), name=d.pop("id")', '"id": name']),
    "model-null": (MODEL, client.wrong_model_null, ["return UNSET"]),
    "answer": (REQUEST, client.wrong_answer, ["== 201", "return None", 'content=b""', "status_code=200"]),
    "lost-key": (
        KEY,
        client.lost_key,
        ["(self):\n        pass", "= self.token", '= f"{self.prefix}{', '= "X-Api-Key"'],
    ),
    "leaked-key": (KEY, client.leaked_key, ["[_kept(self._headers)]", 'params={"key": self.token}']),
}


@pytest.fixture(scope="module")
def every() -> list[Mutant]:
    """All mutants of the tree."""
    return candidates(ROOT)


def changed(source: PythonSource, change: Change) -> str:
    """The text of a source with a change."""
    return Mutant("mock", "any", source.path, change, 0).applied(source.data).decode()


@pytest.mark.parametrize("name", EXPECTED)
def test_an_operator_makes_its_mistakes(name: str) -> None:
    """Each mistake in a change of its own, which is still Python and differs from what was there."""
    text, operator, expected = EXPECTED[name]
    source = PythonSource("any.py", text.encode())
    made = [changed(source, change) for change in operator(source)]
    for one in made:
        ast.parse(one)
        assert one != text
    for piece in expected:
        assert any(piece in one and piece not in text for one in made), (piece, made)


def test_what_makes_no_difference_on_the_wire_is_left_alone() -> None:
    """Numbers in a path, statuses never answered, headers that are sent anyway, limits that are not stated."""
    source = PythonSource("any.py", REQUEST.encode())
    encodings = [changed(source, change) for change in client.wrong_encoding(source)]
    assert not any("id=str(id)" in one for one in encodings)
    assert not any("404" in changed(source, change) for change in client.wrong_answer(source))
    assert all("Content-Type" in changed(source, change) for change in client.lost_parameter(source))
    listing = PythonSource("any.py", LISTING.encode())
    unstated = [changed(listing, change) for change in rules.off_by_one(listing, frozenset())]
    assert not any("_MAX_PAGE = 100 - 1" in one or "size >= _MAX_PAGE" in one for one in unstated)


def test_out_of_reach_are_wording_and_limits_of_the_mock_alone() -> None:
    """What a message says, and what no other service refuses, is not drawn from."""
    text = """
    _MAX_DEPTH = 200
    def answer(account, size):
        if account.flavour == "digdag":
            raise ServiceError(404, f"{size < 1}")
        if size > _MAX_DEPTH:
            raise ServiceError(400, "too deep")
        if fault is None:
            raise ServiceError(400, "faulty")
    """
    source = PythonSource("any.py", textwrap.dedent(text).encode())
    in_reach = is_in_reach(source)
    statuses = [change.told for change in rules.wrong_status(source) if in_reach(change)]
    assert statuses == ["404 -> 400"]
    signs = [change.told for change in rules.wrong_comparison(source) if in_reach(change)]
    assert not any("size" in told for told in signs)


OVERLAY = """
actions:
  - x-correction: session-times
    target: $.a
    description: Täglich.
    update:
      format: date-time
      description: true
  - x-correction: pages
    target: $.b
    update: {order: asc, properties: {name: {type: string}}, required: [name]}
  - x-correction: pool-links
    target: $.c
    update: {parameters: {id: $response.body#/id}}
"""


def test_corrections_are_lost_or_altered() -> None:
    """One action or one word of it; wording stays, and links are altered but never missing."""
    source = CorrectionsSource("any.yaml", OVERLAY.encode())
    lost = [
        Mutant("corrections", "any", "", one, 0).applied(OVERLAY.encode())
        for one in corrections.lost_correction(source)
    ]
    names = [[action["x-correction"] for action in yaml.safe_load(one)["actions"]] for one in lost]
    assert names == [["pages", "pool-links"], ["session-times", "pool-links"]]
    told = [change.told for change in corrections.altered_correction(source)]
    assert told == [
        "format: date-time -> date",
        "order: asc -> desc",
        "properties.name: name -> name_",
        "properties.name.type: string -> integer",
        "required.0: name -> name_",
        "parameters.id: $response.body#/id -> $response.body#/name",
    ]
    for change in corrections.altered_correction(source):
        applied = Mutant("corrections", "any", "", change, 0).applied(OVERLAY.encode())
        assert yaml.safe_load(applied) != yaml.safe_load(OVERLAY)


def test_every_operator_has_candidates(every: list[Mutant]) -> None:
    """In the real tree nothing is proposed in vain: each operator finds places, and no two mutants share an id."""
    names = [name for name, *_ in (*mock_operators(ROOT), *CLIENT_OPERATORS, *CORRECTION_OPERATORS)]
    assert {mutant.operator for mutant in every} == set(names)
    assert len(names) == len(set(names))
    assert len({mutant.id for mutant in every}) == len(every)


def test_every_candidate_is_another_program(every: list[Mutant]) -> None:
    """Each mutant compiles and differs from what it was made of."""
    originals = {path: (ROOT / path).read_bytes() for path in {mutant.path for mutant in every}}
    for mutant in every:
        applied = mutant.applied(originals[mutant.path])
        assert applied != originals[mutant.path], mutant.line
        if mutant.path.endswith(".py"):
            ast.parse(applied)


def test_every_kind_of_broken_client_can_be_imported(every: list[Mutant]) -> None:
    """The modules of drawn mutants of the client still load: what is wrong shows in calls."""
    for mutant in draw([one for one in every if one.area == "client"], 200, seed=1):
        name = ".".join(Path(mutant.path).with_suffix("").parts[1:])
        code = compile(mutant.applied((ROOT / mutant.path).read_bytes()), mutant.path, "exec")
        exec(code, {"__name__": name, "__package__": name.rpartition(".")[0]})


def test_a_draw_depends_on_its_seed_alone(every: list[Mutant]) -> None:
    """The same seed draws the same mutants, whatever order they are found in; each area has its share."""
    drawn = draw(every, 80, seed=1)
    assert draw(list(reversed(every)), 80, seed=1) == drawn
    assert draw(every, 80, seed=2) != drawn
    assert len(set(drawn)) == len(drawn) == 80
    for area, share in SHARES.items():
        assert sum(mutant.area == area for mutant in drawn) == round(80 * share)
    assert {mutant.operator for mutant in drawn} == {mutant.operator for mutant in every}
    # One mutant less leaves the rest of its operator's as they were.
    gone = drawn[0]
    again = draw([mutant for mutant in every if mutant != gone], 80, seed=1)
    assert len(set(drawn) - set(again)) == 1


def test_a_mutant_is_a_change_of_one_file_of_a_copy(every: list[Mutant], tmp_path: Path) -> None:
    """The copy differs in that file and nowhere else, and the tree that was copied stays as it is."""
    tree = tmp_path / "tree"
    copy_tree(ROOT, tree)
    mutant = next(mutant for mutant in every if mutant.operator == "lost-field")
    before = (tree / mutant.path).read_bytes()
    with changed_tree(tree, mutant) as copy:
        assert list(differences(tree, copy)) == [mutant.path]
        assert (copy / mutant.path).read_bytes() == mutant.applied(before)
    assert not copy.exists()
    assert (tree / mutant.path).read_bytes() == before


def test_a_changed_correction_changes_the_client_and_not_the_mock(every: list[Mutant]) -> None:
    """The client is generated anew in the copy, and the mock there reads the contract as it was."""
    mutant = next(mutant for mutant in every if "isGroup: isGroup -> isGroup_" in mutant.line)
    contract = json.loads((ROOT / CONTRACT).read_bytes())
    with changed_tree(ROOT, mutant) as copy:
        assert problem(copy, mutant) is None
        assert json.loads((copy / CONTRACT).read_bytes()) != contract
        told = "from treasure_workflow_mock.contract import find_contract; print(find_contract())"
        path = run_python(copy, ["-c", told], 60).output
        assert Path(path).is_relative_to(copy)
        assert json.loads(Path(path).read_bytes()) == contract
    assert json.loads((ROOT / CONTRACT).read_bytes()) == contract


SUITE = """
import json, pathlib, sys, time
print(*sys.argv[1:9])
folder = pathlib.Path(sys.argv[-1])
folder.mkdir()
row = {{"part": "laws", "operation": "getPool", "complaint": "wrong", "known": {known!r}}}
(folder / "failures.jsonl").write_text(json.dumps(row))
time.sleep({pause})
sys.exit({exits}[sys.argv[6]])
"""


@pytest.mark.parametrize(
    ("exits", "known", "pause", "verdict"),
    [
        ({"hosted": 0, "digdag": 0}, "accepted", 0, "survived"),
        ({"hosted": 1}, None, 0, "caught"),
        ({"hosted": 0, "digdag": 1}, None, 0, "caught"),
        ({"hosted": 1}, "accepted", 0, "stillborn"),
        ({"hosted": 2}, None, 0, "stillborn"),
        ({"hosted": 0}, None, 600, "stillborn"),
    ],
)
def test_only_a_finding_counts_as_caught(
    exits: dict[str, int], known: str | None, pause: int, verdict: str, tmp_path: Path
) -> None:
    """In either flavour. Neither does a crash of the suite, nor trouble with the target, nor a run without end."""
    for folder in ("generated", "scripts", "templates", "overlay/treasure_workflow_contract"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "openapi.yaml").touch()
    package = tmp_path / "overlay/treasure_workflow_contract"
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(SUITE.format(exits=exits, known=known, pause=pause))
    trial = attempt(tmp_path, None, suite_seed=7, seconds=2)
    flavour = list(exits)[-1]
    assert trial.verdict == verdict
    assert trial.exit == (None if pause else exits[flavour])
    assert trial.finding == ("laws, getPool: wrong" if known is None else "")
    if not pause:
        assert trial.output == f"mock --profile quick --fail-fast --flavour {flavour} --seed 7"


def test_a_run_can_be_taken_up_again(every: list[Mutant], tmp_path: Path) -> None:
    """Results are read back as they were written; stillborn mutants count for nothing in the share caught."""
    results = Results(tmp_path)
    mutants = every[:4]
    for mutant, verdict in zip(mutants, ["caught", "survived", "stillborn", "caught"], strict=True):
        results.add(mutant, Trial(verdict, 1, 2.5, "output", "finding"), "diff")  # type: ignore[arg-type]
    again = Results(tmp_path)
    assert again.trials == results.trials
    assert share_caught(again.trials) == pytest.approx(2 / 3)
    told = summary(mutants, again.trials, {mutant.id: f"diff of {mutant.id}" for mutant in mutants})
    assert f"survived: {mutants[1].line}\ndiff of {mutants[1].id}" in told
    assert "caught 2 of 3 (66.7%), 1 stillborn" in told


def test_a_mutant_that_cannot_be_told_apart_has_its_reason() -> None:
    """The list of equivalent mutants says of each what it is and why nothing can tell."""
    rows = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("equivalent", [])
    for row in rows:
        assert row.keys() == {"id", "what", "reason"}
        assert all(row.values())
