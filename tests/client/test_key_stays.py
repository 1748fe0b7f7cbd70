"""The key never reaches another host, by redirects and links of every spelling or by proxies."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import traceback
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.client.key_calls import CALLS, SECRET, attempted
from tests.support.client.listings import HALVES
from tests.support.client.operations import arguments, endpoint
from tests.support.client.spoiling import GOOD
from tests.support.client.support import (
    GUISES,
    KEY,
    Guise,
    Received,
    Scripted,
    ScriptedServer,
    guise_of,
    json_response,
    refusal,
    scripted_server,
)
from tests.support.client.wiretap import Wiretap, wiretap
from treasure_workflow import TransportError
from treasure_workflow_api import AuthenticatedClient
from treasure_workflow_api._operations import OPERATIONS

MUCH_TO_DO = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)

# {there}: host and port of the other server, {port}: its port, {here}: host and port of the service itself.
SPELLINGS = [
    *("http://{there}/x", "HTTP://{there}/x", "hTTp://{there}", "//{there}/x", "///{there}/x", "http:{there}/x"),
    *("http:/{there}/x", "http:///{there}/x", "/\\{there}/x", "\\\\{there}/x", "http:\\\\{there}/x"),
    *("http://{here}@{there}/x", "http://{there}@{here}/x", "http://user:pass@{there}/x", "http://@{there}/x"),
    *("http://{there}#@{here}/", "http://{there}?@{here}/", "http://{there}\\@{here}/", "http://{here}\\@{there}/"),
    *("http://{here}%40{there}/", "http://{here}.{there}/", "http://{here},{there}/", "http://{here}%00@{there}/"),
    *("http://localhost:{port}/x", "http://LOCALHOST:{port}/x", "http://\u24c1ocalhost:{port}/x"),
    *("http://127.1:{port}/x", "http://127.0.0.1:0{port}/x", "http://2130706433:{port}/x"),
    *("http://0x7f.0.0.1:{port}/x", "http://0177.0.0.1:{port}", "http://127.0.0.2:{port}/x"),
    *("http://[::1]:{port}/x", "http://[::ffff:127.0.0.1]:{port}/x", "http://127.0.0.1.:{port}"),
    *("https://{there}/x", "https://{here}/x", "ws://{there}/x", "ftp://{there}/x", "javascript:alert(1)"),
    *("data:,x", "http://{here}/elsewhere", "/elsewhere", "elsewhere?x=http://{there}/"),
    *("?page[after]=http://{there}/", "#{there}", "", " http://{there}/x", "\thttp://{there}/x"),
    *("http://{there}/x?next=http://{here}/", "http://xn--/x", "http://:{port}/x"),
    *("http://{there}/../../api/projects", "http://127.0.0.1%2e:{port}/", "http://127.0.0.1:{port}:80/"),
    *("http://{there}:/x"),
]


class Scene(NamedTuple):
    """A service, another host, and the client's halves."""

    server: ScriptedServer
    there: Wiretap
    guises: dict[str, Guise]

    def spelled(self, spelling: str) -> str:
        """The address that a spelling stands for."""
        here, there = self.server.base_url[7:], self.there.base_url[7:]
        return spelling.replace("{there}", there).replace("{here}", here).replace("{port}", str(self.there.port))


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """One for all examples."""
    with contextlib.ExitStack() as stack:
        server, there = stack.enter_context(scripted_server()), stack.enter_context(wiretap())
        guises = {
            half: stack.enter_context(guise_of(half, server.base_url, max_retries=0, timeout=2)) for half in HALVES
        }
        yield Scene(server, there, guises)


def check_home(scene: Scene, *with_key: str) -> None:
    """At the service, the key came to these paths and no others; elsewhere it never came."""
    scene.there.check()
    for request in scene.server.requests:
        assert SECRET not in f"{request.path}{request.query}{request.body!r}"
        assert SECRET not in str(request.headers) or request.path in with_key


def test_no_redirect_takes_the_key_along(scene: Scene) -> None:
    """Every 3xx, to every spelling of another host or the same: the key stays with the call that it was for."""

    @settings(MUCH_TO_DO, max_examples=250)
    @given(
        half=st.sampled_from(HALVES),
        call=st.sampled_from(sorted(CALLS)),
        status=st.sampled_from([301, 302, 303, 307, 308]) | st.integers(300, 399),
        spelling=st.sampled_from(SPELLINGS),
        again=st.sampled_from(SPELLINGS),
    )
    def examine(half: str, call: str, status: int, spelling: str, again: str) -> None:
        scene.server.requests.clear()
        locations = iter([spelling, again])

        def response(_: Received) -> Scripted:
            location = next(locations, None)
            return refusal(404) if location is None else Scripted(status, headers={"Location": quoted(location)})

        def quoted(location: str) -> str:
            return scene.spelled(location).encode().decode("latin-1")

        scene.server.response = response
        guise = scene.guises[half]
        error = attempted(lambda: guise.run(lambda: CALLS[call](guise.client)))
        first = scene.server.requests[0].path
        check_home(scene, first)
        assert [SECRET in str(request.headers) for request in scene.server.requests].count(True) == 1
        assert error is None or SECRET not in f"{error}{error!r}{error.args}"
        if call not in ("an archive", "a log"):
            assert len(scene.server.requests) == 1
            assert error is not None

    scene.there.heard.clear()
    examine()
    assert scene.there.heard, "no redirect was followed"


def test_no_link_of_an_response_takes_the_key_along(scene: Scene) -> None:
    """The link of a log is fetched without the key; of the link to a next page only the cursor is used."""

    @settings(MUCH_TO_DO, max_examples=150)
    @given(half=st.sampled_from(HALVES), spelling=st.sampled_from(SPELLINGS), cursor=st.booleans())
    def examine(half: str, spelling: str, cursor: bool) -> None:
        link = scene.spelled(spelling) + ("?page%5Bafter%5D=x" if cursor else "")
        row = {**GOOD["getFileHandles"].body["files"][0], "direct": link}

        def response(request: Received) -> Scripted:
            if request.path == "/api/logs/7/files":
                return json_response({"files": [row]})
            if request.path == "/api/projects/12/revisions":
                last = "page[after]" in request.query
                return json_response({"revisions": [], "pagination": {} if last else {"nextPage": link}})
            return refusal(404)

        scene.server.response = response
        guise = scene.guises[half]
        scene.server.requests.clear()
        attempted(lambda: guise.run(lambda: guise.client.logs.text(7)))
        heard = len(scene.there.heard)
        attempted(lambda: guise.rows(guise.client.projects.revisions(12)))
        assert len(scene.there.heard) == heard
        own_file = [request.path for request in scene.server.requests if request.path.startswith("/api/logs/7/files/")]
        check_home(scene, "/api/logs/7/files", "/api/projects/12/revisions", *(own_file if not link else []))

    scene.there.heard.clear()
    examine()
    assert scene.there.heard, "no link was followed"


def test_the_raw_client_follows_nothing_unless_told(scene: Scene) -> None:
    """Each operation of the raw client hands a redirect to its caller; told to follow, it leaves the key behind."""
    location = {"Location": f"{scene.there.base_url}/x"}
    scene.server.response = lambda _: Scripted(302, headers=location)
    scene.there.heard.clear()
    client = AuthenticatedClient(base_url=scene.server.base_url, token=KEY)
    with client:
        for operation in OPERATIONS:
            positional, named = arguments(operation)
            scene.server.requests.clear()
            response = endpoint(operation).sync_detailed(*positional, **named, client=client)
            assert (response.status_code, response.headers["Location"]) == (302, location["Location"])
            assert len(scene.server.requests) == 1
            assert scene.server.requests[0].headers["authorization"] == f"TD1 {KEY}"
    assert scene.there.heard == []

    async def asked() -> int:
        async with AuthenticatedClient(base_url=scene.server.base_url, token=KEY) as client:
            return (await endpoint("getProject").asyncio_detailed(1, client=client)).status_code

    assert asyncio.run(asked()) == 302
    assert scene.there.heard == []

    following = AuthenticatedClient(base_url=scene.server.base_url, token=KEY, follow_redirects=True, timeout=2)
    with following:
        for spelling in SPELLINGS:
            for status in (301, 302, 303, 307, 308):
                target = scene.spelled(spelling).encode().decode("latin-1")
                scene.server.responses = [Scripted(status, headers={"Location": target})]
                scene.server.response = lambda _: (
                    scene.server.responses.pop() if scene.server.responses else refusal(404)
                )
                with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL, ValueError):
                    endpoint("getProject").sync_detailed(1, client=following)
    scene.there.check()
    assert scene.there.heard


@pytest.mark.parametrize("half", HALVES)
def test_the_client_s_raw_half_knows_its_own_host(half: str, scene: Scene) -> None:
    """Asked for an address elsewhere, or led there, the httpx client beneath sends no key along."""
    raw = scene.guises[half].client.raw
    http = raw.get_httpx_client() if half == "sync" else raw.get_async_httpx_client()
    scene.there.heard.clear()
    for spelling in SPELLINGS:
        target = scene.spelled(spelling)
        responses = [refusal(404), Scripted(307, headers={"Location": target.encode().decode("latin-1")})]
        scene.server.response = lambda _, responses=responses: responses.pop() if responses else refusal(404)
        for address in (target, "/api/projects/12"):
            ask = functools.partial(http.get, address, follow_redirects=True)
            with contextlib.suppress(httpx.HTTPError, httpx.InvalidURL, ValueError):
                scene.guises[half].run(ask)
    scene.there.check()
    assert len(scene.there.heard) > 20


PROXY_VARIABLES = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]


@pytest.mark.parametrize("kind", GUISES)
@pytest.mark.parametrize("variable", PROXY_VARIABLES)
def test_a_proxy_of_the_environment_never_reads_the_key(
    variable: str, kind: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To this machine no proxy is used; to the service it gets the host's name, and nothing that is inside TLS."""
    with wiretap() as proxy:
        monkeypatch.setenv(variable, proxy.base_url)
        scene.server.response = lambda _: json_response(GOOD["getProject"].body)
        with guise_of(kind, scene.server.base_url, max_retries=0) as guise:
            assert guise.run(lambda: guise.client.projects.get(12)).id == "5120"
        assert proxy.heard == []
        with guise_of(kind, "https://workflow.invalid", max_retries=0, timeout=2) as guise:
            with pytest.raises(TransportError) as caught:
                guise.run(lambda: guise.client.projects.get(12))
            assert SECRET not in "".join(traceback.format_exception(caught.value))
        proxy.check()
        if "http_" not in variable.lower():
            assert proxy.heard[0].startswith(b"CONNECT workflow.invalid:443 HTTP/1.1\r\n")


@pytest.mark.parametrize("kind", GUISES)
def test_a_given_proxy_elsewhere_never_reads_the_key(kind: str, scene: Scene) -> None:
    """A proxy on this machine that was asked for is used, without TLS, too; one elsewhere is not."""
    scene.server.response = lambda _: json_response(GOOD["getProject"].body)
    with guise_of(kind, scene.server.base_url, max_retries=0, proxy="http://proxy.invalid:3128") as guise:
        assert guise.run(lambda: guise.client.projects.get(12)).id == "5120"
    with wiretap() as proxy:
        with guise_of(kind, scene.server.base_url, max_retries=0, proxy=proxy.base_url) as guise:
            attempted(lambda: guise.run(lambda: guise.client.projects.get(12)))
        assert len(proxy.heard) == 1
