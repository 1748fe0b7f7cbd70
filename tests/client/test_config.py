"""Where key and address come from, and what is refused before any request."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.client.support import KEY, ScriptedServer, json_response, project
from tests.support.client.tracebacks import Unseen, shown_with_locals
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
        ({"base_url": "https://api.treasuredata.com"}, "general API.*region='aws'"),
        ({"base_url": "api.eu01.treasuredata.com"}, "general API.*region='eu01'"),
        ({"base_url": "https://api-staging.treasuredata.com"}, "https://api-staging-workflow.treasuredata.com"),
        ({"base_url": "http://127.0.0.1/api"}, "leave out the /api"),
        ({"base_url": "http://127.0.0.1/gate/api/"}, "leave out the /api"),
        ({"base_url": "https://example.com", "region": "aws"}, "not both"),
        ({"access_token": "x"}, "api_key or access_token"),
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
    ("place", "text", "line"),
    [
        ("~/.config/tdx/tdx.json", "{\n", "line 2"),
        ("~/.config/tdx/tdx.json", "[]", "must be an object"),
        ("~/.config/tdx/tdx.json", "[" * 100_000, "nested"),
        ("~/.td/td.conf", "# mine\napikey = x", "line 2"),
        ("~/.td/td.conf", "[account]\nthe key\n", "line 2"),
        ("~/.config/tdx/tdx.json", '{"profiles": {},\n\n "site": "mars"}', "line 3"),
        ("~/.td/td.conf", "[account]\nendpoint = https://elsewhere.example.com", "line 2"),
        ("~/.config/digdag/config", "\nclient.http.endpoint = https://console.treasuredata.com", "line 2"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(place: str, text: str, line: str) -> None:
    """A broken configuration file is a ConfigError that names the file and the line, not a parser's exception."""
    write(place, text)
    with pytest.raises(ConfigError) as caught:
        resolve(api_key=KEY)
    assert place in str(caught.value)
    assert line in str(caught.value)


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


FIRST, SECOND = "1/" + "a" * 40, "2/" + "b" * 40


@pytest.mark.parametrize("word", ["ap01", "kr", "jp01", "us"])
def test_the_sites_of_other_tools_are_regions(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each tool's word for a site leads to its region, by every way that names one."""
    monkeypatch.setenv("TD_SITE", word)
    assert resolve(api_key=KEY).region == resolve(api_key=KEY, region=word).region == regions.SYNONYMS[word]


def test_variables_are_looked_at_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile's own variables come first, API keys before access tokens, td's longer names before its shorter."""
    monkeypatch.setenv("TDX_PROFILE", "my-work")
    order = ["TDX_ACCESS_TOKEN", "TD_API_KEY", "TREASURE_DATA_API_KEY", "TDX_API_KEY"]
    order += ["TDX_ACCESS_TOKEN_MY_WORK", "TDX_API_KEY_MY_WORK"]
    write("~/.config/tdx/tdx.json", json.dumps({"profiles": {"my-work": {}}}))
    for number, name in enumerate(order):
        monkeypatch.setenv(name, f"{number}/{'c' * 40}")
        config = resolve(region="aws")
        assert config.api_key == f"{number}/{'c' * 40}"
        assert config.api_key_source == f"environment variable {name}"
        assert config.scheme == ("Bearer" if "TOKEN" in name else "TD1")
        assert ("access token:" in config.explain()) == ("TOKEN" in name)
    for name in order:
        monkeypatch.setenv(name, "")
    with pytest.raises(ConfigError, match=r"TDX_API_KEY_MY_WORK.*TREASURE_DATA_API_KEY.*TDX_ACCESS_TOKEN"):
        resolve(region="aws")


def test_an_access_token_is_sent_as_bearer(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tdx user who signed in by browser needs no key."""
    monkeypatch.setenv("TDX_ACCESS_TOKEN", "ey.token")
    server.response = lambda _: json_response(project())
    for options in ({}, {"access_token": "ey.other"}):
        with TreasureWorkflow(base_url=server.base_url, **options) as client:
            client.projects.get(12)
            assert "ey." not in repr(client) + client.config.explain()
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer ey.token", "Bearer ey.other"]


def test_the_workflow_url_wins_over_what_names_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program under test finds the mock, whatever site its machine is set to."""
    monkeypatch.setenv("TD_SITE", "jp01")
    monkeypatch.setenv("TREASURE_WORKFLOW_URL", "http://127.0.0.1:8080/")
    config = resolve(api_key=KEY)
    assert (config.base_url, config.region) == ("http://127.0.0.1:8080", None)
    assert resolve(api_key=KEY, region="eu").region == "eu01"


def test_td_s_longer_variables_win(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """TREASURE_DATA_* before TD_*, for the server and for the file, as td has it."""
    for number, name in enumerate(("TD", "TREASURE_DATA")):
        path = tmp_path / name
        path.write_text(f"[account]\napikey = {number}/{'d' * 40}\nendpoint = https://api.eu01.treasuredata.com\n")
        monkeypatch.setenv(f"{name}_CONFIG_PATH", str(path))
        config = resolve()
        assert config.api_key == f"{number}/{'d' * 40}"
        assert (config.region, config.api_key_source) == ("eu01", str(path))
    monkeypatch.setenv("TD_API_SERVER", "https://api.ap02.treasuredata.com")
    assert resolve().region == "ap02"
    monkeypatch.setenv("TREASURE_DATA_API_SERVER", "https://api.ap03.treasuredata.com/")
    assert resolve().region == "ap03"


def test_a_config_path_to_nowhere_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that a variable names and that is not there is a mistake, unlike one that need not be there."""
    monkeypatch.setenv("TD_CONFIG_PATH", "/nowhere/td.conf")
    with pytest.raises(ConfigError, match=r"TD_CONFIG_PATH names /nowhere/td.conf"):
        resolve(region="aws")


def test_the_nearest_tdx_json_decides_the_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A tdx user's key goes where tdx sends it: to the site of the folder, before that of the user's files."""
    deep = tmp_path / "shop" / "sql" / "deep"
    deep.mkdir(parents=True)
    (tmp_path / "tdx.json").write_text('{"site": "eu01"}')
    (tmp_path / "shop" / "tdx.json").write_text('{"workflow_project": "shop",\n "site": "jp01"}')
    write("~/.config/tdx/tdx.json", '{"site": "ap03"}')
    monkeypatch.chdir(deep)
    config = resolve(api_key=KEY)
    assert (config.region, config.base_url_source) == ("aws-tokyo", str(tmp_path / "shop" / "tdx.json"))
    monkeypatch.setenv("TD_SITE", "us01")
    assert resolve(api_key=KEY).region == "aws"
    monkeypatch.delenv("TD_SITE")
    (tmp_path / "shop" / "tdx.json").write_text('{\n"site": "venus"}')
    with pytest.raises(ConfigError, match=r"shop/tdx.json, line 2: unknown region 'venus'"):
        resolve(api_key=KEY)


def test_a_profile_names_site_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """`profile=` is an argument, so its site wins over the environment; TDX_PROFILE is a source among others."""
    write("~/.config/tdx/tdx.json", json.dumps({"profiles": {"eu": {"site": "eu01"}, "kr": {"site": "ap02"}}}))
    monkeypatch.setenv("TDX_API_KEY_EU", FIRST)
    monkeypatch.setenv("TDX_API_KEY_KR", SECOND)
    monkeypatch.setenv("TDX_PROFILE", "kr")
    by_variable, by_argument = resolve(), resolve(profile="eu")
    assert (by_variable.region, by_variable.api_key) == ("ap02", SECOND)
    assert (by_argument.region, by_argument.api_key, by_argument.profile) == ("eu01", FIRST, "eu")
    monkeypatch.setenv("TD_SITE", "us01")
    assert resolve(profile="eu").region == "eu01"
    with TreasureWorkflow(profile="eu") as client:
        assert client.config == by_argument


def test_a_profile_that_nobody_knows_is_told_with_the_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip in a profile's name does not end at the wrong account."""
    write("~/.config/tdx/tdx.json", json.dumps({"profiles": {"eu": {}, "kr": {}}}))
    monkeypatch.setenv("TD_API_KEY", KEY)
    with pytest.raises(ConfigError, match=r"profile=: no profile is named 'ue'.*eu, kr.*TDX_API_KEY_UE"):
        resolve(profile="ue")
    monkeypatch.setenv("TDX_PROFILE", "rk")
    with pytest.raises(ConfigError, match="variable TDX_PROFILE"):
        resolve()
    assert resolve(api_key=KEY, region="aws").region == "aws"


@pytest.mark.parametrize("place", ["~/.td/td.conf", "profile"])
def test_a_key_is_not_sent_to_another_place_than_its_own(
    place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A source that names both key and address is not mixed with another's address, unless that is an argument."""
    write("~/.config/tdx/tdx.json", json.dumps({"profiles": {"eu": {"site": "eu01"}}}))
    if place == "profile":
        monkeypatch.setenv("TDX_PROFILE", "eu")
        monkeypatch.setenv("TDX_API_KEY_EU", KEY)
    else:
        write(place, f"[account]\napikey = {KEY}\nendpoint = https://api.eu01.treasuredata.com\n")
    assert resolve().region == "eu01"
    (tmp_path / "tdx.json").write_text('{"site": "jp01"}')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"is for https://api-workflow.eu01.*tdx.json, line 1 says") as caught:
        resolve()
    assert KEY not in str(caught.value)
    assert resolve(region="jp").region == "aws-tokyo"
    assert resolve(api_key=KEY).region == "aws-tokyo"


@pytest.mark.parametrize(
    ("wrong", "right"), [("TREASURE_WORKFLOW_API_KEY", "TD_API_KEY"), ("TREASURE_WORKFLOW_REGION", "TD_SITE")]
)
def test_a_variable_that_nothing_reads_is_told(wrong: str, right: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks like a setting of this package and is none names the one that is."""
    monkeypatch.setenv(wrong, "x")
    with pytest.raises(ConfigError, match=f"{wrong} is not known: set {right}"):
        resolve(api_key=KEY, region="aws")


def test_a_config_gives_its_key_only_by_name() -> None:
    """Neither JSON nor iteration nor pickle nor a copy's text has it, and configs compare."""
    config = resolve(api_key=KEY, region="aws")
    assert config == resolve(api_key=KEY, region="aws") == copy.deepcopy(config)
    assert config != resolve(api_key=OTHER_KEY, region="aws")
    for take in (json.dumps, pickle.dumps, list, vars, dict):
        with pytest.raises(TypeError) as caught:
            take(config)  # type: ignore[operator]
        assert KEY not in str(caught.value)
    assert hash(config) == hash(copy.copy(config))


def test_no_variable_of_a_failed_start_holds_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback that shows local variables shows no key, wherever the settings were wrong."""
    write("~/.td/td.conf", f"[account]\napikey = {KEY}\nnonsense {KEY}\n")
    write("~/.config/digdag/config", f"client.http.headers.authorization = TD1 {KEY}\n")
    monkeypatch.setenv("TDX_API_KEY", KEY + "\n")
    given = Unseen(KEY)
    attempts: list[Callable[[], object]] = [
        lambda: TreasureWorkflow(region="aws"),
        TreasureWorkflow,
        lambda: TreasureWorkflow(given, region="mars"),  # type: ignore[arg-type]
        lambda: TreasureWorkflow(given, base_url="http://far.example"),  # type: ignore[arg-type]
        lambda: TreasureWorkflow(given, access_token=given, region="aws"),  # type: ignore[arg-type]
        lambda: TreasureWorkflow(given, region="aws", base_url="x"),  # type: ignore[arg-type]
    ]
    for number, attempt in enumerate(attempts):
        if number == 1:
            monkeypatch.setenv("TDX_API_KEY", "")
        with pytest.raises(ConfigError) as caught:
            attempt()
        assert KEY[2:] not in shown_with_locals(caught.value)
