"""The phases of a run, each on its own."""
