"""Longer pieces of work of the nouns, which take several requests."""
