"""Draws mutants, runs the contract suite on each, and says which it caught: `python -m scripts.mutants`.

Exit status: 0 when at least 95 % were caught, 1 when not, 2 when nothing can be said, because the suite finds
fault with the tree as it is, say.
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys
import tomllib
from collections import Counter
from pathlib import Path

from scripts.mutants.draw import Area, Mutant, candidates, draw, queues
from scripts.mutants.trial import Trial, attempt, copy_tree

ROOT = Path(__file__).resolve().parent.parent.parent
KNOWN = ROOT / "tests" / "known.toml"
LEAST = 0.95  # of the mutants that could be tried


def main() -> int:
    """Runs as told by the command line."""
    options = _parser().parse_args()
    tree: Path = options.results / "tree"
    if not options.list and not tree.exists():
        copy_tree(ROOT, tree)
    tree = tree if tree.exists() else ROOT
    every = {mutant.id: mutant for mutant in candidates(tree)}
    known = survivors()
    drawable = [mutant for mutant in every.values() if mutant.id not in known]
    drawn = [every[id] for id in options.only] if options.only else draw(drawable, options.count, options.seed)
    if options.list:
        for mutant in drawn:
            print(f"{mutant.line}\n{diff(mutant, tree)}\n")
        print(f"{len(drawn)} of {len(every)}")
        return 0
    sound = attempt(tree, None, seed=options.suite_seed, seconds=options.time_limit)
    if sound.verdict != "survived":
        print(f"the suite finds fault with the tree as it is, so it says nothing of mutants:\n{sound.output}")
        return 2
    trials = _tried(drawn, queues(drawable, options.seed), options, tree)
    print(summary(trials, {id: diff(every[id], tree) for id in trials}, every))
    return 0 if share_caught(trials) >= LEAST else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scripts.mutants", description="Does the contract suite bite?")
    parser.add_argument("--count", type=int, default=80, help="how many mutants (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another one draws other mutants (default: %(default)s)")
    parser.add_argument("--suite-seed", type=int, default=0, help="the suite's own seed (default: %(default)s)")
    parser.add_argument("--time-limit", type=float, default=600.0, help="seconds for one mutant (default: %(default)s)")
    parser.add_argument(
        "--results", type=Path, metavar="DIR", default=ROOT / "build" / "mutants",
        help="where results are kept; a run that is there is taken up again, sources and all (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--only", metavar="ID", action="append", help="this mutant, once more; may be repeated")
    parser.add_argument("--list", action="store_true", help="run nothing; show the drawn mutants as diffs")
    return parser


def survivors() -> dict[str, str]:
    """The mutants that change nothing on the wire, with the reasons."""
    entries = tomllib.loads(KNOWN.read_text(encoding="utf-8")).get("survivor", [])
    return {entry["id"]: entry["reason"] for entry in entries}


def diff(mutant: Mutant, tree: Path) -> str:
    """A mutant's change as a unified diff."""
    data = (tree / mutant.path).read_bytes()
    before, after = data.decode().splitlines(), mutant.applied(data).decode().splitlines()
    return "\n".join(difflib.unified_diff(before, after, mutant.path, mutant.path, lineterm="", n=2))


def _tried(
    drawn: list[Mutant], spare: dict[tuple[Area, str], list[Mutant]], options: argparse.Namespace, tree: Path
) -> dict[str, Trial]:
    """The trials of those drawn, and for each stillborn one of the next of its operator. What is kept counts."""
    kept = options.results / "results.jsonl"
    rows = map(json.loads, kept.read_text(encoding="utf-8").splitlines()) if kept.exists() else ()
    before = {row.pop("id"): Trial(**row) for row in rows}
    left = {key: [mutant for mutant in queue if mutant not in drawn] for key, queue in spare.items()}
    trials: dict[str, Trial] = {}
    waiting = list(drawn)
    while waiting:
        mutant = waiting.pop(0)
        trial = None if options.only else before.get(mutant.id)
        if trial is None:
            trial = attempt(tree, mutant, seed=options.suite_seed, seconds=options.time_limit)
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"id": mutant.id, **trial._asdict()}) + "\n")
            print(f"{trial.verdict:<9} {trial.seconds:>5.0f} s {mutant.line} {trial.finding}", flush=True)
        trials[mutant.id] = trial
        if trial.verdict == "stillborn" and left.get((mutant.area, mutant.operator)):
            waiting.append(left[mutant.area, mutant.operator].pop(0))
    return trials


def share_caught(trials: dict[str, Trial]) -> float:
    """The share of the tried mutants that the suite caught; those that were stillborn do not count."""
    verdicts = Counter(trial.verdict for trial in trials.values())
    tried = verdicts["caught"] + verdicts["survived"]
    return verdicts["caught"] / tried if tried else 0.0


def summary(trials: dict[str, Trial], diffs: dict[str, str], every: dict[str, Mutant]) -> str:
    """How many of each operator were caught, and each survivor with its change."""
    table = Counter((every[id].area, every[id].operator, trial.verdict) for id, trial in trials.items())
    lines = [
        f"{area:<12} {operator:<18} {verdict:<10} {count:>4}"
        for (area, operator, verdict), count in sorted(table.items())
    ]
    for id, trial in trials.items():
        if trial.verdict != "caught":
            lines += ["", f"{trial.verdict}: {every[id].line}", diffs[id]]
    verdicts = Counter(trial.verdict for trial in trials.values())
    tried = verdicts["caught"] + verdicts["survived"]
    return "\n".join([*lines, "", f"caught {verdicts['caught']} of {tried} ({share_caught(trials):.1%})"])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted: the same command takes it up again", file=sys.stderr)
        sys.exit(130)
