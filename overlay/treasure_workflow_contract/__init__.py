"""Contract tests of the service as a tool: every operation, through the generated client and without it, on any target.

A target is known by HTTP alone. The command is `treasure-workflow-contract`.
"""
