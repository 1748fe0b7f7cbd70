"""Schemathesis' own command, positive and negative, over the effective contract against the mock service.

Each run has a seeded account of its own. What its checks must leave out is listed in `tests/known.toml`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.mock.api import Api
from tests.support.mock.schemathesis_hooks import EXCEPTIONS
from tests.support.recordings import responses
from treasure_workflow_mock import MockService
from treasure_workflow_mock.http.openapi import find_contract, load_operations

CASES = 5_000  # at least, in all runs together
RUNS = 4  # that share the operations
EXAMPLES = 110  # of an operation at most: some have few arguments; edge cases come on top
OPERATIONS = sorted(operation.id for operation in load_operations())
WALKS = 6  # along the links, until nothing new comes of it
CHECKS = "not_a_server_error,status_code_conformance,use_after_free,content_type_of_bodies,schema_of_bodies"
ROOT = Path(__file__).parents[3]


def run(service: MockService, folder: Path, *options: str) -> int:
    """Runs the command with a fresh account; how many cases it made. Fails with its output when a check does."""
    api = Api(service.base_url)
    _seed(api)
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", str(find_contract()), "--url", service.base_url),
        *("--header", f"Authorization:TD1 {api.key}", "--checks", CHECKS, "--mode", "all", "--warnings", "off"),
        *("--generation-database", "none", "--max-examples", str(EXAMPLES), "--continue-on-failure", "--no-color"),
        *("--report", "json", "--report-json-path", "report.json", *options),
    ]
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "tests.support.mock.schemathesis_hooks",
        "PYTHONPATH": os.pathsep.join(str(ROOT / path) for path in ("", "generated", "overlay")),
    }
    # The code that is measured runs in the service, not in this process.
    environment.pop("COVERAGE_PROCESS_CONFIG", None)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    cases: int = json.loads((folder / "report.json").read_text("utf-8"))["test_cases"]["generated"]
    sys.stdout.write(f"{cases} cases\n")  # `pytest -rP` shows them
    return cases


def _seed(api: Api) -> None:
    """A few things of each kind, with ids from 1 on."""
    scheduled = "schedule:\n  daily>: 03:00:00\n  start: 2099-01-01\n+load:\n  echo>: ok\n+stop:\n  fail>: no data\n"
    for priority, project in enumerate(["shop", "stock", "staff"], start=10):
        pushed = api.upload({"daily.dig": scheduled, "waiting.dig": "+pause:\n  wait>: 1h\n"}, project)
        path = f"/api/projects/{pushed.json['id']}"
        assert api.send("PUT", f"{path}/secrets/warehouse.password", {"value": "x"}).status == 204
        for workflow in api.get(f"{path}/workflows").json["workflows"]:
            assert api.start(workflow["id"]).status == 200
        pool = api.send("POST", "/api/pools", {"name": f"pool of {project}", "concurrencyLimit": 3})
        condition = {"type": "project_name", "operator": "starts_with", "values": [project]}
        rule = {"poolId": pool.json["id"], "priority": priority, "conditions": [condition]}
        assert api.send("POST", "/api/pool_rules", rule).status == 201


@pytest.mark.parametrize("number", range(RUNS))
def test_no_call_breaks_the_contract(number: int, hosted_service: MockService, tmp_path: Path) -> None:
    """Whatever is sent, allowed or not, gets a response of the contract, and never an error of the server's own."""
    options = [option for id in OPERATIONS[number::RUNS] for option in ("--include-operation-id", id)]
    cases = run(hosted_service, tmp_path, "--seed", "0", "--phases", "examples,coverage,fuzzing", *options)
    assert cases >= CASES / RUNS


@pytest.mark.parametrize("seed", range(WALKS))
def test_no_walk_along_the_links_breaks_the_contract(seed: int, hosted_service: MockService, tmp_path: Path) -> None:
    """What responses lead to, call after call, is there, and what was deleted is gone."""
    assert run(hosted_service, tmp_path, "--seed", str(seed), "--phases", "stateful") > 0


def test_exceptions_are_recorded() -> None:
    """What a check is left out for, a real server did: a response of that status without a body."""
    recorded = {response.place: response.step["answer"] for response in responses()}
    for entry in EXCEPTIONS:
        response = recorded[entry["evidence"]]
        assert (response["status"], response.get("empty")) == (entry["status"], True)
        assert entry["reason"]
        assert entry["checks"]
