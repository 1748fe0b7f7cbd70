"""Where the API key and the service's address come from, and which source won.

Order, first hit wins, key and address apart:
1. arguments;
2. environment variables: TDX_API_KEY, TD_API_KEY; TD_SITE (a region), TD_API_SERVER (a Treasure Data API host, whose
   workflow host is used). An empty variable counts as unset;
3. files: ~/.config/tdx/tdx.json (`site`, first of the profile that TDX_PROFILE names), ~/.td/td.conf (apikey,
   endpoint), ~/.config/digdag/config (client.http.headers.authorization, client.http.endpoint);
4. for the address, the region `aws`.

A key goes over TLS, or to this machine. An address that would take it elsewhere is refused here, before any request.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from treasure_workflow import regions
from treasure_workflow._loopback import is_loopback
from treasure_workflow.errors import ConfigError

_API_HOST = re.compile(
    r"api((?:-staging|-development)?(?:-[a-z0-9]+)?)((?:\.[a-z0-9-]+)*\.treasuredata\.(?:com|co\.jp))"
)
_KEY_PLACES = ("api_key=", "TDX_API_KEY", "TD_API_KEY", "~/.td/td.conf", "~/.config/digdag/config")


class Found(NamedTuple):
    """A value and the source that gave it, in words."""

    value: str
    source: str


def masked(api_key: str | None) -> str:
    """The account's number and the last four digits of a key; nothing of one that looks otherwise."""
    if api_key is None:
        return "none"
    account, slash, digits = api_key.partition("/")
    return f"{account}/…{digits[-4:]}" if slash and account.isdigit() and len(digits) >= 16 else "…"


class Config(NamedTuple):
    """The settings that a client works with. Neither `repr` nor `explain` shows the key."""

    base_url: str
    """The service's address, without a slash at the end."""
    base_url_source: str
    region: str | None
    """The region's name, None for an address that is no region's."""
    api_key: str | None
    """The key, None for a client that sends none."""
    api_key_source: str

    def explain(self) -> str:
        """Which address and which key are used and where they come from, in two lines, the key masked."""
        region = f"region {self.region}" if self.region else "no region"
        return (
            f"address: {self.base_url} ({region}), from {self.base_url_source}\n"
            f"API key: {masked(self.api_key)}, from {self.api_key_source}"
        )

    def __repr__(self) -> str:
        return f"Config(base_url={self.base_url!r}, region={self.region!r}, api_key={masked(self.api_key)!r})"


def resolve(
    *,
    api_key: str | None = None,
    region: str | None = None,
    base_url: str | None = None,
    anonymous: bool = False,
) -> Config:
    """The settings that these arguments, the environment and the configuration files make together.

    Args:
        api_key: The key, `ACCOUNT/40 hexadecimal digits`. Looked up when None.
        region: A region's name or a synonym of it. Looked up when None.
        base_url: The address of a service that is no region, such as a mock or an open-source server. Not together
            with `region`.
        anonymous: Send no key, and look for none. Only together with `base_url`.

    Raises:
        ConfigError: An unknown region, a malformed address or key, no key anywhere, or a key that would go over
            plain http to another machine.
    """
    if region is not None and base_url is not None:
        raise ConfigError("give region or base_url, not both")
    if anonymous and (base_url is None or api_key is not None):
        raise ConfigError("anonymous=True needs base_url= and takes no api_key=")
    if base_url is not None:
        address = Found(base_url, "base_url=")
    elif region is not None:
        address = Found(regions.ADDRESSES[regions.canonical(region)], f"region={region!r}")
    else:
        address = _look_up_address()
    url = normalised(address)
    name = regions.at(url)
    if anonymous or name == regions.MOCK:
        reason = "anonymous=True" if anonymous else "region mock, which never gets one"
        return Config(url, address.source, name, None, reason)
    key = Found(api_key, "api_key=") if api_key is not None else _look_up_key()
    _check_key(key)
    if not url.startswith("https://") and not is_loopback(urlsplit(url).hostname or ""):
        raise ConfigError(f"{url} would get the API key over plain http: use https, or an address of this machine")
    return Config(url, address.source, name, key.value, key.source)


def normalised(address: Found) -> str:
    """A base address in one spelling: scheme and host in lower case, no slash at the end.

    Raises:
        ConfigError: It is no http address, holds a name and password, or is the console's.
    """
    text = address.value.strip()
    shown = text.rpartition("@")[2]  # what is before it may be a password
    import httpx

    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname, parts.port
        httpx.URL(text).host  # noqa: B018  # refuses what no request could be sent to
    except (ValueError, httpx.InvalidURL) as error:
        raise ConfigError(f"{address.source}: {shown!r} is not an address ({error})") from None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ConfigError(f"{address.source}: {shown!r} is not an address such as https://host:port")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(f"{address.source}: the address must not hold a name or password; use api_key=")
    if host.startswith("console"):
        raise ConfigError(f"{address.source}: {host} is the web console; its API is at a region's address, see region=")
    shown_host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown_host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def workflow_address(server: Found) -> str:
    """The workflow service's address beside a Treasure Data API server's.

    Raises:
        ConfigError: The host is not one of Treasure Data's API hosts.
    """
    parts = urlsplit(normalised(server))
    if parts.hostname and "api-workflow" in parts.hostname:
        return f"{parts.scheme}://{parts.netloc}"
    match = _API_HOST.fullmatch(parts.hostname or "")
    if match is None:
        raise ConfigError(f"{server.source}: {parts.hostname} has no workflow service that is known; use base_url=")
    return f"https://api{match[1]}-workflow{match[2]}"


def _look_up_address() -> Found:
    for found in _addresses():
        if found is not None:
            return found
    return Found(regions.ADDRESSES[regions.DEFAULT], "the default region, as no source names one")


def _addresses() -> Iterator[Found | None]:
    yield _of_region(_environment("TD_SITE"))
    yield _of_server(_environment("TD_API_SERVER"))
    yield _of_region(_tdx_site())
    yield _of_server(_td_conf("endpoint"))
    yield _digdag_config("client.http.endpoint")


def _look_up_key() -> Found:
    for found in _keys():
        if found is not None:
            return found
    raise ConfigError(f"no API key: looked at {', '.join(_KEY_PLACES)}")


def _keys() -> Iterator[Found | None]:
    yield _environment("TDX_API_KEY")
    yield _environment("TD_API_KEY")
    yield _td_conf("apikey")
    header = _digdag_config("client.http.headers.authorization")
    # The header may hold another scheme for another server; only a TD1 key is ours to use.
    yield Found(header.value[4:].strip(), header.source) if header and header.value.startswith("TD1 ") else None


def _check_key(key: Found) -> None:
    """Refuses what cannot stand in a header, without repeating it: it may be a key with a slip in it."""
    if not key.value or not key.value.isascii() or not key.value.isprintable() or " " in key.value:
        raise ConfigError(f"the API key from {key.source} is empty or has characters that a key never has")


def _of_region(site: Found | None) -> Found | None:
    if site is None:
        return None
    try:
        return Found(regions.ADDRESSES[regions.canonical(site.value)], site.source)
    except ConfigError as error:
        raise ConfigError(f"{site.source}: {error}") from None


def _of_server(server: Found | None) -> Found | None:
    return Found(workflow_address(server), server.source) if server else None


def _environment(name: str) -> Found | None:
    value = os.environ.get(name)
    return Found(value, f"environment variable {name}") if value else None


def _tdx_site() -> Found | None:
    """The site of the profile that TDX_PROFILE names, else the one set for all profiles."""
    place = "~/.config/tdx/tdx.json"
    text = _text(place)
    if text is None:
        return None
    import json

    try:
        settings: Any = json.loads(text)
        name = os.environ.get("TDX_PROFILE")
        profile = settings.get("profiles", {}).get(name, {}) if name else {}
        site = profile.get("site") or settings.get("site")
    except (ValueError, AttributeError) as error:
        raise ConfigError(f"{place} is not a tdx configuration: {error}") from error
    source = f"profile {name} in {place}" if profile.get("site") else place
    return Found(str(site), source) if site else None


def _td_conf(option: str) -> Found | None:
    place = "~/.td/td.conf"
    text = _text(place)
    if text is None:
        return None
    import configparser

    parser = configparser.ConfigParser(interpolation=None, strict=False, comment_prefixes="#")
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ConfigError(f"{place} is not a td configuration: {type(error).__name__}") from None
    value = parser.get("account", option, fallback="")
    return Found(value, place) if value else None


def _digdag_config(name: str) -> Found | None:
    """A property of digdag's file, whose lines are `name = value` or `name: value`."""
    place = "~/.config/digdag/config"
    for line in (_text(place) or "").splitlines():
        match = re.fullmatch(r"\s*([^\s#!=:][^\s=:]*)\s*[=:\s]\s*(.*?)\s*", line)
        if match and match[1].lower() == name and match[2]:
            return Found(match[2].replace("\\:", ":").replace("\\=", "="), place)
    return None


def _text(place: str) -> str | None:
    """The text of a file below the home folder, None where there is none."""
    try:
        return Path(place).expanduser().read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError, RuntimeError):  # RuntimeError: there is no home folder
        return None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{place} cannot be read: {error}") from error
