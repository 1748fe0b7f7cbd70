"""From the effective contract to the files of the raw client."""
