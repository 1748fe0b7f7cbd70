"""What a report may show of an exchange: everything but the key and the values of secrets."""

from __future__ import annotations

from treasure_workflow_api._operations import KEY_VARIABLES
from treasure_workflow_contract.results.findings import Exchange
from treasure_workflow_contract.transport.messages import RawExchange

_MASK = "***"
# What these headers hold opens something, whoever it belongs to.
_HEADERS = {"authorization", "proxy-authorization", "cookie", "set-cookie"}
_OURS = {f"{each.scheme} {_MASK}" for each in KEY_VARIABLES}


def masked(exchange: RawExchange, operation: str, key: str | None) -> Exchange:
    """An exchange with `key`, the values of such headers, and the body of a request that sets a secret masked.

    Of a header that holds the key itself its scheme stays.
    """
    request, response, seconds = exchange
    sets_secret = request.method == "PUT" and "/secrets/" in request.target

    def hide(text: str) -> str:
        return text.replace(key, _MASK) if key else text

    def hide_bytes(body: bytes) -> bytes:
        return body.replace(key.encode(), _MASK.encode()) if key else body

    def hide_header(name: str, value: str) -> str:
        return value if name not in _HEADERS or value in _OURS else _MASK

    def hide_headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((name, hide_header(name, hide(value))) for name, value in headers)

    return Exchange(
        operation=operation,
        method=request.method,
        target=hide(request.target),
        request_headers=hide_headers(request.headers),
        request_body=_MASK.encode() if sets_secret and request.body else hide_bytes(request.body),
        status=response.status,
        response_headers=hide_headers(response.headers),
        response_body=hide_bytes(response.body),
        seconds=seconds,
    )
