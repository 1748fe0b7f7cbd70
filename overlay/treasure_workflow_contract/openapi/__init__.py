"""The effective contract as the checks read it."""
