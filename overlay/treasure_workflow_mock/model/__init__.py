"""The records of an account, its clock, and what names may be."""
