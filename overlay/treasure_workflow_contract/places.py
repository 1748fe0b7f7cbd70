"""What a TARGET is: the name of a region, an address, or `mock`, a mock service that is started for the run alone."""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
import subprocess
import sys
from collections.abc import Iterator

from treasure_workflow import config, regions
from treasure_workflow_contract.target import Flavour, Target, TargetError

MOCK = "mock"
_FORBIDDEN_FIRST = frozenset('0123456789+^@/\\:*?"<>|')
_LONGEST_PREFIX = 100  # characters, so that whole names stay within the service's limit
_ANNOUNCEMENT = "listening on "
_SECONDS_TO_STOP = 10
_REGIONS_RATE = 20.0  # requests a second, where others work too


def check_prefix(prefix: str) -> None:
    """Raises ValueError, saying why, for what no project's name can begin with."""
    if not prefix or prefix[0] in _FORBIDDEN_FIRST or set(prefix) & set("/\\\x00"):
        raise ValueError('a prefix is not empty, does not begin with a digit or one of +^@:*?"<>|, and has no slash')
    if len(prefix) > _LONGEST_PREFIX:
        raise ValueError(f"a prefix has {_LONGEST_PREFIX} characters at most")


@contextlib.contextmanager
def targets(
    place: str, flavour: Flavour, *, prefix: str | None, processes: int, requests_per_second: float | None
) -> Iterator[tuple[Target, ...]]:
    """A target for each process at a place.

    Somebody's service is only read unless a `prefix` for projects is given; the key is found as the client finds it,
    and an open-source server gets none. A region gets 20 requests a second at most unless another rate is given. A mock
    of the run's own, which is started here and stopped afterwards, is changed at will, and each process has an account
    of its own there.

    Raises treasure_workflow.ConfigError for an unknown region, a malformed address or no key; TargetError if the mock
    does not start.
    """
    if place == MOCK:
        with _mock(flavour) as base_url:
            target = Target(base_url, flavour=flavour, writes="everything", project_prefix=prefix or "of ")
            yield tuple(dataclasses.replace(target, key=f"1/{secrets.token_hex(20)}") for _number in range(processes))
        return
    named = {"base_url": place} if "://" in place else {"base_url": regions.ADDRESSES[regions.canonical(place)]}
    found = config.resolve(**named, anonymous=flavour == "digdag")
    rate = requests_per_second or (None if found.region is None else _REGIONS_RATE)
    target = Target(
        found.base_url,
        found.api_key,
        flavour,
        "nothing" if prefix is None else "projects",
        prefix or "",
        None if rate is None else rate / processes,
    )
    yield (target,) * processes


@contextlib.contextmanager
def _mock(flavour: Flavour) -> Iterator[str]:
    command = [sys.executable, "-m", "treasure_workflow_mock", "--port", "0", "--flavour", flavour]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline().strip()
        if not line.startswith(_ANNOUNCEMENT):
            raise TargetError("the mock service does not start; it comes with the extra treasure-workflow[mock]")
        yield line.removeprefix(_ANNOUNCEMENT)
    finally:
        process.terminate()
        try:
            process.wait(_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
