"""What an account may do: words that hold in all of its projects, and further ones in some of them."""

from __future__ import annotations

from treasure_workflow_mock.model.account import Account

WORDS = ("view", "run", "edit", "administrator")
"""All permissions. An administrator may do everything, and alone changes pools."""


def may(account: Account, project_name: str | None, *needed: str) -> bool:
    """Whether an account has all permissions that are needed, in a project or (without one) everywhere."""
    permissions = account.settings["permissions"]
    given = set(permissions["global"])
    if "administrator" in given:
        return True
    if project_name is not None:
        given.update(permissions["projects"].get(project_name, ()))
    return given.issuperset(needed)
