"""The adopted tree: made whole in a copy, compared, and put in place."""
