"""Replays the recorded answers against any server: `python -m tests.congruence http://127.0.0.1:65432`.

A service with `/mock/…` gets an account for each scenario, and its clock is moved. Any other server is played with in
real time and ought to be empty for each scenario: `--restart` names a command that sees to it, which finds the
properties that the scenario wants in the environment variable `SETTINGS`, one `name = value` a line.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.congruence.comparison import Comparison
from tests.congruence.player import Answer, Player
from tests.congruence.scenarios import ANSWERS, Call, Json, Scenario, load, names


def main() -> int:
    """Prints each difference and the counts; 1 if there are differences beside wording."""
    parser = argparse.ArgumentParser(prog="python -m tests.congruence", description=__doc__)
    parser.add_argument("url", help="the server's address, without /api")
    parser.add_argument("scenario", nargs="*", help="names of scenarios (default: all)")
    parser.add_argument("--restart", metavar="COMMAND", help="makes the server new and empty, before each scenario")
    parser.add_argument("--record", metavar="DIR", type=Path, help="writes the answers that came as new recordings")
    options = parser.parse_args()
    has_control = Player(options.url, "congruence").send(Call("GET", "/mock/clock", {}, None, False)).status == 200
    counts = {"scenarios": 0, "steps": 0, "differences": 0, "wording": 0}
    for name in options.scenario or names():
        scenario = load(ANSWERS / f"{name}.json")
        if options.restart:
            _restart(options.restart, scenario)
        elif scenario.settings and not has_control:
            print(f"{name}: left out, it wants a server with {scenario.settings}")
            continue
        player = Player(options.url, f"congruence {name} {os.getpid()}", has_control)
        comparison, answers = Comparison(), []
        for step, call, answer in player.play(scenario if has_control else _without_settings(scenario)):
            answers.append(answer)
            for difference in comparison.compare(step, call, answer):
                counts["wording" if difference.wording else "differences"] += 1
                print(f"{name}{' (wording)' if difference.wording else ''}: {difference}")
        counts["scenarios"] += 1
        counts["steps"] += len(answers)
        if options.record:
            _record(options.record, name, player, answers)
    print(json.dumps(counts))
    return 1 if counts["differences"] else 0


def _restart(command: str, scenario: Scenario) -> None:
    properties = "\n".join(f"{name} = {value}" for name, value in scenario.settings.items())
    subprocess.run(command, shell=True, check=True, env={**os.environ, "SETTINGS": properties})


def _without_settings(scenario: Scenario) -> Scenario:
    return Scenario(scenario.name, scenario.title, scenario.steps, {})


def _record(folder: Path, name: str, player: Player, answers: list[Answer]) -> None:
    """Writes the scenario with these answers in place of the recorded ones."""
    document: Json = json.loads((ANSWERS / f"{name}.json").read_text(encoding="utf-8"))
    document["names"] = player.saved
    for step, answer in zip(document["steps"], answers, strict=True):
        step["answer"] = {"status": answer.status, "headers": answer.headers, **answer.body}
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=1, ensure_ascii=False)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
