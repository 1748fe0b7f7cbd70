"""The version, as pyproject.toml has it: what requests tell the service."""

__version__ = "0.1.0"
