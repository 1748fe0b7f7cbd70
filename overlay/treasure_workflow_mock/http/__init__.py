"""HTTP as the service reads and writes it."""
