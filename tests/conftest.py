"""What all tests share: no deadline for a single case, the same cases on CI each time, and what coverage measures."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A case that takes long on a busy machine is no defect. On CI the cases are the same each time; by hand they differ.
settings.register_profile("tests", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("tests")

# These run the scripts, or an installed copy of the packages. Measuring them finds nothing and makes them take three
# times as long.
_UNMEASURED = [Path(__file__).parent / folder for folder in ("bench", "codegen", "mutants", "packaging", "update_spec")]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves coverage out of tests whose subjects it does not measure."""
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in _UNMEASURED):
            item.add_marker("no_cover")


@pytest.fixture(autouse=True)
def _processes_are_measured_alike(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that a test starts are measured only if the test is."""
    if request.node.get_closest_marker("no_cover"):
        monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
