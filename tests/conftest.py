"""What all tests share: no deadline for a single case, the same cases on CI each time, and what coverage measures."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A case that takes long on a busy machine is no defect. On CI the cases are the same each time; by hand they differ.
settings.register_profile("tests", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("tests")

# Measuring these finds nothing and makes them take up to three times as long: they run the scripts, an installed copy
# of the packages, or many times over what other tests measure.
_UNMEASURED = [
    Path(__file__).parent / path
    for path in (
        *("bench", "codegen", "mutants", "packaging", "update_spec"),
        "client/nouns/test_lost_responses.py",
        "client/test_changing_listings.py",
        "client/test_responses.py",
        "contract/expectations/test_known_crashes.py",
        "contract/phases/replay/test_transformed.py",
        "contract/phases/test_client.py",
        "contract/phases/test_fuzzing.py",
        "contract/phases/test_stateful.py",
        "contract/test_interruptions.py",
        "contract/test_shared_accounts.py",
        "mock/service/test_schemathesis.py",
    )
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves coverage out of tests whose subjects it does not measure."""
    for item in items:
        if any(item.path.is_relative_to(path) for path in _UNMEASURED):
            item.add_marker("no_cover")


@pytest.fixture(autouse=True)
def _processes_are_measured_alike(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that a test starts are measured only if the test is."""
    if request.node.get_closest_marker("no_cover"):
        monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
