"""Every mutated document gets the verdict that callers, corrections and versions deserve."""

from __future__ import annotations

import openapi_spec_validator
import pytest

from scripts.update_spec.judge.changes import bump
from tests.support.update_spec.corpus import CASES
from tests.support.update_spec.corpus.case import Case
from tests.support.update_spec.judging import mutated, verdict_on


def test_the_corpus_is_large() -> None:
    """There is a document for each kind of change, on either side."""
    assert len(CASES) >= 120


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_document_gets_its_verdict(case: Case) -> None:
    """Verdict, class for callers, kinds of changes, version and affected corrections are the expected ones."""
    decision = verdict_on(mutated(case))
    affected = {one.name: one.state for one in decision.corrections if one.state != "unaffected"}
    assert (
        decision.verdict,
        decision.callers,
        {change.kind for change in decision.changes},
        bump(decision.changes),
        affected,
    ) == (case.verdict, case.callers, case.kinds, case.bump, case.corrections)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_document_is_one_that_could_be_published(case: Case) -> None:
    """The corpus holds no document that reading it would refuse as invalid."""
    openapi_spec_validator.validate(mutated(case))
