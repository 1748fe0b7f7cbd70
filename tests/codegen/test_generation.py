"""The raw client is what the contract gives, complete, marked as generated, and typed."""

from __future__ import annotations

import copy
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import openapi_python_client
import pytest
import yaml

from scripts.codegen import generate
from scripts.codegen.package import generator, operations_table
from scripts.codegen.placing.folders import differences

CONTRACT = generate.effective_contract()
ORIGINALS = yaml.safe_load((generate.TEMPLATES / "originals.yaml").read_text(encoding="utf-8"))


def test_the_tree_holds_what_the_contract_gives() -> None:
    """Regenerating changes nothing: neither side was edited alone."""
    command = [sys.executable, "-m", "scripts.codegen.generate", "--check"]
    done = subprocess.run(command, cwd=generate.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_43_operations_are_there() -> None:
    """No operation is lost on the way, and each has the four functions of its module."""
    found = list(operations_table.operations(CONTRACT))
    assert len(found) == 43
    for _, _, operation in found:
        source = (generate.PACKAGE / operations_table.module_path(operation)).read_text(encoding="utf-8")
        for function in ("def build_request(", "def sync_detailed(", "async def asyncio_detailed("):
            assert function in source


def test_every_module_says_that_it_is_generated() -> None:
    """Whoever opens a file learns where to make a change."""
    modules = list(generate.PACKAGE.rglob("*.py"))
    assert len(modules) > 100
    assert [
        path.name for path in modules if generate.NOTICE not in path.read_text(encoding="utf-8").splitlines()[0]
    ] == []
    for name in ("openapi.json", "generation.json"):
        assert generate.NOTICE in (generate.PACKAGE / name).read_text(encoding="utf-8")


def test_the_package_is_typed_and_knows_its_origin() -> None:
    """`py.typed` is there, and generation.json names inputs and tools exactly."""
    assert (generate.PACKAGE / "py.typed").is_file()
    origin = json.loads((generate.PACKAGE / "generation.json").read_text(encoding="utf-8"))
    assert set(origin["sha256"]) >= {"openapi.yaml", "overlay/openapi.overlay.yaml"}
    assert origin["tools"]["openapi-python-client"] == "0.29.1"


def test_the_effective_contract_is_shipped() -> None:
    """`openapi.json` is the corrected contract."""
    assert json.loads((generate.PACKAGE / "openapi.json").read_text(encoding="utf-8")) == CONTRACT


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_comparison_sees_both_sides(tmp_path: Path, side: str) -> None:
    """A file too many on either side, and a changed one, are named."""
    for name in ("left", "right"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "same").write_text("same")
        (tmp_path / name / "changed").write_text(name)
    (tmp_path / side / "extra").touch()
    assert list(differences(tmp_path / "left", tmp_path / "right")) == ["changed", "extra"]


@pytest.mark.parametrize("template", sorted(ORIGINALS))
def test_the_generator_s_own_template_has_not_moved(template: str) -> None:
    """Ours take the place of whole files: what a new version changes in one of those is to be looked at."""
    stock = Path(openapi_python_client.__file__).parent / "templates" / template
    assert hashlib.sha256(stock.read_bytes()).hexdigest() == ORIGINALS[template], (
        f"{template} of the generator changed: see what ours needs of it, then write the new sum to originals.yaml"
    )


def test_every_template_of_ours_that_has_an_original_names_it() -> None:
    """None is left out of the comparison with the generator's own."""
    stock = Path(openapi_python_client.__file__).parent / "templates"
    ours = {path.name for path in generate.TEMPLATES.glob("*.jinja")}
    assert set(ORIGINALS) == {name for name in ours if (stock / name).exists()}


def test_the_generator_s_own_warnings_are_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it would drop with a warning stops the run: here, a body of a type that it does not know."""
    monkeypatch.setattr(generate, "effective_contract", _with_unknown_body_type)
    with pytest.raises(generator.PackageError, match="application/x-unknown"):
        generate.generate(tmp_path / "made")


def _with_unknown_body_type() -> dict[str, Any]:
    contract = copy.deepcopy(CONTRACT)
    body = contract["paths"]["/api/projects"]["put"]["requestBody"]
    body["content"] = {"application/x-unknown": body["content"]["application/gzip"]}
    return contract
