"""The settings of an account: its flavour and the service's own properties, shown and changed by name."""

from __future__ import annotations

from collections.abc import Callable

from treasure_workflow_mock._types import Json, JsonObject
from treasure_workflow_mock.dig.durations import parse_duration
from treasure_workflow_mock.engine import pools
from treasure_workflow_mock.errors import InvalidRequest
from treasure_workflow_mock.model.account import Account
from treasure_workflow_mock.model.permissions import WORDS
from treasure_workflow_mock.model.settings import REGION_LIMITS, default_settings

_FLAVOURS = ("hosted", "digdag")
_INT32_MAX = 2**31 - 1


def show(account: Account) -> JsonObject:
    """All settings by name."""
    return {"flavour": account.flavour, **account.settings}


def change(account: Account, changes: JsonObject) -> None:
    """Merges `changes` into the settings; null brings one back to its default.

    `permissions` are words (view, run, edit, administrator) that hold everywhere, or an object with `global` words and,
    by project name, further ones in `projects`. `region` sets the limits of a region of the hosted service. With
    `auth.bearer_token` the token opens this account, too. `api.start_always_queues` is the announced rule that attempts
    started by the API wait for their pool, and may not ask to be refused instead.
    Raises InvalidRequest that names the first wrong one; then nothing is changed.
    """
    flavour = account.flavour
    if "flavour" in changes:
        flavour = changes["flavour"] if changes["flavour"] is not None else account.first_flavour
        if flavour not in _FLAVOURS:
            raise InvalidRequest(f"flavour must be hosted or digdag, got {flavour!r}")
    region = account.settings["region"]
    if "region" in changes:
        region = "aws" if changes["region"] is None else _region("region", changes["region"])
    old, new = default_settings(account.flavour, account.settings["region"]), default_settings(flavour, region)
    # What was never changed follows flavour and region.
    merged = {name: new[name] if value == old[name] else value for name, value in account.settings.items()}
    for name, value in changes.items():
        if name == "flavour":
            continue
        if name not in new:
            raise InvalidRequest(f"unknown setting {name!r}; expected one of {', '.join(['flavour', *new])}")
        merged[name] = new[name] if value is None else _READERS.get(name, _number)(name, value)
    if flavour == "hosted":
        pools.check_account_limit(account, merged["executor.attempt_max_run"])
    account.flavour, account.settings = flavour, merged


def _region(name: str, value: Json) -> str:
    if not isinstance(value, str) or value not in REGION_LIMITS:
        raise InvalidRequest(f"{name} must be one of {', '.join(REGION_LIMITS)}, got {value!r}")
    return value


def _switch(name: str, value: Json) -> bool:
    if not isinstance(value, bool):
        raise InvalidRequest(f"{name} must be true or false, got {value!r}")
    return value


def _token(name: str, value: Json) -> str:
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise InvalidRequest(f"{name} must be a text of printable ASCII characters")
    return value


def _permissions(name: str, value: Json) -> JsonObject:
    given = {"global": value} if isinstance(value, list) else value
    if not isinstance(given, dict) or not given.keys() <= {"global", "projects"}:
        raise InvalidRequest(f"{name} must be a list of words, or an object of global and projects")
    projects = given.get("projects", {})
    if not isinstance(projects, dict):
        raise InvalidRequest(f"{name}.projects must be an object of lists of words by project name")
    return {
        "global": _words(f"{name}.global", given.get("global", []), WORDS),
        "projects": {
            project: _words(f"{name}.projects.{project}", words, WORDS[:-1]) for project, words in projects.items()
        },
    }


def _words(name: str, value: Json, known: tuple[str, ...]) -> list[str]:
    if not isinstance(value, list) or not all(word in known for word in value):
        raise InvalidRequest(f"{name} must be a list of {', '.join(known)}, got {value!r}")
    return value


def _number(name: str, value: object) -> int:
    """The value of a setting; those that are times may be written as durations, such as `7d` or `1h 30m`."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)  # properties are texts where they come from
    elif isinstance(value, str) and name.endswith("_ttl"):
        try:
            value = parse_duration(value)
        except ValueError:
            raise InvalidRequest(f"{name} must be seconds or a duration such as 7d, got {value!r}") from None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _INT32_MAX:
        raise InvalidRequest(f"{name} must be an integer from 0 to {_INT32_MAX}, got {value!r}")
    return value


_READERS: dict[str, Callable[[str, Json], Json]] = {
    "api.start_always_queues": _switch,
    "auth.bearer_token": _token,
    "permissions": _permissions,
    "region": _region,
}
