"""Known differences: what they explain, what counts as gone, what a file may say, and a report's baseline."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.contract.sample_run import HOSTILE, sample_results
from treasure_workflow_contract.reporting.baseline import baseline
from treasure_workflow_contract.results.findings import PHASES, Finding
from treasure_workflow_contract.results.known_differences import Differences, DifferencesError, load, packaged, read
from treasure_workflow_contract.results.run_results import Results

ENTRY = """
[[difference]]
operation = ["getPool", "getPools"]
phase = "fuzzing"
complaint = '^status 404 '
call = 'id=0'
reason = "ids begin at 1"
evidence = "seen"
"""
FOUND = Finding("getPool", "fuzzing", "get_pool.sync_detailed(id=0)", "status 404 is not of the contract")


def known(text: str, flavour: str = "hosted") -> Differences:
    return Differences(read(text, "x.toml"), flavour)


def test_a_known_difference_is_marked_with_its_reason() -> None:
    """What an entry explains carries its reason and makes no run fail."""
    marked = known(ENTRY).mark(FOUND)
    assert marked == dataclasses.replace(FOUND, known="ids begin at 1")


@pytest.mark.parametrize(
    "change",
    [
        {"operation": "getPoolRule"},
        {"phase": "invariants"},
        {"call": "get_pool.sync_detailed(id=1)"},
        {"complaint": "status 500 is not of the contract"},
        {"complaint": "no status 404 at all"},
    ],
)
def test_nothing_else_is_known(change: dict[str, str]) -> None:
    """Every key of an entry narrows it."""
    finding = dataclasses.replace(FOUND, **change)
    assert known(ENTRY).mark(finding) is finding


@pytest.mark.parametrize(("flavour", "reason"), [("hosted", None), ("digdag", "r")])
def test_entries_of_another_flavour_do_not_count(flavour: str, reason: str | None) -> None:
    """A difference of an open-source server excuses nobody else, and `*` stands for all operations."""
    text = '[[difference]]\noperation = "*"\nflavour = "digdag"\ncomplaint = "status"\nreason = "r"'
    assert known(text, flavour).mark(FOUND).known == reason


def test_the_shape_of_a_complaint_can_be_matched() -> None:
    """An entry need not spell out numbers and quoted texts; a dot is any character."""
    text = "[[difference]]\noperation = 'getPool'\ncomplaint = '^body: \\* is.not \\*$'\nreason = 'r'"
    complaint = "body: 'a' is\nnot 17"
    assert known(text).mark(dataclasses.replace(FOUND, complaint=complaint)).known == "r"


def test_a_difference_is_gone_only_when_its_calls_were_made_and_none_differed() -> None:
    """Calls of all processes count, those that would not show it do not, and one that differs is enough."""
    differences = known(ENTRY)
    results = Results()
    assert differences.gone(results) == []
    for operation, phase, call in (
        ("getPool", "fuzzing", "id=1"),
        ("getPool", "client", "id=0"),
        ("getPoolRule", "fuzzing", "id=0"),
    ):
        differences.note(operation, phase, call)  # type: ignore[arg-type]
    differences.hand_over(results)
    assert differences.gone(results) == []

    for _ in range(2):
        process = pickle.loads(pickle.dumps(known(ENTRY)))
        process.note("getPools", "fuzzing", "id=0")
        process.note("getPool", "fuzzing", "id=0")
        one = Results()
        process.hand_over(one)
        process.hand_over(one)  # what was handed over is not counted again
        results.add(pickle.loads(pickle.dumps(one)))
    (line,) = differences.gone(results)
    assert (
        line == "getPool, getPools (fuzzing): ^status 404  in calls with id=0: ids begin at 1 (4 calls, none differed)"
    )

    process = known(ENTRY)
    process.mark(FOUND)
    other = Results()
    process.hand_over(other)
    results.add(other)
    assert differences.gone(results) == []


def test_overlapping_entries_are_all_met() -> None:
    """The first entry gives the reason, and none that would explain the finding as well counts as gone."""
    differences = known(f'{ENTRY}\n[[difference]]\noperation = "*"\ncomplaint = "404"\nreason = "second"')
    differences.note(FOUND.operation, FOUND.phase, FOUND.call)
    assert differences.mark(FOUND).known == "ids begin at 1"
    results = Results()
    differences.hand_over(results)
    assert differences.gone(results) == []


def test_what_is_known_never_hides_what_is_not() -> None:
    """Of two findings alike, the one that nobody accepted stays when processes add up."""
    results, other = Results(), Results()
    results.add_finding(dataclasses.replace(FOUND, known="ids begin at 1"))
    other.add_finding(dataclasses.replace(FOUND, call="id=1"))
    results.add(other)
    results.add(other)
    assert len(results.findings) == 2
    assert [finding.call for finding in results.unknown] == ["id=1"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[difference", "no TOML"),
        ("[difference]\n", "double brackets"),
        ("difference = [1]\n", "double brackets"),
        ("[[diference]]\n", "unknown key 'diference'"),
        (ENTRY.replace("evidence", "evidense"), "unknown key 'evidense', not one of operation, complaint, reason"),
        (ENTRY.replace('reason = "ids begin at 1"', ""), "key 'reason' is missing"),
        (ENTRY.replace("ids begin at 1", " "), "key 'reason' has to be a text that is not empty"),
        (ENTRY.replace("'id=0'", "0"), "key 'call' has to be a text"),
        (ENTRY.replace("'id=0'", "'('"), "key 'call' is no regular expression"),
        (ENTRY.replace("'^status", "'(status"), "key 'complaint' is no regular expression"),
        (
            ENTRY.replace('"fuzzing"', '"plane"'),
            "key 'phase' is 'plane', not one of client, parsing, fuzzing, stateful, invariants",
        ),
        (
            ENTRY.replace('phase = "fuzzing"', 'flavour = "sweet"'),
            "key 'flavour' is 'sweet', not one of hosted, digdag",
        ),
        (ENTRY.replace("getPools", "getPuls"), "key 'operation': the contract has no operation 'getPuls'"),
        (ENTRY.replace('["getPool", "getPools"]', '"getPuls"'), "(getPuls): key 'operation': the contract has no"),
        (ENTRY.replace('["getPool", "getPools"]', "[]"), "key 'operation' has to be"),
        (ENTRY.replace('["getPool", "getPools"]', "7"), "key 'operation' has to be"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text: str, told: str) -> None:
    """The file, the entry's number, the key, and what it has to be."""
    with pytest.raises(DifferencesError) as caught:
        read(ENTRY + text if "[[difference]]" in text else text, "x.toml")
    message = str(caught.value)
    assert told in message
    assert message.startswith("x.toml: difference 2" if "[[difference]]" in text else "x.toml")


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """A missing file and one that is no text are errors of the file, which is named."""
    (tmp_path / "b.toml").write_bytes(b"\xff")
    for name in ("a.toml", "b.toml"):
        with pytest.raises(DifferencesError, match=f"{name} cannot be read"):
            load(tmp_path / name)


def test_the_package_s_own_file_is_valid() -> None:
    """Every entry of the packaged file can be read, and none is there twice."""
    titles = [difference.title for difference in packaged()]
    assert len(set(titles)) == len(titles)


def test_a_baseline_makes_the_same_run_pass(tmp_path: Path) -> None:
    """Each unknown finding has one entry, valid as it stands, that explains it and not the known ones' loss."""
    results = sample_results()
    (tmp_path / "baseline.toml").write_text(baseline(results), encoding="utf-8")
    entries = load(tmp_path / "baseline.toml")
    assert len(entries) == len(results.unknown) > 0
    differences = Differences(entries, results.flavour)
    results.findings = [finding if finding.known else differences.mark(finding) for finding in results.findings]
    assert not results.unknown
    assert read(baseline(results), "again") == []


ANYTHING = st.text(st.characters(exclude_categories=()))


@given(st.sampled_from(["getPool", HOSTILE]), st.sampled_from(PHASES), ANYTHING | st.just(HOSTILE), ANYTHING)
def test_a_baseline_holds_whatever_a_finding_says(operation: str, phase: object, complaint: str, call: str) -> None:
    """Any operation, complaint and call give an entry that a file can hold and that explains the finding."""
    finding = Finding(operation, phase, call, complaint)  # type: ignore[arg-type]
    text = baseline(Results(findings=[finding])).encode("utf-8").decode("utf-8")
    assert known(text).mark(finding).known is not None


@pytest.mark.parametrize(
    ("accepted", "another", "explained"),
    [
        ("body: /ids/0 '7' is not 'x'", "body: /ids/12 'a7' is not 'b'", True),
        ("body: /id '7' is not of type 'x'", "body: /name '7' is not of type 'x'", False),
        ("status 404 is not of the contract", "status 500 is not of the contract", False),
        ('body: "id" is a required property', 'body: "name" is a required property', False),
        ("a (b", "a (b c", False),
        ("a.b", "a_b", False),
    ],
)
def test_a_baseline_accepts_other_values_only(accepted: str, another: str, explained: bool) -> None:
    """Other values of the same complaint are accepted; another field, status or wording is not."""
    text = baseline(Results(findings=[dataclasses.replace(FOUND, complaint=accepted)]))
    marked = known(text).mark(dataclasses.replace(FOUND, complaint=another))
    assert (marked.known is not None) == explained
