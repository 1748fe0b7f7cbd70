"""What a newer document means: for callers, for the corrections, and for what is left to hands."""
