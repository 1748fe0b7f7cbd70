"""Secrets of a project: set and deleted, listed by key, never read back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from treasure_workflow import errors
from treasure_workflow._arguments import checked
from treasure_workflow._async import _lookups
from treasure_workflow._async._calls import AsyncCalls
from treasure_workflow._async.pages import AsyncPages
from treasure_workflow._ids import PROJECT, check
from treasure_workflow._logic.secrets import (
    SecretSource,
    SecretsPlan,
    Source,
    checked_key,
    hidden,
    is_key,
    plan_secrets,
    value_from,
    values_from,
)
from treasure_workflow._runtime import arun
from treasure_workflow._secret import Secret

if TYPE_CHECKING:
    from treasure_workflow._ids import ProjectLike
    from treasure_workflow_api.models import RestSecretMetadata


@checked
class AsyncSecrets:
    """What `client.secrets` offers."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    def list(self, project: ProjectLike) -> AsyncPages[RestSecretMetadata]:
        """The keys of a project's secrets. Operation getProjectSecrets."""

        async def fetch(id: int, **position: Any) -> object:
            from treasure_workflow_api.api.project import get_project_secrets

            return await self._calls.call(get_project_secrets, id, **position)

        look_up = _lookups.project_id_once(self._calls, project)
        return AsyncPages(fetch, "getProjectSecrets", look_up=look_up)

    async def set(self, project: ProjectLike, key: str, value: SecretSource) -> None:
        """Sets a secret, whether or not it is there. Operation putProjectSecret.

        Args:
            project: The project.
            key: Words joined by dots; each begins with a letter, goes on with letters, digits, `_` and `-`, and ends
                with a letter or digit. 255 characters at most.
            value: The secret, at most 16,384 bytes in UTF-8: the text itself, a `Path` whose file holds it, an open
                text file such as `sys.stdin`, or a function that gives it, such as `getpass.getpass`, which asks for
                it. The line end of a file with one line is left out.

        Raises:
            NotFound: There is no such project.
            TypeError: The value is no text.
            ValueError: The key or the value breaks a rule, or the file cannot be read. Nothing was sent.

        Example:
            >>> client.secrets.set("shop", "td.apikey", getpass.getpass)
        """
        source = Secret(value) if isinstance(value, str) else value
        value = ""  # from here on nothing that a traceback shows holds it
        check(PROJECT, project)
        secret = Secret(await arun(value_from, source, checked_key(key)))
        await self._put(await _lookups.project_id(self._calls, project), key, secret)

    async def set_all(
        self, project: ProjectLike, source: str | os.PathLike[str] | Mapping[str, SecretSource]
    ) -> SecretsPlan:
        """Sets many secrets and leaves all others alone. Operations getProjectSecrets, putProjectSecret.

        Args:
            project: The project.
            source: Values by key, each as for `set`; or the path of a YAML or JSON file that maps keys to texts.

        Returns:
            Which keys were added and which were there.

        Raises:
            ConfigError: The file is YAML, and PyYAML is not installed.
            NotFound: There is no such project.
            TypeError: A value is no text. Nothing was sent.
            ValueError: A key or a value breaks a rule, or the file cannot be read. Nothing was sent.

        Example:
            >>> client.secrets.set_all("shop", {"td.apikey": Path("key.txt"), "mail.password": getpass.getpass})
        """
        given, source = hidden(source), ""
        return await self._sync(project, given, prune=False, dry_run=False)

    async def sync(
        self,
        project: ProjectLike,
        source: str | os.PathLike[str] | Mapping[str, SecretSource],
        *,
        prune: bool = False,
        dry_run: bool = False,
    ) -> SecretsPlan:
        """Makes a project's secrets those that are given. Operations getProjectSecrets, putProjectSecret.

        Args:
            project: The project.
            source: As for `set_all`.
            prune: Delete the secrets that are not given, too (operation deleteProjectSecret).
            dry_run: Only tell what would change.

        Returns:
            Which keys are added, set again, pruned and kept.

        Raises:
            ConfigError: As for `set_all`.
            NotFound: There is no such project.
            TypeError: As for `set_all`.
            ValueError: As for `set_all`.

        Example:
            >>> print(client.secrets.sync("shop", "secrets.yaml", prune=True, dry_run=True))
        """
        given, source = hidden(source), ""  # from here on nothing that a traceback shows holds them
        return await self._sync(project, given, prune=prune, dry_run=dry_run)

    async def _sync(self, project: ProjectLike, source: Source, *, prune: bool, dry_run: bool) -> SecretsPlan:
        check(PROJECT, project)
        values = await arun(values_from, source)
        id = await _lookups.project_id(self._calls, project)
        plan = plan_secrets(values, [secret.key async for secret in self.list(id)], prune=prune)
        odd = next((key for key in plan.pruned if not is_key(key)), None)
        if odd is not None:
            raise errors.ContractError(f"{odd!r} is no key of a secret", 200, b"", "GET /api/projects/{id}/secrets")
        if not dry_run:
            for key, value in values.items():
                await self._put(id, key, value)
            for key in plan.pruned:
                await self.delete(id, key)
        return plan

    async def delete(self, project: ProjectLike, key: str) -> None:
        """Deletes a secret; one that is not there is no error. Operation deleteProjectSecret.

        Raises:
            NotFound: There is no such project.
            ValueError: The key breaks a rule. Nothing was sent.
        """
        from treasure_workflow_api.api.project import delete_project_secret

        checked_key(key)
        id = await _lookups.project_id(self._calls, project)
        await self._calls.perform(delete_project_secret, id, key)

    async def _put(self, id: int, key: str, value: Secret) -> None:
        from treasure_workflow_api.api.project import put_project_secret
        from treasure_workflow_api.models import RestSetSecretRequest

        await self._calls.perform(put_project_secret, id, key, body=RestSetSecretRequest(value=value.reveal()))
