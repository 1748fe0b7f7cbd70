"""Where the API key and the service's address come from, and which source won.

First hit wins, key and address apart:
1. arguments; the site of a profile that is named as an argument;
2. environment variables. Key: TDX_API_KEY_<PROFILE>, TDX_ACCESS_TOKEN_<PROFILE>, TDX_API_KEY, TREASURE_DATA_API_KEY,
   TD_API_KEY, TDX_ACCESS_TOKEN (access tokens are sent as Bearer). Address: TREASURE_WORKFLOW_URL (a whole address: a
   mock, a server of one's own), TD_SITE (a region), TREASURE_DATA_API_SERVER, TD_API_SERVER (a Treasure Data API host,
   whose workflow host is used). An empty variable counts as unset;
3. the nearest tdx.json in the working folder or above it (`site`);
4. files of the user: ~/.config/tdx/tdx.json (`site`, first of the profile that TDX_PROFILE names); td's file
   (`apikey`, `endpoint`), which is that of TREASURE_DATA_CONFIG_PATH or TD_CONFIG_PATH, else ~/.td/td.conf;
   ~/.config/digdag/config (client.http.headers.authorization, client.http.endpoint);
5. for the address, the region `aws`.

A key goes over TLS, or to this machine. An address that would take it elsewhere is refused here, before any request,
and so is a key whose own source names another address than a file or variable that won.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn
from urllib.parse import urlsplit

from treasure_workflow import _config_sources as sources
from treasure_workflow import regions
from treasure_workflow._config_sources import Found, FoundKey, Scheme
from treasure_workflow._http.loopback import is_loopback
from treasure_workflow._secret import Secret
from treasure_workflow.errors import ConfigError
from treasure_workflow_api._operations import KEY_VARIABLES

_API_HOST = re.compile(
    r"api((?:-staging|-development)?(?:-[a-z0-9]+)?)((?:\.[a-z0-9-]+)*\.treasuredata\.(?:com|co\.jp))"
)
_MISTAKEN_VARIABLES = {
    "TREASURE_WORKFLOW_API_KEY": "TD_API_KEY",
    "TREASURE_WORKFLOW_KEY": "TD_API_KEY",
    "TREASURE_WORKFLOW_TOKEN": "TDX_ACCESS_TOKEN",
    "TREASURE_WORKFLOW_ACCESS_TOKEN": "TDX_ACCESS_TOKEN",
    "TREASURE_WORKFLOW_REGION": "TD_SITE",
    "TREASURE_WORKFLOW_SITE": "TD_SITE",
    "TREASURE_WORKFLOW_PROFILE": "TDX_PROFILE",
    "TREASURE_WORKFLOW_ENDPOINT": "TREASURE_WORKFLOW_URL",
    "TREASURE_WORKFLOW_BASE_URL": "TREASURE_WORKFLOW_URL",
}
"""Names that nothing reads, and the ones that were meant."""


def masked(api_key: str | None) -> str:
    """The account's number and the last four digits of a key; nothing of one that looks otherwise."""
    if api_key is None:
        return "none"
    account, slash, digits = api_key.partition("/")
    return f"{account}/…{digits[-4:]}" if slash and account.isdigit() and len(digits) >= 16 else "…"


class Config:
    """The settings that a client works with. Neither `repr` nor `explain` nor a pickle of it shows the key."""

    __slots__ = ("_key", "api_key_source", "base_url", "base_url_source", "profile", "region", "scheme")

    base_url: str
    """The service's address, without a slash at the end."""
    base_url_source: str
    """What named the address."""
    region: str | None
    """The region's name, None for an address that is no region's."""
    api_key_source: str
    """What gave the key, or why there is none."""
    scheme: Scheme
    """How the key is sent: `TD1` for an API key, `Bearer` for an access token."""
    profile: str | None
    """The profile of tdx that was named, if one was."""

    def __init__(
        self,
        base_url: str,
        base_url_source: str,
        region: str | None,
        key: Secret | None,
        api_key_source: str,
        scheme: Scheme = "TD1",
        profile: str | None = None,
    ) -> None:
        self.base_url = base_url
        self.base_url_source = base_url_source
        self.region = region
        self._key = key
        self.api_key_source = api_key_source
        self.scheme = scheme
        self.profile = profile

    @property
    def api_key(self) -> str | None:
        """The key in the open, None for a client that sends none."""
        return None if self._key is None else self._key.reveal()

    @property
    def secret(self) -> Secret | None:
        """The key as it may be handed on."""
        return self._key

    def explain(self) -> str:
        """Which address and which key are used and where they come from, in two lines, the key masked."""
        region = f"region {self.region}" if self.region else "no region"
        what = "API key" if self.scheme == "TD1" else "access token"
        return (
            f"address: {self.base_url} ({region}), from {self.base_url_source}\n"
            f"{what}: {masked(self.api_key)}, from {self.api_key_source}"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Config):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __hash__(self) -> int:
        return hash((self.base_url, self._key))

    def __repr__(self) -> str:
        return f"Config(base_url={self.base_url!r}, region={self.region!r}, api_key={masked(self.api_key)!r})"


class _Profile(NamedTuple):
    name: str
    source: str
    is_argument: bool
    file: sources.TdxFile | None

    def site(self) -> Found | None:
        return None if self.file is None else self.file.site(self.name)


def resolve(
    *,
    api_key: str | Secret | None = None,
    access_token: str | Secret | None = None,
    region: str | None = None,
    base_url: str | None = None,
    profile: str | None = None,
    anonymous: bool = False,
) -> Config:
    """The settings that these arguments, the environment and the configuration files make together.

    Args:
        api_key: The key, `ACCOUNT/40 hexadecimal digits`. Looked up when None.
        access_token: A token of the console's sign-in instead of a key.
        region: A region's name or a synonym of it. Looked up when None.
        base_url: The address of a service that is no region, such as a mock or an open-source server. Not together
            with `region`.
        profile: A profile of tdx, whose site and key are used. That of TDX_PROFILE when None.
        anonymous: Send no key, and look for none. Only together with `base_url`.

    Raises:
        ConfigError: An unknown region or profile, a malformed address or key, no key anywhere, settings that
            contradict each other, or a key that would go over plain http to another machine.
    """
    given = _given_key(api_key, access_token)
    api_key = access_token = None  # from here on nothing that a traceback shows holds it
    if region is not None and base_url is not None:
        raise ConfigError("give region or base_url, not both")
    if anonymous and (base_url is None or given is not None):
        raise ConfigError("anonymous=True needs base_url= and takes no key")
    for wrong, right in _MISTAKEN_VARIABLES.items():
        if os.environ.get(wrong):
            raise ConfigError(f"environment variable {wrong} is not known: set {right}")
    settled = (given is not None or anonymous) and (region is not None or base_url is not None)
    chosen = None if settled and profile is None else _profile(profile)
    address = _argument_address(region, base_url, chosen) or _look_up_address(chosen)
    url = normalised(address)
    name = regions.at(url)
    profile = None if chosen is None else chosen.name
    if anonymous or name == regions.MOCK:
        reason = "anonymous=True" if anonymous else "region mock, which never gets one"
        return Config(url, address.source, name, None, reason, profile=profile)
    key = given or _look_up_key(chosen)
    _check_key(key)
    if given is None:
        _check_same_home(key, chosen, address, url)
    if not url.startswith("https://") and not is_loopback(urlsplit(url).hostname or ""):
        raise ConfigError(f"{url} would get the API key over plain http: use https, or an address of this machine")
    return Config(url, address.source, name, key.key, key.source, key.scheme, profile)


def _given_key(api_key: str | Secret | None, access_token: str | Secret | None) -> FoundKey | None:
    if api_key is not None and access_token is not None:
        api_key = access_token = None
        raise ConfigError("give api_key or access_token, not both")
    if access_token is not None:
        return FoundKey(_secret(access_token), "Bearer", "access_token=")
    return None if api_key is None else FoundKey(_secret(api_key), "TD1", "api_key=")


def _secret(value: str | Secret) -> Secret:
    return value if isinstance(value, Secret) else Secret(value)


def normalised(address: Found) -> str:
    """A base address in one spelling: scheme and host in lower case, no slash at the end.

    Raises:
        ConfigError: It is no http address, holds a name and password, or is known not to be the workflow service's.
    """
    url = _spelled(address)
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host.startswith("console"):
        raise ConfigError(f"{address.place}: {host} is the web console; its API is at a region's address, see region=")
    beside = _workflow_host(host)
    if beside is not None and beside != host:
        known = regions.at(f"https://{beside}")
        use = f"region={known!r}" if known else f"https://{beside}"
        raise ConfigError(f"{address.place}: {host} is Treasure Data's general API; for the workflow service use {use}")
    if parts.path.endswith("/api"):
        raise ConfigError(f"{address.place}: leave out the /api of {url}: it is added to every address")
    return url


def _spelled(address: Found) -> str:
    text = address.value.strip()
    shown = text.rpartition("@")[2]  # what is before it may be a password
    from treasure_workflow._http import httpx_names as httpx

    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname, parts.port
        httpx.URL(text).host  # noqa: B018  # refuses what no request could be sent to
    except (ValueError, httpx.InvalidURL) as error:
        raise ConfigError(f"{address.place}: {shown!r} is not an address ({error})") from None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ConfigError(f"{address.place}: {shown!r} is not an address such as https://host:port")
    if parts.username is not None or parts.password is not None:
        raise ConfigError(f"{address.place}: the address must not hold a name or password; use api_key=")
    shown_host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown_host}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def _workflow_host(host: str) -> str | None:
    """The workflow service's host beside a Treasure Data API host, itself for one; None for any other host."""
    if "api-workflow" in host:
        return host
    match = _API_HOST.fullmatch(host)
    if match is None:
        return None
    return host if match[1].endswith("-workflow") else f"api{match[1]}-workflow{match[2]}"


def workflow_address(server: Found) -> str:
    """The workflow service's address beside a Treasure Data API server's.

    Raises:
        ConfigError: The host is not one of Treasure Data's API hosts.
    """
    parts = urlsplit(_spelled(server))
    host = _workflow_host(parts.hostname or "")
    if host is None:
        raise ConfigError(f"{server.place}: {parts.hostname} has no workflow service that is known; use base_url=")
    return f"{parts.scheme}://{parts.netloc}" if host == parts.hostname else f"https://{host}"


def _profile(name: str | None) -> _Profile | None:
    """The profile that an argument or TDX_PROFILE names, once something knows it."""
    found = Found(name, "profile=") if name is not None else sources.variable("TDX_PROFILE")
    if found is None:
        return None
    file = sources.TdxFile.of_user()
    known = () if file is None else file.profiles
    variables = [own for each in KEY_VARIABLES if each.is_of_profile and (own := each.of(found.value))]
    if found.value not in known and not any(os.environ.get(each) for each in variables):
        have = f"has {', '.join(known) or 'none'}" if file is not None else "is not there"
        raise ConfigError(
            f"{found.source}: no profile is named {found.value!r}: "
            f"{sources.TDX_FILE} {have}, and {variables[0]} is not set"
        )
    return _Profile(found.value, found.source, name is not None, file)


def _argument_address(region: str | None, base_url: str | None, profile: _Profile | None) -> Found | None:
    if base_url is not None:
        return Found(base_url, "base_url=")
    if region is not None:
        return Found(regions.ADDRESSES[regions.canonical(region)], f"region={region!r}")
    return _of_region(profile.site()) if profile is not None and profile.is_argument else None


def _look_up_address(profile: _Profile | None) -> Found:
    for found in _addresses(profile):
        if found is not None:
            return found
    return Found(regions.ADDRESSES[regions.DEFAULT], "the default region, as no source names one")


def _addresses(profile: _Profile | None) -> Iterator[Found | None]:
    yield sources.variable("TREASURE_WORKFLOW_URL")
    yield _of_region(sources.variable("TD_SITE"))
    yield _of_server(sources.variable("TREASURE_DATA_API_SERVER"))
    yield _of_server(sources.variable("TD_API_SERVER"))
    nearest = sources.TdxFile.of_folder()
    yield _of_region(None if nearest is None else nearest.site())
    yield _of_region(None if profile is None else profile.site())
    users = sources.TdxFile.of_user()
    yield _of_region(None if users is None else users.site())
    yield _of_td(sources.td_file())
    yield _of_digdag(sources.digdag_file())


def _of_td(file: sources.LinesFile | None) -> Found | None:
    return None if file is None else _of_server(file.found("account.endpoint"))


def _of_digdag(file: sources.LinesFile | None) -> Found | None:
    return None if file is None else file.found("client.http.endpoint")


def _look_up_key(profile: _Profile | None) -> FoundKey:
    for found in _keys(profile):
        if found is not None:
            return found
    variables = [name for each in KEY_VARIABLES if (name := each.of(None if profile is None else profile.name))]
    places = ["api_key=", *variables, sources.TD_FILE, sources.DIGDAG_FILE]
    raise ConfigError(f"no API key: looked at {', '.join(places)}")


def _keys(profile: _Profile | None) -> Iterator[FoundKey | None]:
    wanted = None if profile is None else profile.name
    for variable in KEY_VARIABLES:
        name = variable.of(wanted)
        yield sources.key_variable(name, variable.scheme, wanted if variable.is_of_profile else None) if name else None
    file = sources.td_file()
    setting = None if file is None else file.settings.get("account.apikey")
    yield FoundKey(setting.value, "TD1", file.place) if file is not None and setting is not None else None
    file = sources.digdag_file()
    setting = None if file is None else file.settings.get("client.http.headers.authorization")
    # The header may hold another scheme for another server; only a TD1 key is ours to use.
    if file is not None and setting is not None and setting.value.reveal().startswith("TD1 "):
        yield FoundKey(Secret(setting.value.reveal()[4:].strip()), "TD1", file.place)


def _check_key(key: FoundKey) -> None:
    """Refuses what cannot stand in a header, without repeating it: it may be a key with a slip in it."""
    text = key.key
    if not text.reveal() or not text.reveal().isascii() or not text.reveal().isprintable() or " " in text.reveal():
        raise ConfigError(f"the API key from {key.source} is empty or has characters that a key never has")


def _check_same_home(key: FoundKey, profile: _Profile | None, address: Found, url: str) -> None:
    """Refuses to send a key to an address when the key's own source names another one."""
    by_argument = address.source.endswith("=") or address.source.startswith("region=")
    by_variable = address.source.startswith("environment variable")
    if by_argument or address.source == "environment variable TREASURE_WORKFLOW_URL":
        return
    if key.profile is not None and profile is not None:
        home = _of_region(profile.site())
    elif by_variable:
        return  # variables are set on purpose, also for a key of a file
    elif key.source == sources.DIGDAG_FILE:
        home = _of_digdag(sources.digdag_file())
    else:
        file = sources.td_file()
        home = _of_td(file) if file is not None and file.place == key.source else None
    if home is not None and normalised(home) != url:
        _contradict(key, home, address, url)


def _contradict(key: FoundKey, home: Found, address: Found, url: str) -> NoReturn:
    raise ConfigError(
        f"the key from {key.source} is for {normalised(home)} ({home.place}), but {address.place} says {url}: "
        "name the region (region= or TD_SITE), or give a key for it"
    )


def _of_region(site: Found | None) -> Found | None:
    if site is None:
        return None
    try:
        return Found(regions.ADDRESSES[regions.canonical(site.value)], site.source, site.line)
    except ConfigError as error:
        raise ConfigError(f"{site.place}: {error}") from None


def _of_server(server: Found | None) -> Found | None:
    return Found(workflow_address(server), server.source, server.line) if server else None
