"""The client, written once: `async`. The sync half beside it is generated from here by scripts/codegen/unasync.py."""
