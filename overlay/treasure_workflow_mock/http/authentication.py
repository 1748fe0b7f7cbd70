"""Which account a call belongs to: each API key has one of its own, made when it is first used."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from treasure_workflow_mock._types import Flavour
from treasure_workflow_mock.errors import Unauthorized
from treasure_workflow_mock.model.account import Account

DEFAULT_ACCOUNT = "default"
_BEARER = "Bearer "
_HOSTED_KEY = re.compile(r"TD1 +(?P<key>[0-9]+/[0-9a-f]{40})")


class Accounts:
    """The accounts of one service, by the `Authorization` header that opens them.

    The hosted flavour wants `TD1 <account number>/<40 hex digits>`, or a Bearer token that an account's settings have.
    The digdag flavour takes any header as the name of an account, and a call without one belongs to a default account.
    """

    def __init__(self, flavour: Flavour) -> None:
        self.flavour: Flavour = flavour
        self._by_header: dict[str | None, Account] = {}
        self._by_name: dict[str, Account] = {}
        self.seed: Callable[[Account], None] | None = None
        """What each account is filled with when it is first used."""

    def of(self, authorization: str | None) -> Account:
        """The account that a header opens. Raises Unauthorized when it opens none."""
        account = self._of_token(authorization) or self._by_header.get(authorization)
        return account if account is not None else self._first_use(authorization)

    def _of_token(self, authorization: str | None) -> Account | None:
        """The account whose settings have the Bearer token of a header, which may change at any time."""
        if authorization is None or not authorization.startswith(_BEARER):
            return None
        token = authorization.removeprefix(_BEARER).strip()
        accounts = self._by_name.values()
        return next((account for account in accounts if account.settings["auth.bearer_token"] == token), None)

    def of_key(self, key: str) -> Account:
        """The account of an API key, as `of` finds it for a call with that key."""
        return self.of(f"TD1 {key}")

    def _first_use(self, authorization: str | None) -> Account:
        if self.flavour == "hosted":
            if authorization is None:
                raise Unauthorized("Missing Authorization header")
            if not (match := _HOSTED_KEY.fullmatch(authorization)):
                raise Unauthorized("unauthorized")
            name = match["key"]
        else:
            name = DEFAULT_ACCOUNT if authorization is None else authorization
        is_new = name not in self._by_name
        account = self._by_header[authorization] = self.named(name)
        if is_new and self.seed is not None:
            self.seed(account)
        return account

    def named(self, name: str) -> Account:
        """The account of a name (in the hosted flavour, the API key), made if there is none, and not seeded."""
        if name not in self._by_name:
            self._by_name[name] = Account(name, self.flavour)
        return self._by_name[name]

    def all(self) -> Iterable[Account]:
        """All accounts that were used."""
        return self._by_name.values()
