"""The settings of an account: its flavour and the service's own properties, shown and changed by name."""

from __future__ import annotations

from treasure_workflow_mock import pools
from treasure_workflow_mock.durations import parse_duration
from treasure_workflow_mock.state import Account, JsonObject, ServiceError, default_settings

_FLAVOURS = ("hosted", "digdag")
_INT32_MAX = 2**31 - 1


def show(account: Account) -> JsonObject:
    """All settings by name."""
    return {"flavour": account.flavour, **account.settings}


def change(account: Account, changes: JsonObject) -> None:
    """Merges `changes` into the settings; null brings one back to its default.

    Raises ServiceError (400) that names the first wrong one; then nothing is changed.
    """
    flavour = account.flavour
    if "flavour" in changes:
        flavour = changes["flavour"] if changes["flavour"] is not None else account.first_flavour
        if flavour not in _FLAVOURS:
            raise ServiceError(400, f"flavour is neither hosted nor digdag: {flavour}")
    old, new = default_settings(account.flavour), default_settings(flavour)
    # What was never changed follows the flavour.
    merged = {name: new[name] if value == old[name] else value for name, value in account.settings.items()}
    for name, value in changes.items():
        if name == "flavour":
            continue
        if name not in new:
            raise ServiceError(400, f"{name} is no setting; there are {', '.join(['flavour', *new])}")
        merged[name] = new[name] if value is None else _number(name, value)
    if flavour == "hosted":
        pools.check_account_limit(account, merged["executor.attempt_max_run"])
    account.flavour, account.settings = flavour, merged


def _number(name: str, value: object) -> int:
    """The value of a setting; those that are times may be written as durations, such as `7d` or `1h 30m`."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)  # properties are texts where they come from
    elif isinstance(value, str) and name.endswith("_ttl"):
        try:
            value = parse_duration(value)
        except ValueError:
            raise ServiceError(400, f"{name} is neither seconds nor a duration such as 7d: {value}") from None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _INT32_MAX:
        raise ServiceError(400, f"{name} is no whole number from 0 to {_INT32_MAX}: {value}")
    return value
