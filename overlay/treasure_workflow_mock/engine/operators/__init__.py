"""The operators of tasks."""
