"""The README's examples, run as they stand, and its commands."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import pytest

from treasure_workflow import TreasureWorkflow
from treasure_workflow_mock import MockService

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# A block that begins with a file's name is part of an example of several files: tests/mock/test_pytest_plugin.py.
EXAMPLES = re.findall(r"(?ms)^```python\n(?!# \w+\.py$)(.*?)^```$", README)
KEY = "1/" + "0" * 40


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A user's environment: the key in a variable, the address of a mock in digdag's own configuration file."""
    with MockService() as service:
        config = tmp_path / ".config" / "digdag" / "config"
        config.parent.mkdir(parents=True)
        config.write_text(f"client.http.endpoint = {service.base_url}\n")
        own = {name: value for name, value in os.environ.items() if not name.startswith(("TD_", "TDX_", "XDG_"))}
        yield own | {"HOME": str(tmp_path), "TD_API_KEY": KEY, "WORKFLOW_ADDRESS": service.base_url}


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_runs(example: str, environment: dict[str, str]) -> None:
    """What the README shows runs without a change and without a warning."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_there_are_examples_of_every_kind() -> None:
    """Raw and overlay, sync and async, and the mock are shown."""
    for import_line in ("TreasureWorkflow\n", "AsyncTreasureWorkflow\n", "AuthenticatedClient\n", "MockService\n"):
        assert any(re.search(rf"import (\w+, )*{import_line}", example) for example in EXAMPLES)


def test_the_methods_are_those_of_the_client() -> None:
    """The README's table of nouns has every public method, and no other."""
    client = TreasureWorkflow("1/key", "aws")
    rows = dict(
        re.findall(r"(?m)^\| `(\w+)` \| (.*) \|$", README.partition("| noun of the client |")[2].partition("\n\n")[0])
    )
    nouns = [
        name for name, value in vars(TreasureWorkflow).items() if isinstance(value, cached_property) and name != "raw"
    ]
    assert sorted(rows) == sorted(name for name in nouns if not name.startswith("_"))
    for noun, row in rows.items():
        methods = inspect.getmembers(getattr(client, noun), inspect.ismethod)
        assert sorted(re.findall(r"`(\w+)`", row)) == [name for name, _ in methods if not name.startswith("_")]


def test_the_commands_exist() -> None:
    """Each `make` command that README and CONTRIBUTING name is in the Makefile."""
    named = set(
        re.findall(r"(?m)(?:^|`)make ([a-z-]+)", README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    )
    assert {"demo", "test", "check"} <= named <= set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))


def test_the_links_lead_somewhere() -> None:
    """Every file that the README links is in the tree."""
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
