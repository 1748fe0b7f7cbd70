"""The server of fixed bytes that the benchmarks of the client talk to."""

from __future__ import annotations

from pathlib import Path

from scripts.bench import fixed_server
from treasure_workflow import TreasureWorkflow


def test_what_the_benchmarks_do_works(tmp_path: Path) -> None:
    """A project is sent each time, and comes back when it is pulled; attempts are listed to the end."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "main.dig").write_text("+done:\n  echo>: done\n")
    with fixed_server.running() as address, TreasureWorkflow("1/" + "0" * 40, base_url=address) as client:
        for _ in range(2):
            assert not client.projects.push(folder, "big", revision="r1").unchanged
        assert list(client.projects.pull("1", tmp_path / "pulled")) == ["main.dig"]
        assert sum(1 for _ in client.attempts.list()) == fixed_server.ATTEMPTS
