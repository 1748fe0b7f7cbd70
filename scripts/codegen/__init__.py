"""From the contract to the raw client and the table of its operations, and from the async client to its sync half."""
