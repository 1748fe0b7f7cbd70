"""What the tests of the regeneration share."""

from pathlib import Path

import pytest

from tests.support.update_spec.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of the project."""
    return Project(tmp_path)
