"""What a run found out, and which differences are known."""
