"""The one table that says which HTTP status a refusal has."""

from __future__ import annotations

from treasure_workflow_mock import errors

_STATUSES: dict[type[errors.ServiceError], int] = {
    errors.InvalidDefinition: 400,
    errors.InvalidRequest: 400,
    errors.LimitExceeded: 400,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.AlreadyExists: 409,
    errors.Conflict: 409,
    errors.NotSupported: 501,
}


def status_of(error: errors.ServiceError) -> int:
    """The HTTP status of the response to a refusal: that of its class, or of the nearest class above it."""
    return next(_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES)
