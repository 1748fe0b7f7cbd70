"""What a run makes at a target for its calls to be about, and what it may write there."""
