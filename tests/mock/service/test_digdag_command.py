"""What the `digdag` command and `curl` ask of a server beside the contract."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tests.support.mock.api import Api, pack


def test_the_version_is_told_without_a_key(digdag: Api) -> None:
    """The command asks for the version first, and sends no key."""
    response = digdag.get("/api/version", authorization=None)
    assert (response.status, list(response.json)) == (200, ["version"])
    assert response.json["version"][0].isdigit()


def test_any_client_version_is_compatible(digdag: Api) -> None:
    """A client that states its version may go on."""
    server = digdag.get("/api/version").json["version"]
    assert digdag.get("/api/version/check?client=0.9.42").json == {
        "serverVersion": server,
        "upgradeRecommended": False,
        "apiCompatible": True,
    }
    assert digdag.get(f"/api/version/check?client={server}").status == 200


@pytest.mark.parametrize("query", ["", "?client=", "?client=new"])
def test_a_version_that_is_none_is_refused(digdag: Api, query: str) -> None:
    """What is no version cannot be compared."""
    assert digdag.get(f"/api/version/check{query}").status == 400


def test_calls_without_a_key_share_the_default_account(digdag: Api) -> None:
    """An open-source server has no keys; what one such call makes, the next one finds."""
    without_key = {"Authorization": None, "Content-Type": "application/gzip"}
    made = digdag.call(
        "PUT", "/api/projects?project=keyless&revision=1", pack({"a.dig": "+t:\n  echo>: hi\n"}), without_key
    )
    assert made.status == 200, made.content
    found = digdag.get("/api/projects?name=keyless", authorization=None)
    assert [one["id"] for one in found.json["projects"]] == [made.json["id"]]
    assert digdag.get("/api/projects?name=keyless").json == {"projects": []}


def test_a_project_is_found_by_its_name(digdag: Api) -> None:
    """The older lookup gives the project itself, not a list."""
    project = digdag.upload({"hello.dig": "+t:\n  echo>: hi\n"}).json
    assert digdag.get("/api/project?name=shop").json == project
    assert digdag.get("/api/project?name=other").message == "Resource does not exist: project name=other"
    assert digdag.get("/api/project").message == "name= is required"


def test_a_workflow_is_found_by_names(digdag: Api) -> None:
    """By the project's name or id, in the latest or a given revision."""
    project = digdag.upload({"hello.dig": "+t:\n  echo>: one\n"}).json["id"]
    digdag.upload({"hello.dig": "+t:\n  echo>: two\n"}, revision="r2")
    for path in ("/api/workflow?project=shop&", f"/api/projects/{project}/workflow?"):
        assert digdag.get(f"{path}name=hello").json["config"] == {"+t": {"echo>": "two"}}
        assert digdag.get(f"{path}name=hello&revision=r1").json["config"] == {"+t": {"echo>": "one"}}
        assert digdag.get(f"{path}name=other").status == 404
        assert digdag.get(f"{path}name=hello&revision=r3").status == 404
        assert digdag.get(f"{path}revision=r1").message == "name= is required"
    assert digdag.get("/api/workflow?name=hello").message == "project= is required"
    assert digdag.get("/api/workflow?project=other&name=hello").status == 404
    assert digdag.get("/api/projects/x/workflow?name=hello").status == 404


@pytest.mark.parametrize("path", ["/api/version", "/api/version/check?client=1", "/api/project?name=shop"])
def test_the_hosted_service_has_none_of_these(hosted: Api, path: str) -> None:
    """They are an open-source server's own."""
    assert hosted.get(path).status == 404


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
def test_curl_uploads_starts_and_reads(digdag: Api) -> None:
    """Plain curl with its usual headers gets through: a body from stdin, a JSON body, a compressed response."""

    def curl(*arguments: str, body: bytes = b"") -> bytes:
        command = ["curl", "--silent", "--show-error", "--fail", "-H", f"Authorization: TD1 {digdag.key}", *arguments]
        return subprocess.run(command, input=body, capture_output=True, timeout=30, check=True).stdout

    address = f"{digdag.base_url}/api"
    upload = ["-X", "PUT", "-H", "Content-Type: application/gzip", "--data-binary", "@-"]
    archive = pack({"hello.dig": "+t:\n  echo>: hi\n"})
    project = json.loads(curl(*upload, f"{address}/projects?project=shop&revision=1", body=archive))
    (workflow,) = json.loads(curl("--compressed", f"{address}/projects/{project['id']}/workflows"))["workflows"]
    start = {"workflowId": workflow["id"], "sessionTime": "2024-05-09T00:00:00Z", "params": {}}
    as_json = ["-X", "PUT", "-H", "Content-Type: application/json", "-d", json.dumps(start)]
    attempt = json.loads(curl(*as_json, f"{address}/attempts"))
    assert json.loads(curl(f"{address}/attempts/{attempt['id']}"))["status"] == "success"
    assert curl(f"{address}/projects/{project['id']}/archive") == archive
