"""A stateful stand-in for the Treasure Workflow service, to be started in tests."""
