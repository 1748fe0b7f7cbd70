"""From a newer published document to the project's own: what changed, what breaks for callers, and the adopted tree."""
