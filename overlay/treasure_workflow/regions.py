"""The service's regions: their names, other words for them, and their addresses as the contract lists them."""

from __future__ import annotations

from treasure_workflow.errors import ConfigError
from treasure_workflow_api._operations import SERVERS

MOCK = "mock"
"""The documentation portal's static mock: fixed responses, open to everyone. It never gets a key."""

DEFAULT = "aws"

SYNONYMS = {
    "us": "aws",
    "us01": "aws",
    "jp": "aws-tokyo",
    "jp01": "aws-tokyo",
    "ap01": "aws-tokyo",
    "tokyo": "aws-tokyo",
    "eu": "eu01",
    "kr": "ap02",
}
"""Words that other Treasure Data tools use, and the service's own name for the region."""

ADDRESSES = {server.name: server.url for server in SERVERS}
"""Region name to base address."""


def canonical(word: str) -> str:
    """The service's own name of the region that `word` means; letter case does not matter.

    Raises:
        ConfigError: No region is called so; the message lists those that are.
    """
    name = word.strip().lower()
    name = SYNONYMS.get(name, name)
    if name not in ADDRESSES:
        known = ", ".join(ADDRESSES)
        synonyms = ", ".join(f"{synonym} for {region}" for synonym, region in SYNONYMS.items())
        raise ConfigError(f"unknown region {word!r}: known are {known} (and {synonyms})")
    return name


def at(address: str) -> str | None:
    """The name of the region with this base address, None for any other address."""
    return next((name for name, known in ADDRESSES.items() if known == address), None)
