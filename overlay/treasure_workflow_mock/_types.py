"""The types that every room of the mock service shares."""

from __future__ import annotations

from typing import Any, Literal

Json = Any  # a decoded JSON value: free-form by nature
JsonObject = dict[str, Json]
Flavour = Literal["hosted", "digdag"]
