"""What tracked files must not hold: paths of somebody's machine, registry hosts, download addresses in locks."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Joined from pieces, so that this file does not hold what it looks for.
MACHINE_PATH = re.compile(r"(?<![\w.<>~$%})/-])/(?:" + "work|root|home|Users|tmp" + r")/[\w.]")
REGISTRIES = [
    ("pypi", "org"),
    ("python" + "hosted", "org"),
    ("npm" + "js", "(?:org|com)"),
    ("yarnpkg", "com"),
    ("crates", "io"),
    ("golang", "org"),
    ("maven", "org"),
    ("debian", "org"),
]
REGISTRY_HOST = re.compile("|".join(r"\.".join(parts) for parts in REGISTRIES))
LOCKS_WITH_ADDRESSES = {
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("needle", [MACHINE_PATH, REGISTRY_HOST], ids=["machine path", "registry host"])
def test_no_tracked_file_names(needle: re.Pattern[str]) -> None:
    """The project can be built anywhere, from whichever registry its user has."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match.group()}"
        for path in tracked()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if (match := needle.search(line))
    ]
    assert not found


@pytest.mark.parametrize(
    ("needle", "text"),
    [
        (MACHINE_PATH, "see /" + "root/.cache/x"),
        (MACHINE_PATH, '"/' + 'work/main"'),
        (MACHINE_PATH, "-r /" + "tmp/x/requirements.txt"),
        (REGISTRY_HOST, "https://files." + "python" + "hosted.org/packages"),
    ],
)
def test_the_needles_find(needle: re.Pattern[str], text: str) -> None:
    """The searches above would find what they are for."""
    assert needle.search(text)


def test_locks_pin_by_hash_and_name_no_address() -> None:
    """Every requirement has one version and hashes, and no line says where to fetch it."""
    assert not LOCKS_WITH_ADDRESSES & {path.name for path in tracked()}
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert [lock.name for lock in locks] == ["demo.txt", "dev.txt"]
    for lock in locks:
        entries = re.sub(r"\\\n", "", re.sub(r"(?m)^\s*#.*\n", "", lock.read_text())).splitlines()
        assert entries
        for line in entries:
            assert re.match(r"[\w.-]+(\[[\w,]+\])?==[\w.]+( ; [^\\]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*$", line), (
                line
            )


def test_the_demo_s_versions_are_those_that_are_tested() -> None:
    """What the demo's lock pins, the development lock pins too, at the same version."""
    pins = [
        set(re.findall(r"(?m)^([\w.-]+(?:\[[\w,]+\])?==\S+)", (ROOT / "requirements" / name).read_text()))
        for name in ("demo.txt", "dev.txt")
    ]
    assert pins[0] <= pins[1]


@pytest.mark.parametrize("name", ["openapi-python-client", "ruff"])
def test_what_shapes_generated_code_is_pinned_by_hand(name: str) -> None:
    """A new lock does not change the generated client unasked."""
    assert re.search(rf"(?m)^{name}==\d", (ROOT / "requirements" / "dev.in").read_text())
