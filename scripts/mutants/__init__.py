"""Breaks the mock service, the generated client and the corrections in small ways, and counts what the suite notices.

`make contract-mutants` (by hand: an hour or two) runs the contract suite once for each mutant. Every place that an
operator fits is a candidate; which ones are tried is drawn by a seed, not picked.

Why not mutmut or cosmic-ray: their operators know Python (`+` for `-`), not services (a lost field, a key that
leaks, a dry run that writes), they know nothing of an OpenAPI overlay, and they change the tree that they test or draw
nothing by area. What they would save us, running a command per mutant, is the small part (`trial.py`).
Edits go by the positions of syntax trees (`ast`, and PyYAML's nodes), so the rest of a file stays as it is.
"""
