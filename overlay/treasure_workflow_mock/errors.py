"""What the service refuses, said without HTTP; `service/statuses.py` has the one table of statuses.

ServiceError
├── InvalidDefinition   a `.dig` file, schedule, configuration or archive that means nothing
├── InvalidRequest      a value of the caller's that cannot be used
├── LimitExceeded       one more than the account, a pool, a page or an upload may have
├── Unauthorized        no account is opened by what the caller sent
├── Forbidden           the account has not the permission, or a web page may have sent the request
├── NotFound            nothing has this id or name
├── AlreadyExists       something has this name already
│   └── AttemptExists   the session has an attempt of this name; `attempt_id` says which
├── Conflict            the state of things does not allow it now
├── MethodNotAllowed    the path is there, the method is not
└── NotSupported        the contract has this operation, the mock does not
"""

from __future__ import annotations


class ServiceError(Exception):
    """What the service refuses. `message` is its own wording, None where it has none."""

    def __init__(self, message: str | None) -> None:
        super().__init__(message)
        self.message = message


class InvalidDefinition(ServiceError):
    """A `.dig` file, a schedule, a configuration or an archive means nothing."""


class InvalidRequest(ServiceError):
    """A value that the caller sent cannot be used."""


class LimitExceeded(ServiceError):
    """There would be more than the account, a pool, a page or an upload may have."""


class Unauthorized(ServiceError):
    """What the caller sent opens no account."""


class Forbidden(ServiceError):
    """The account that was opened has not the permission, or the request may come from a web page."""


class NotFound(ServiceError):
    """Nothing has this id or name."""


class AlreadyExists(ServiceError):
    """Something has this name already."""


class AttemptExists(AlreadyExists):
    """The session has an attempt of this name. `attempt_id` is the one that the service shows for it."""

    def __init__(self, attempt_id: int) -> None:
        super().__init__(f"attempt id={attempt_id} already exists")
        self.attempt_id = attempt_id


class Conflict(ServiceError):
    """The state of things does not allow what was asked for."""


class MethodNotAllowed(ServiceError):
    """The path is there, but it does not take this method."""


class NotSupported(ServiceError):
    """The contract has this operation, the mock has not."""


for _kind in [value for value in globals().values() if isinstance(value, type) and issubclass(value, ServiceError)]:
    _kind.__module__ = "treasure_workflow_mock"  # where users import them from
