"""What a run prints and leaves behind."""
