"""What a change of the contract means for callers: a comparison of two documents by meaning, without side effects."""

from scripts.update_spec.judge.changes import Change
from scripts.update_spec.judge.documents import compare

__all__ = ["Change", "compare"]
