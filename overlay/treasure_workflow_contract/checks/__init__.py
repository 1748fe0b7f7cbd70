"""The checks of one exchange."""
