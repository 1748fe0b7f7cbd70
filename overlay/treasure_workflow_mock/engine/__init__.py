"""Attempts and their tasks: starting, running, retrying and killing them; schedules; pools."""
