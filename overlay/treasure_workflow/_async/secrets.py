"""Secrets of a project: set and deleted, listed by key, never read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treasure_workflow._async import _lookups
from treasure_workflow._async._calls import AsyncCalls
from treasure_workflow._async.pages import AsyncPages

if TYPE_CHECKING:
    from treasure_workflow._ids import ProjectLike
    from treasure_workflow_api.models import RestSecretMetadata


class AsyncSecrets:
    """What `client.secrets` offers."""

    def __init__(self, calls: AsyncCalls) -> None:
        self._calls = calls

    def list(self, project: ProjectLike) -> AsyncPages[RestSecretMetadata]:
        """The keys of a project's secrets. Operation getProjectSecrets."""

        async def fetch(**position: Any) -> object:
            from treasure_workflow_api.api.project import get_project_secrets

            id = await _lookups.project_id(self._calls, project)
            return await self._calls.call(get_project_secrets, id, **position)

        return AsyncPages(fetch, "getProjectSecrets")

    async def set(self, project: ProjectLike, key: str, value: str) -> None:
        """Sets a secret, whether or not it is there. Operation putProjectSecret.

        Args:
            project: The project.
            key: Words joined by dots; each begins with a letter, goes on with letters, digits, `_` and `-`, and ends
                with a letter or digit. 255 characters at most.
            value: The secret, at most 16,384 bytes in UTF-8.

        Raises:
            BadRequest: The key or the value breaks a rule.
            NotFound: There is no such project.
        """
        from treasure_workflow_api.api.project import put_project_secret
        from treasure_workflow_api.models import RestSetSecretRequest

        id = await _lookups.project_id(self._calls, project)
        await self._calls.perform(put_project_secret, id, key, body=RestSetSecretRequest(value=value))

    async def delete(self, project: ProjectLike, key: str) -> None:
        """Deletes a secret; one that is not there is no error. Operation deleteProjectSecret.

        Raises:
            BadRequest: The key breaks a rule.
            NotFound: There is no such project.
        """
        from treasure_workflow_api.api.project import delete_project_secret

        id = await _lookups.project_id(self._calls, project)
        await self._calls.perform(delete_project_secret, id, key)
