"""Listing 10,000 attempts, 100 a page, from a server of fixed bytes, beside tdworkflow."""

from __future__ import annotations

from collections.abc import Iterator

import tdworkflow

from scripts.bench import fixed_server
from scripts.bench.measure import Row, medians, milliseconds
from treasure_workflow import TreasureWorkflow

KEY = f"1/{1:040x}"


def rows() -> Iterator[Row]:
    """Time in ms for the whole listing."""
    with fixed_server.running() as address, TreasureWorkflow(KEY, base_url=address) as client:
        peer = tdworkflow.client.Client(endpoint=address.removeprefix("http://"), apikey=KEY, scheme="http")

        def ours() -> None:
            assert sum(1 for _ in client.attempts.list()) == fixed_server.ATTEMPTS

        def theirs() -> None:
            count, last_id = 0, None
            while page := peer.attempts(page_size=fixed_server.PAGE, last_id=last_id):
                count, last_id = count + len(page), page[-1].id
            assert count == fixed_server.ATTEMPTS

        found = medians({"ours": milliseconds(ours), "tdworkflow": milliseconds(theirs)})
    yield Row("list 10,000 attempts", found["ours"], "tdworkflow", found["tdworkflow"], "ms", target=1.0)
