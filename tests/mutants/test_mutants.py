"""The mutation run: what its operators make of a source, how mutants are drawn, and what counts as caught."""

from __future__ import annotations

import ast
import json
from collections import Counter
from pathlib import Path

import pytest

from scripts.mutants import operators
from scripts.mutants.__main__ import KNOWN, ROOT, share_caught, summary, survivors
from scripts.mutants.draw import SHARES, Mutant, candidates, draw, lost_corrections
from scripts.mutants.operators import Operator, Source
from scripts.mutants.trial import Trial, _tested, changed_tree, first_finding, run_python

PROGRAM = """
def shown(pool, request, body):
    check_name(pool)
    if pool.size < request.query.get("last_id", 5):
        raise ValueError("too large")
    pool.name = body.get("name")
    del pool.rules[1]
    rows = sorted(pool.rows)
    return Reply(201, {"id": pool.id, "größe": pool.size, "name": pool.name}, path_of("/api/pools"), model_in(rows))
""".encode()
MADE = {
    operators.lost_entry: ['{"größe": pool.size, "name": pool.name}', '{"id": pool.id, "größe": pool.size}'],
    operators.renamed_key: ["'größe_': pool.size"],
    operators.swapped_values: ['"id": pool.size, "größe": pool.id', '"größe": pool.name, "name": pool.size'],
    operators.wrong_comparison: ['pool.size >= request.query.get("last_id", 5)'],
    operators.missing_check: ["    pass\n    if pool", "        pass\n    pool.name"],
    operators.lost_change: ["    pass\n    del", "    pass\n    rows"],
    operators.ignored_parameter: ["pool.size < 5:", "pool.name = None"],
    operators.wrong_order: ["rows = list(pool.rows)"],
    operators.wrong_status: ["Reply(200,"],
    operators.wrong_request_line: ["path_of('/api/pool')"],
    operators.wrong_reading: [", None)"],
}


@pytest.fixture(scope="module")
def every() -> list[Mutant]:
    """All mutants of the project."""
    return candidates(ROOT)


@pytest.mark.parametrize("operator", MADE, ids=lambda operator: operator.__name__)
def test_what_an_operator_makes(operator: Operator) -> None:
    """The mistake is there, once, and the rest of the file as it was; what comes of it is still a program."""
    source = Source("shown.py", PROGRAM)
    made = [Mutant("mock", "", "", edit, 0).applied(PROGRAM).decode() for edit in operator(source)]
    for text in made:
        ast.parse(text)
        assert text != PROGRAM.decode()
    for piece in MADE[operator]:
        assert sum(piece in text for text in made) == 1, (piece, made)


def test_corrections_are_left_out_whole() -> None:
    """Each action that a service shows is one mutant; what is left of the file is its other actions."""
    text = (ROOT / "overlay" / "openapi.overlay.yaml").read_text("utf-8")
    edits = list(lost_corrections(text))
    assert len(edits) > 20
    for edit in edits:
        assert text.encode()[edit.start : edit.end].decode().lstrip().startswith(("- x-correction", "#"))


def test_every_mutant_can_be_made_and_named(every: list[Mutant]) -> None:
    """Each of them is a program that differs from what it was made of, and has an id of its own."""
    assert max(Counter(mutant.id for mutant in every).values()) == 1
    assert {mutant.area for mutant in every} == set(SHARES)
    for mutant in draw(every, 200, 3):
        original = (ROOT / mutant.path).read_bytes()
        changed = mutant.applied(original)
        assert changed != original, mutant.line
        if mutant.path.endswith(".py"):
            ast.parse(changed)


def test_a_seed_draws_the_same_and_another_one_others(every: list[Mutant]) -> None:
    """By area as its share says, and all operators of an area take part."""
    one, again, other = draw(every, 60, 1), draw(every[::-1], 60, 1), draw(every, 60, 2)
    assert one == again
    assert {mutant.id for mutant in one} != {mutant.id for mutant in other}
    assert len(one) >= 60
    for area, share in SHARES.items():
        assert sum(mutant.area == area for mutant in one) == round(60 * share)
    operators_drawn = {(mutant.area, mutant.operator) for mutant in one}
    assert operators_drawn == {(mutant.area, mutant.operator) for mutant in every}


def test_survivors_are_mutants_there_are(every: list[Mutant]) -> None:
    """Each has a reason, and none is left of a source that has changed."""
    assert KNOWN.exists()
    assert survivors().keys() <= {mutant.id for mutant in every}
    assert all(reason.strip() for reason in survivors().values())


@pytest.mark.parametrize(
    ("status", "known", "output", "verdict"),
    [
        (0, None, "", "survived"),
        (1, None, "", "caught"),
        (1, "accepted", "", "stillborn"),
        (2, "accepted", "treasure-workflow-contract: is no workflow service", "caught"),
        (2, "accepted", "Traceback", "stillborn"),
        (None, "accepted", "", "stillborn"),
    ],
)
def test_what_counts_as_caught(
    status: int | None, known: str | None, output: str, verdict: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A finding that nobody has accepted, or a target that is no service any more; not a suite that crashes."""
    folder = tmp_path / "report-hosted"
    folder.mkdir()
    row = {"phase": "invariants", "operation": "getPool", "complaint": "wrong", "known": known}
    (folder / "failures.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    monkeypatch.setattr("scripts.mutants.trial.run_python", lambda *_: (status, output))
    assert _tested(tmp_path, "hosted", 0, 1.0).verdict == verdict
    assert bool(first_finding(folder / "failures.jsonl")) == (known is None)


def test_a_changed_tree_is_run_and_not_the_project(every: list[Mutant]) -> None:
    """The packages of the copy are what is imported, with the change in them."""
    mutant = next(each for each in every if each.area == "client" and each.operator == "request-line")
    module = ".".join(Path(mutant.path).with_suffix("").parts[1:])
    with changed_tree(ROOT, mutant) as copy:
        status, output = run_python(copy, ["-c", f"import {module} as module; print(module.__file__)"], 60)
        assert (status, output) == (0, str(copy / mutant.path))
        assert (copy / mutant.path).read_bytes() != (ROOT / mutant.path).read_bytes()
        assert run_python(copy, ["-c", "import time; time.sleep(60)"], 0.5)[0] is None


def test_the_summary_shows_who_survived(every: list[Mutant]) -> None:
    """With the share of those that could be tried, and what each survivor changes."""
    drawn = draw(every, 20, 1)
    trials = {one.id: Trial("caught", 1.0, "") for one in drawn[:-2]}
    trials |= {drawn[-2].id: Trial("survived", 1.0, ""), drawn[-1].id: Trial("stillborn", 1.0, "")}
    text = summary(trials, {one.id: "- a\n+ b" for one in drawn}, {one.id: one for one in every})
    assert f"survived: {drawn[-2].line}\n- a\n+ b" in text
    assert share_caught(trials) == (len(drawn) - 2) / (len(drawn) - 1)
