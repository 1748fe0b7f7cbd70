"""Where key and address come from, and what is refused before any request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.client.support import KEY
from treasure_workflow import ConfigError, TreasureWorkflow, regions
from treasure_workflow.config import masked, resolve
from treasure_workflow_api._operations import SERVERS, Server

OTHER_KEY = "2/" + "fedcba9876" * 4


def write(place: str, text: str) -> None:
    """A file below the test's home folder."""
    path = Path(place).expanduser()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_every_server_of_the_contract_is_a_region(server: Server) -> None:
    """A region is known by the contract's name and has the contract's address."""
    config = resolve(api_key=KEY, region=server.name)
    assert (config.region, config.base_url) == tuple(server)


@pytest.mark.parametrize(("word", "name"), [*regions.SYNONYMS.items(), ("EU01", "eu01"), (" Tokyo ", "aws-tokyo")])
def test_synonyms_and_letter_case_are_understood(word: str, name: str) -> None:
    """The words that other tools use mean the same regions."""
    assert regions.canonical(word) == name


def test_an_unknown_region_is_refused_with_the_known_ones() -> None:
    """Whoever mistypes a region reads which ones there are."""
    with pytest.raises(ConfigError) as caught:
        TreasureWorkflow(api_key=KEY, region="mars")
    assert all(name in str(caught.value) for name in (*regions.ADDRESSES, *regions.SYNONYMS))


def test_a_missing_key_is_refused_with_the_places_looked_at() -> None:
    """Whoever has no key set reads where one may be put."""
    with pytest.raises(ConfigError, match=r"TDX_API_KEY.*TD_API_KEY.*td\.conf.*digdag/config"):
        TreasureWorkflow(region="aws")


def test_the_key_is_taken_from_the_first_source_that_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments come before the environment, the environment before files; an empty variable is none."""
    sources = []
    for number, place in enumerate(("digdag", "td", "TD_API_KEY", "TDX_API_KEY", "argument")):
        key = f"{number}/" + "0" * 40
        argument = None
        if place == "digdag":
            write("~/.config/digdag/config", f"# mine\nclient.http.headers.authorization = TD1 {key}\n")
        elif place == "td":
            write("~/.td/td.conf", f"# comment\n[account]\n  user = me\n  apikey = {key}\n")
        elif place == "argument":
            argument = key
        else:
            monkeypatch.setenv("TDX_API_KEY", "")
            monkeypatch.setenv(place, key)
        config = resolve(api_key=argument, region="aws")
        assert config.api_key == key
        sources.append(config.api_key_source)
    assert [source.split()[-1] for source in sources] == [
        "~/.config/digdag/config",
        "~/.td/td.conf",
        "TD_API_KEY",
        "TDX_API_KEY",
        "api_key=",
    ]


def test_the_address_is_taken_from_the_first_source_that_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default region gives way to files, files to the environment, the environment to arguments."""
    monkeypatch.setenv("TD_API_KEY", KEY)
    found = [resolve()]
    write("~/.config/digdag/config", "client.http.endpoint: https\\://digdag.example.com\\:8080/\n")
    found.append(resolve())
    write("~/.td/td.conf", "[account]\nendpoint = https://api.ap02.treasuredata.com/\n")
    found.append(resolve())
    write("~/.config/tdx/tdx.json", json.dumps({"site": "ap03", "profiles": {"work": {"site": "jp01"}}}))
    found.append(resolve())
    monkeypatch.setenv("TDX_PROFILE", "work")
    found.append(resolve())
    monkeypatch.setenv("TD_API_SERVER", "api.eu01.treasuredata.com")
    found.append(resolve())
    monkeypatch.setenv("TD_SITE", "us01")
    found.append(resolve())
    found.append(resolve(region="ap02"))
    found.append(resolve(base_url="https://other.example.com/"))
    names = [config.region or config.base_url for config in found]
    assert names == [
        "aws",
        "https://digdag.example.com:8080",
        "ap02",
        "ap03",
        "aws-tokyo",
        "eu01",
        "aws",
        "ap02",
        "https://other.example.com",
    ]
    assert "default" in found[0].explain()
    assert "profile work" in found[4].explain()


@pytest.mark.parametrize(
    ("server", "address"),
    [
        ("https://api.treasuredata.com", "https://api-workflow.treasuredata.com"),
        ("api.treasuredata.co.jp", "https://api-workflow.treasuredata.co.jp"),
        ("https://api-staging.eu01.treasuredata.com/", "https://api-staging-workflow.eu01.treasuredata.com"),
        ("api-development.treasuredata.com", "https://api-development-workflow.treasuredata.com"),
        ("https://api-workflow.ap03.treasuredata.com", "https://api-workflow.ap03.treasuredata.com"),
    ],
)
def test_an_api_server_stands_for_the_workflow_host_beside_it(
    server: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TD_API_SERVER, which other tools use, leads to the workflow service of the same region."""
    monkeypatch.setenv("TD_API_SERVER", server)
    assert resolve(api_key=KEY).base_url == address


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"base_url": "http://workflow.example.com"}, "plain http"),
        ({"base_url": "http://127.0.0.1.example.com"}, "plain http"),
        ({"base_url": "https://console-next.treasuredata.com"}, "console"),
        ({"base_url": "https://me:secret@example.com"}, "name or password"),
        ({"base_url": "https://example.com?a=1"}, "not an address"),
        ({"base_url": "ftp://example.com"}, "not an address"),
        ({"base_url": "https://example.com:port"}, "not an address"),
        ({"base_url": ""}, "not an address"),
        ({"base_url": "https://example.com", "region": "aws"}, "not both"),
        ({"region": "aws", "anonymous": True}, "base_url"),
        ({"region": "aws", "api_key": ""}, "empty"),
        ({"region": "aws", "api_key": "1/ab\ncd"}, "never has"),
    ],
)
def test_what_cannot_be_right_is_refused(arguments: dict[str, object], reason: str) -> None:
    """A mistake in the settings is a ConfigError that says what is wrong."""
    with pytest.raises(ConfigError, match=reason):
        resolve(**{"api_key": None if "anonymous" in arguments else KEY, **arguments})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:80", "https://a.example"]
)
def test_a_key_may_go_over_tls_and_to_this_machine(address: str) -> None:
    """Plain http is fine where nobody can listen."""
    assert resolve(api_key=KEY, base_url=address).base_url == address


def test_an_anonymous_client_and_the_portals_mock_get_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no key belongs none is sent, even when one is set."""
    monkeypatch.setenv("TD_API_KEY", KEY)
    assert resolve(base_url="http://digdag.example.com", anonymous=True).api_key is None
    assert resolve(region="mock").api_key is None


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("~/.config/tdx/tdx.json", "{"),
        ("~/.config/tdx/tdx.json", "[]"),
        ("~/.td/td.conf", "apikey = x"),
        ("~/.config/tdx/tdx.json", '{"site": "mars"}'),
        ("~/.td/td.conf", "[account]\nendpoint = https://elsewhere.example.com"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(place: str, text: str) -> None:
    """A broken configuration file is a ConfigError that names the file, not a parser's exception."""
    write(place, text)
    with pytest.raises(ConfigError) as caught:
        resolve(api_key=KEY)
    assert place in str(caught.value)


def test_a_digdag_header_of_another_scheme_is_no_key() -> None:
    """A Basic password for an open-source server is not sent as a Treasure Data key."""
    write("~/.config/digdag/config", "client.http.headers.authorization = Basic dXNlcjpwYXNz\n")
    with pytest.raises(ConfigError, match="no API key"):
        resolve(region="aws")


def test_no_text_of_a_client_shows_the_key() -> None:
    """What ends up in logs and tracebacks has the key masked."""
    with TreasureWorkflow(api_key=KEY, region="aws") as client:
        shown = [repr(client), str(client.config), client.config.explain(), repr(client.raw), repr(client.projects)]
        assert not any(KEY[2:20] in text for text in shown)
        assert "1/…6789" in client.config.explain()


@pytest.mark.parametrize(
    ("key", "shown"), [("12/" + "a" * 40, "12/…aaaa"), ("short", "…"), ("1/abc", "…"), (None, "none")]
)
def test_a_masked_key_gives_nothing_away(key: str | None, shown: str) -> None:
    """Only a key of the usual form shows its account and last digits."""
    assert masked(key) == shown


def test_a_key_that_cannot_be_a_header_is_not_repeated_in_the_error() -> None:
    """A key with a slip in it does not end up in a log."""
    with pytest.raises(ConfigError) as caught:
        resolve(region="aws", api_key=KEY + "\n")
    assert KEY not in str(caught.value)
