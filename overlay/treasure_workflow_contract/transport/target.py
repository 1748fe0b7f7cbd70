"""The service under test: where it is, what opens it, and what a run may do there.

A target is known by HTTP alone. Nothing here or above asks which program responds.
"""

from __future__ import annotations

import dataclasses
import ssl
from dataclasses import dataclass
from typing import Literal

from treasure_workflow_api._operations import AUTHORIZATION_PREFIX
from treasure_workflow_contract.openapi.contract import Operation

Flavour = Literal["hosted", "digdag"]
Writes = Literal["nothing", "projects", "everything"]
Scheme = Literal["TD1", "Bearer"]


class TargetError(Exception):
    """The target does not do what every case counts on, such as to response at all: nothing can be said of it."""


@dataclass(frozen=True)
class Trust:
    """Which servers are believed to be who they say: those of the system's authorities, those of a file, or all."""

    ca_file: str | None = None
    insecure: bool = False

    def ssl_context(self) -> ssl.SSLContext:
        """The settings of TLS. Raises OSError for a file that cannot be read or holds no certificates."""
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


@dataclass(frozen=True)
class Target:
    """One service, and what a run may do there.

    `base_url` has no path. `key` is the API key, or the token of a sign-in, and `scheme` what it is sent with; None
    where none is asked for. No repr shows it. `flavour` is `hosted`, or `digdag` for an open-source server, which has
    no pools. `writes`: `nothing` only reads; `projects` makes and changes projects whose names begin with
    `project_prefix`, and no others; `everything` also changes the account's pools.
    `requests_per_second` bounds one process; None is as fast as it responds.
    """

    base_url: str
    key: str | None = dataclasses.field(default=None, repr=False)
    flavour: Flavour = "hosted"
    writes: Writes = "nothing"
    project_prefix: str = ""
    requests_per_second: float | None = None
    trust: Trust = Trust()
    scheme: Scheme = AUTHORIZATION_PREFIX

    @property
    def authorization(self) -> str | None:
        """The value of the `Authorization` header; None where no key is asked for."""
        return None if self.key is None else f"{self.scheme} {self.key}"

    def reason_to_skip(self, operation: Operation) -> str | None:
        """Why an operation is not called there; None when it is."""
        if operation.tag == "Pool" and self.flavour == "digdag":
            return "an open-source server has no pools"
        if operation.method == "GET" or self.writes == "everything":
            return None
        if self.writes == "nothing":
            return "the target is only read"
        if operation.tag == "Pool":
            return "pools and their rules belong to the whole account"
        return None
