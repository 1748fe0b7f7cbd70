"""What keeps web pages out: the mock serves programs, not pages that a browser happens to show beside it.

A page can make a browser send requests to any address, but not with a header of its own choice; and a name of its own
that leads to the mock's address still stands in `Host`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping

from treasure_workflow_mock.errors import Forbidden

_HOST = re.compile(r"(?:\[(?P<address>[0-9a-fA-F:.]+)\]|(?P<name>[^\[\]:,/\s]+))(?::[0-9]*)?")


def is_loopback(host: str) -> bool:
    """Whether a host name or address without port leads to this machine alone."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_host(header: str | None, hosts: Collection[str]) -> None:
    """Checks the `Host` of a request, with or without a port.

    Raises:
        Forbidden: It names neither this machine nor one of `hosts`.
    """
    if header is None:
        return
    match = _HOST.fullmatch(header)
    name = (match["address"] or match["name"]).lower() if match else ""
    if not is_loopback(name) and name not in hosts:
        raise Forbidden(f"Host must be a loopback address or one that --host names, got {header}")


def check_control_request(headers: Mapping[bytes, str]) -> None:
    """Checks that a request under `/mock/` is no web page's.

    Raises:
        Forbidden: It has neither `Authorization` nor `X-Requested-With`, or a body that is not said to be JSON.
    """
    if b"authorization" not in headers and b"x-requested-with" not in headers:
        raise Forbidden("Requests under /mock/ need the header Authorization or X-Requested-With (any value)")
    has_body = headers.get(b"content-length", "0") != "0" or b"transfer-encoding" in headers
    media_type = headers.get(b"content-type", "").partition(";")[0].strip().lower()
    if has_body and media_type != "application/json":
        raise Forbidden(f"Bodies under /mock/ need Content-Type: application/json, got {media_type or 'none'}")
