"""Breaks the mock service, the generated client and the corrections in small ways, and counts what the suite notices.

`make contract-mutants` (by hand: an hour or two) runs the contract suite once for each mutant. Every place that an
operator fits is a candidate; which ones are tried is drawn by a seed, not picked.

Why not mutmut or cosmic-ray: they know nothing of an OpenAPI overlay, change the tree that they test, and draw nothing
by area; what they would save us, an operator for each sign of Python, is the smaller part.
"""
