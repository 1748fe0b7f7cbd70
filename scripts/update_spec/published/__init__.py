"""What the service publishes: a newer document, read with suspicion, and what was published last."""
