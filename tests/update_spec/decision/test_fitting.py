"""What the client cannot do, and need not, is corrected away; callers are told of it all the same."""

from __future__ import annotations

import pytest

from scripts.codegen.contract import corrections
from tests.support.update_spec.corpus import CASES
from tests.support.update_spec.judging import actions, mutated, verdict_on


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("a_status_becomes_default", ".responses.default"),
        ("accept_another_security_scheme", "$.security"),
        ("ask_for_no_key_at_one_operation", ".security"),
        ("take_another_media_type", ".content['application/yaml']"),
    ],
)
def test_a_document_is_brought_within_the_clients_limits(name: str, target: str) -> None:
    """A correction is written, holds nothing up, and applies as the generator applies it."""
    decision = verdict_on(mutated(CASES[name]))
    assert decision.verdict == decision.callers == "compatible"
    assert any(target in action["target"] for action in decision.added)
    assert any(hand.anchor and target in hand.anchor and not hand.holds for hand in decision.hands)
    corrections.apply(mutated(CASES[name]), [*actions(), *decision.added])
