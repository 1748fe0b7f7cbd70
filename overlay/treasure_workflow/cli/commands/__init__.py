"""The commands, a module for each group of them; each registers its own."""
