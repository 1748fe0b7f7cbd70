"""A task's configuration that knows which of its keys were looked at: the task's log tells of the others."""

from __future__ import annotations

from typing import Any

from treasure_workflow_mock._types import Json, JsonObject


class CheckedConfig(dict[str, Json]):
    """A configuration that notes its keys as they are looked at, whether they are there or not.

    `used` are those keys; with `all_used` nobody is to be told of the others.
    """

    def __init__(self, values: JsonObject) -> None:
        super().__init__(values)
        self.used: set[str] = set()
        self.all_used = False

    def __getitem__(self, key: str) -> Json:
        """The value of a key, which is noted."""
        self.used.add(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Json:
        """The value of a key, which is noted, or the default."""
        self.used.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        """Whether there is a key, which is noted."""
        self.used.add(str(key))
        return super().__contains__(key)
