"""Which proxy a request goes through: the one given, else the one of the environment (HTTPS_PROXY, NO_PROXY …)."""

from __future__ import annotations

import os
import urllib.request
from importlib.util import find_spec

from treasure_workflow import errors
from treasure_workflow._http import httpx_names as httpx
from treasure_workflow._http.loopback import is_loopback

_SCHEMES = ("http", "https", "socks5", "socks5h")


def proxy_for(url: httpx.URL, proxy: str | None) -> str | None:
    """The address of the proxy that a request goes through, None for none.

    Without TLS a proxy reads the key, so what stays on this machine goes through none but one on this machine.

    Args:
        url: Where the request goes.
        proxy: The proxy that the client was given. When None the environment decides.

    Raises:
        ConfigError: The proxy cannot be used; the message names its source.
    """
    if url.scheme == "http" and is_loopback(url.host):
        found = proxy and _checked(proxy, "proxy=")
        return found if found and is_loopback(httpx.URL(found).host) else None
    if proxy is not None:
        return _checked(proxy, "proxy=")
    proxies = urllib.request.getproxies()
    for name in (url.scheme, "all"):
        if value := proxies.get(name, "").strip():
            return None if urllib.request.proxy_bypass(url.host) else _checked(value, _variable(name))
    return None


def _variable(scheme: str) -> str:
    """The variable that names the proxy of a scheme, as it is written in this environment."""
    name = f"{scheme}_proxy"
    return next((spelling for spelling in (name, name.upper()) if os.environ.get(spelling)), f"the system's {name}")


def _checked(value: str, source: str) -> str:
    """The proxy's address with its scheme, `http` where none is written, as curl takes it."""
    text = value.strip()
    text = text if "://" in text else f"http://{text}"
    try:
        url = httpx.URL(text)
        usable = bool(url.host) and (url.port is None or url.port <= 65535)
    except (httpx.InvalidURL, ValueError):
        usable = False
        url = None
    if not usable or url is None:
        # Not repeated: it may hold a password.
        raise errors.ConfigError(f"{source} is no address of a proxy: it is written as http://host:port")
    if url.scheme not in _SCHEMES:
        raise errors.ConfigError(
            f"{source} names a proxy of scheme {url.scheme}: expected one of {', '.join(_SCHEMES)}"
        )
    if url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise errors.ConfigError(f"{source} names a SOCKS proxy, which needs the package socksio: pip install socksio")
    return text
