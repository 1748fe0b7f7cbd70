"""From the published document to the effective contract: read, checked, corrected."""
