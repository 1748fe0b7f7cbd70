"""Drawing calls and values from the contract."""
