"""Replays what a real server answered against a service, and names every difference."""
