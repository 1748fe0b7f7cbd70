"""What a TARGET is: the name of a region, an address, or `mock`, a mock service that is started for the run alone.

Regions come from the contract, as the generated client has them; the hand-written client is no part of the tests.
"""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

from treasure_workflow_api._operations import KEY_VARIABLES, SERVERS
from treasure_workflow_contract.transport.signals import held_back
from treasure_workflow_contract.transport.target import Flavour, Scheme, Target, TargetError, Trust

MOCK = "mock"

_REGIONS = {server.name: server.url for server in SERVERS if server.name != MOCK}
_FORBIDDEN_FIRST = frozenset('0123456789+^@/\\:*?"<>|')
_LONGEST_PREFIX = 100  # characters, so that whole names stay within the service's limit
_ANNOUNCEMENT = "listening on "
_SECONDS_TO_STOP = 4
_SYSTEMS_TRUST = Trust()
_REGIONS_RATE = 20.0  # requests a second, where others work too


def check_prefix(prefix: str) -> None:
    """Raises ValueError, saying why, for what no project's name can begin with."""
    if not prefix or prefix[0] in _FORBIDDEN_FIRST or set(prefix) & set("/\\") or not prefix.isprintable():
        raise ValueError(
            'a prefix is not empty, does not begin with a digit or one of +^@:*?"<>|, and has no slash and no '
            f"control character, got {prefix!r}"
        )
    if len(prefix) > _LONGEST_PREFIX:
        raise ValueError(f"a prefix has {_LONGEST_PREFIX} characters at most, got {len(prefix)}")


def base_url_of(place: str) -> str:
    """The address that a region's name or an address stands for, without a path. Raises TargetError."""
    if place.strip().lower() in _REGIONS:
        return _REGIONS[place.strip().lower()]
    if "://" not in place:
        hint = f"; an address begins with its scheme: http://{place}" if set(place) & set(":./") else ""
        raise TargetError(f"unknown region {place!r}; expected mock, an address or one of {', '.join(_REGIONS)}{hint}")
    try:
        parts = urlsplit(place)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise TargetError(f"the address {place!r} is malformed: {error}") from None
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        raise TargetError(f"expected an address such as https://workflow.example.com, got {_shown(place)}")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise TargetError(
            f"expected an address without a path, got {place!r}: operations are looked for at "
            f"{parts.scheme}://{parts.netloc}/api/…"
        )
    if ":" in host:
        host = f"[{host}]"
    return f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")


def _shown(place: str) -> str:
    """An address without what may be a password."""
    return repr(place.rpartition("@")[2])


def _is_loopback(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _key(base_url: str) -> tuple[str, Scheme]:
    """The key for a service, or the token of a sign-in: the first variable that is set and not empty counts."""
    profile = os.environ.get("TDX_PROFILE") or None
    schemes: dict[str, Scheme] = {name: each.scheme for each in KEY_VARIABLES if (name := each.of(profile)) is not None}
    found = next((name for name in schemes if os.environ.get(name, "").strip()), None)
    if found is None:
        raise TargetError(f"no API key: set one of {', '.join(schemes)}, or say --flavour digdag")
    key = os.environ[found].strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise TargetError(f"the API key in {found} has characters that a key never has")
    if base_url.startswith("http://") and not _is_loopback(base_url):
        raise TargetError(f"the key is not sent to {base_url}: plain http would show it to others; use https")
    return key, schemes[found]


@contextlib.contextmanager
def targets(
    place: str,
    flavour: Flavour,
    *,
    prefix: str | None,
    processes: int,
    requests_per_second: float | None,
    trust: Trust = _SYSTEMS_TRUST,
) -> Iterator[tuple[Target, ...]]:
    """A target for each process at a place.

    Somebody's service is only read unless a `prefix` for projects is given; the key comes from the environment, and an
    open-source server gets none. A region gets 20 requests a second at most unless another rate is given. A mock of the
    run's own, which is started here and stopped afterwards, is changed at will, and each process has an account of its
    own there.

    Raises TargetError for an unknown region, a malformed address, no key, or a mock that does not start.
    """
    if place == MOCK:
        with _mock(flavour) as base_url:
            target = Target(base_url, flavour=flavour, writes="everything", project_prefix=prefix or "of ")
            yield tuple(dataclasses.replace(target, key=f"1/{secrets.token_hex(20)}") for _number in range(processes))
        return
    base_url = base_url_of(place)
    rate = requests_per_second or (_REGIONS_RATE if base_url in _REGIONS.values() else None)
    target = Target(
        base_url,
        flavour=flavour,
        writes="nothing" if prefix is None else "projects",
        project_prefix=prefix or "",
        requests_per_second=None if rate is None else rate / processes,
        trust=trust,
    )
    if flavour != "digdag":
        key, scheme = _key(base_url)
        target = dataclasses.replace(target, key=key, scheme=scheme)
    yield (target,) * processes


@contextlib.contextmanager
def _mock(flavour: Flavour) -> Iterator[str]:
    command = [sys.executable, "-m", "treasure_workflow_mock", "--port", "0", "--flavour", flavour]
    process: subprocess.Popen[str] | None = None
    try:
        # An interruption from a keyboard reaches the run alone, which still needs the mock to end in good order.
        with held_back() as allow:
            allowed = allow if sys.platform != "win32" else None
            process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
                preexec_fn=allowed,  # noqa: PLW1509  (only signals)
            )
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        if not line.startswith(_ANNOUNCEMENT):
            raise TargetError("the mock service does not start; it comes with the extra treasure-workflow[mock]")
        yield line.removeprefix(_ANNOUNCEMENT)
    finally:
        if process is not None:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
