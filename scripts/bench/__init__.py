"""Benchmarks of the client, each beside its peer in one run. `make bench` prints them; no test depends on a time."""
