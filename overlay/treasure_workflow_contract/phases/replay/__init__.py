"""Recorded responses: what a server answered is replayed on another one, and every difference is named.

A service with `/mock/…` gets an account for each scenario, and its clock is moved. Any other server is played with in
real time and ought to be empty for each scenario; a command that makes it so is given what the scenario's server was
started with in the environment variable `SETTINGS`, one `name = value` a line.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from treasure_workflow_contract.judge import Case, Complaint, Sent, judge
from treasure_workflow_contract.openapi.contract import effective
from treasure_workflow_contract.phases.replay.comparison import Comparison
from treasure_workflow_contract.phases.replay.player import Player, Reply
from treasure_workflow_contract.phases.replay.scenarios import Scenario, Step, files_in, load
from treasure_workflow_contract.results.findings import Phase
from treasure_workflow_contract.run_context import Run
from treasure_workflow_contract.transport.connection import StoppedError
from treasure_workflow_contract.transport.target import TargetError

_PHASE: Phase = "replay"
WORDING = "only the words of a message differ"
NO_OPERATION = "(no operation)"
"""What calls are counted as that are of no operation of the contract."""


class Options(NamedTuple):
    """How recordings are replayed: a command that makes the server new and empty, and where to record anew."""

    restart: str | None = None
    record: Path | None = None


def replay(run: Run, path: Path, options: Options) -> None:
    """Replays the scenario of one file; each difference becomes a finding."""
    scenario = load(path)
    if options.restart is not None:
        _restart(options.restart, scenario)
    has_control = Player(run.target.base_url, trust=run.target.trust).has_control()
    if scenario.settings and not has_control and options.restart is None:
        run.results.skipped[scenario.name] = f"it wants a server that was started with {scenario.settings}"
        return
    authorization = f"replay {scenario.name} {os.getpid()}" if has_control else run.target.authorization
    player = Player(run.target.base_url, authorization, trust=run.target.trust, moves_clock=has_control)
    replies = play(run, scenario, player)
    if options.record is not None:
        _record(options.record, path, player, replies)


def play(run: Run, scenario: Scenario, player: Player) -> list[Reply]:
    """Plays the steps of a scenario and compares what comes; what came is given back."""
    player.prepare(scenario)
    comparison = Comparison()
    replies: list[Reply] = []
    for step in scenario.steps:
        if run.out_of_time:
            raise StoppedError("the run is over")
        case = _case(scenario, step, player, comparison)
        judged = judge(run, _PHASE, case)
        for finding in judged.unknown:
            run.results.add_finding(finding)
        if judged.value is None:
            return replies  # all further steps go by what came
        replies.append(judged.value)
    return replies


def _case(scenario: Scenario, step: Step, player: Player, comparison: Comparison) -> Case:
    method, _, target = step["send"].partition(" ")
    operation = effective().operation_at(method, target.partition("?")[0])
    told = f"{scenario.name}: {step['name']}"

    def check(sent: Sent) -> Iterator[Complaint]:
        reply: Reply = sent.value
        for difference in comparison.compare(step, player.last_call, reply):
            yield Complaint(f"{scenario.name}: {difference}", WORDING if difference.wording else None)

    return Case(
        NO_OPERATION if operation is None else operation.id,
        send=lambda: player.play(step),
        take=player.take,
        check=check,
        line=lambda _: f"{told}: {step['send']}",
        inputs=lambda _: told,
    )


def _restart(command: str, scenario: Scenario) -> None:
    properties = "\n".join(f"{name} = {value}" for name, value in scenario.settings.items())
    ended = subprocess.run(command, shell=True, check=False, env={**os.environ, "SETTINGS": properties})  # noqa: S602  (as given)
    if ended.returncode != 0:
        raise TargetError(f"--restart: the command for {scenario.name} ended with status {ended.returncode}")


def _record(folder: Path, path: Path, player: Player, replies: list[Reply]) -> None:
    """Writes the scenario with these responses in place of the recorded ones."""
    document: Any = json.loads(path.read_text(encoding="utf-8"))
    document["names"] = player.saved
    for step, reply in zip(document["steps"], replies, strict=False):
        step["answer"] = {"status": reply.status, "headers": reply.headers, **reply.body}
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=1, ensure_ascii=False)
    (folder / path.name).write_text(text + "\n", encoding="utf-8")


__all__ = ["NO_OPERATION", "WORDING", "Options", "files_in", "play", "replay"]
